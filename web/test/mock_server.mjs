// A stand-in for `zo serve` in page tests: the same routes, a scripted model, everything in RAM.
//
// What it answers depends on words in the message: "sha256" runs a command, "slowly" writes for a long time, "fail"
// fails, "agents" begins sub-agents, "markdown" shows every kind of block and hostile text besides.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { MockComputer, Refusal } from "./mock_computer.mjs";

const kDist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const kTypes = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const kPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
  "font-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const kDurable = new Set([
  "run_started",
  "message_placed",
  "message",
  "tool_finished",
  "context_trimmed",
  "step_restarted",
  "run_finished",
]);

export class MockServer extends MockComputer {
  sockets = new Set();

  async start(port = 0) {
    this.server = createServer((request, response) => this.handle(request, response));
    this.server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    this.setup_url = `${this.url}/setup#${this.secret}`;
    return this;
  }

  /** Goes away mid-sentence, as a killed server does. What it knows stays. */
  async stop() {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  cut_streams() {
    for (const run of this.runs.values()) for (const reader of run.readers) reader.destroy();
  }

  async handle(request, response) {
    const url = new URL(request.url, this.url);
    try {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const raw = Buffer.concat(chunks);
      if (!url.pathname.startsWith("/api/")) return this.page(url, response);
      const json = request.headers["content-type"] === "application/json" && raw.length > 0 ? JSON.parse(raw) : {};
      const open = url.pathname === "/api/health" || url.pathname === "/api/setup";
      this.asking = request.headers.authorization?.replace("Bearer ", "");
      if (!open && !this.sessions.has(this.asking)) {
        throw new Refusal(401, "unauthenticated", "This token is not known here.", "Run zo setup-link.");
      }
      const key = request.headers["idempotency-key"];
      if (key && this.keys.has(key)) return send(response, ...this.keys.get(key));
      const answer = this.route(request.method, url, json, raw, response);
      if (answer === undefined) return;
      if (key) this.keys.set(key, answer);
      send(response, ...answer);
    } catch (error) {
      if (error instanceof Refusal) return send(response, error.status, error.body);
      console.error(error);
      send(response, 500, { error: { code: "internal", message: String(error) } });
    }
  }

  page(url, response) {
    if (url.pathname.startsWith("/files/")) {
      const path = decodeURIComponent(url.pathname.slice("/files/".length));
      response.writeHead(200, { "content-disposition": "attachment", "content-security-policy": "sandbox" });
      return response.end(this.files.get(path) ?? "");
    }
    const asset = url.pathname.startsWith("/assets/") ? url.pathname.slice(1) : "index.html";
    let bytes;
    try {
      bytes = readFileSync(join(kDist, asset));
    } catch {
      return send(response, 404, { error: { code: "not_found", message: "No such file." } });
    }
    response.writeHead(200, {
      "content-type": kTypes[extname(asset)] ?? "application/octet-stream",
      "content-security-policy": kPolicy,
      "content-encoding": "gzip",
      "x-content-type-options": "nosniff",
    });
    response.end(gzipSync(bytes));
  }

  stream(record, after, response) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": hello\n\n");
    for (const event of record.events) if (event.number > after) response.write(frame(event));
    // Live events are gone; what they wrote in the unfinished step comes as one.
    if (record.live && record.number > after) {
      const { from, ...written } = record.live;
      const data = { number: record.number, ...written, replaces: { from, to: record.number } };
      response.write(frame({ number: record.number, kind: "message_partial", data }));
    }
    if (record.run.state === "running") {
      record.readers.add(response);
      response.on("close", () => record.readers.delete(response));
    } else {
      response.end(end_frame(record));
    }
    return undefined;
  }

  tell(record, kind, data) {
    record.number += 1;
    const event = { number: record.number, kind, data: structuredClone({ number: record.number, ...data }) };
    if (kDurable.has(kind)) record.events.push(event);
    if (kind === "step_started") record.live = { step: data.step, text: "", reasoning: "", from: record.number };
    else if (kind === "text" || kind === "reasoning") record.live[kind] += data.text;
    else if (kind === "message" || kind === "run_finished") record.live = null;
    for (const reader of record.readers) reader.write(frame(event));
    if (kind !== "run_finished") return;
    for (const reader of record.readers) reader.end(end_frame(record));
  }
}

function frame(event) {
  return `id: ${event.number}\nevent: ${event.kind}\ndata: ${JSON.stringify(event.data)}\n\n`;
}

function end_frame(record) {
  return `event: end\ndata: ${JSON.stringify({ reason: record.run.state })}\n\n`;
}

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await new MockServer().start(Number(process.env.PORT ?? 0));
  console.log(server.setup_url);
}
