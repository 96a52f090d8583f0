// The real program on a home of its own, with a model that follows tests/page_script.json, behind a wire that can be cut.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const kRoot = join(import.meta.dirname, "../..");
const kZo = process.env.ZO ?? join(kRoot, "build/release/zo");
const kModel = process.env.ZO_SCRIPTED_MODEL ?? join(kRoot, "build/release/zo-scripted-model");
// The browser finds `localhost`, a name by which the server knows itself, at the wire's end instead of the server's.
const kWireHost = "127.0.0.2";
export const kResolverRules = `MAP localhost ${kWireHost}`;

export class Server {
  folder = mkdtempSync(join(tmpdir(), "zo-page-"));
  port = 0;
  sockets = new Set();

  async open() {
    chmodSync(this.folder, 0o755);
    this.model = spawn(kModel, ["--script", join(kRoot, "tests/page_script.json")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [ready] = await lines(this.model, 1);
    this.model_url = ready.split(" ")[1];
    const [, setup_url] = await this.start(2);
    this.url = `http://localhost:${this.port}`;
    this.setup_url = setup_url.replace("127.0.0.1", "localhost");
    // However the tests end, nothing of this stays.
    process.once("exit", () => this.end());
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
    this.wire = createServer((socket) => this.join(socket));
    await new Promise((resolve) => this.wire.listen(this.port, kWireHost, resolve));
    return this;
  }

  /** Begins to serve, on the same port and home as before. */
  async start(lines_told = 1) {
    const { PATH, HOME, LANG, XDG_CACHE_HOME } = process.env;
    const env = { PATH, HOME, LANG, XDG_CACHE_HOME, ZO_HOME: join(this.folder, "home") };
    Object.assign(env, { OPENAI_BASE_URL: `${this.model_url}/v1`, ZO_MODEL: "openai/scripted" });
    env.OPENAI_API_KEY = "sk-of-the-environment";
    this.zo = spawn(kZo, ["serve", "--listen", `127.0.0.1:${this.port}`], { env, stdio: ["ignore", "pipe", "ignore"] });
    const told = await lines(this.zo, lines_told);
    this.port = Number(told[0].split(":").at(-1));
    return told;
  }

  /** Goes away mid-sentence. What it has on the disk stays. */
  async kill() {
    const gone = new Promise((resolve) => this.zo.once("exit", resolve));
    this.zo.kill("SIGKILL");
    await gone;
  }

  /** Breaks every connection; the server itself goes on. */
  cut() {
    for (const socket of this.sockets) socket.destroy();
  }

  end() {
    this.zo.kill("SIGKILL");
    this.model.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  join(socket) {
    const server = connect(this.port, "127.0.0.1");
    for (const [here, there] of [
      [socket, server],
      [server, socket],
    ]) {
      this.sockets.add(here);
      here.pipe(there);
      here.on("error", () => {});
      here.on("close", () => {
        this.sockets.delete(here);
        there.destroy();
      });
    }
  }
}

/** The first lines that a program prints. */
async function lines(child, count) {
  let text = "";
  for await (const piece of child.stdout.iterator({ destroyOnReturn: false })) {
    text += piece;
    if (text.split("\n").length > count) return text.split("\n");
  }
  throw new Error(`${child.spawnfile} ended after: ${text}`);
}
