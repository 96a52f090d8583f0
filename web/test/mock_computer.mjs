// What the mock server knows and how each route answers. An answer is [status, body], or undefined when the route
// wrote it to the response itself.
import { randomBytes } from "node:crypto";
import { kChart, kExamples, kModels } from "./mock_facts.mjs";
import { play } from "./mock_scripts.mjs";

export class Refusal extends Error {
  constructor(status, code, message, advice) {
    super(message);
    this.status = status;
    this.body = { error: { code, message, ...(advice ? { try: advice } : {}) } };
  }
}

export class MockComputer {
  secret = randomBytes(8).toString("hex");
  sessions = new Set();
  setup_done = false;
  model = "local/qwen2.5-coder-1.5b";
  conversations = new Map();
  messages = new Map();
  runs = new Map();
  calls = new Map();
  files = new Map([
    ["notes.txt", Buffer.from("buy milk\n")],
    ["reports/q1.md", Buffer.from("# Up\n")],
    ["chart.svg", Buffer.from(kChart)],
  ]);
  tokens = [];
  keys = new Map();
  serial = 0;

  id(prefix) {
    this.serial += 1;
    return (prefix + String(this.serial).padStart(26 - prefix.length, "0")).slice(0, 26);
  }

  route(method, url, json, raw, response) {
    const [, , first, second, third, fourth, fifth] = url.pathname.split("/");
    const at = `${method} ${first}`;
    if (at === "GET health") return [200, { status: "ok" }];
    if (at === "POST setup") return this.connect(json.secret);
    if (at === "POST setup-links") return this.make_link();
    if (at === "GET computer") return [200, this.computer()];
    if (at === "POST computer") return this.finish_setup();
    if (first === "models") return this.route_models(method, second, json);
    if (at === "GET examples") return [200, { items: kExamples }];
    if (at === "GET tools")
      return [
        200,
        { items: ["shell", "read_file", "write_file"].map((name) => ({ name, description: name, parameters: {} })) },
      ];
    if (first === "tokens") return this.route_tokens(method, second, json);
    if (first === "files") return this.route_files(method, second, url.searchParams, json, raw, response);
    if (at === "GET tool-calls") return this.whole_output(second, response);
    if (first === "runs") return this.route_runs(second, third, url.searchParams, response);
    if (first !== "conversations") throw new Refusal(404, "not_found", `${url.pathname} is not a route.`);
    if (!second) return this.list(method, url.searchParams, json);
    const conversation = this.conversations.get(second);
    if (!conversation)
      throw new Refusal(404, "not_found", "This conversation does not exist.", "It may have been deleted.");
    if (!third) return this.one(method, conversation, json);
    if (third === "export") return this.export(conversation, response);
    return this.route_messages(method, conversation, fourth, fifth, json, url.searchParams);
  }

  connect(secret) {
    if (secret !== this.secret) {
      throw new Refusal(403, "denied", "This link has been used or has expired.", "Run zo setup-link for a new one.");
    }
    this.secret = null;
    const session = `zo_page_${randomBytes(8).toString("hex")}`;
    this.sessions.add(session);
    return [200, { session }];
  }

  make_link() {
    this.secret = randomBytes(8).toString("hex");
    return [201, { url: `${this.url}/setup#${this.secret}`, expires_at: now() }];
  }

  finish_setup() {
    this.setup_done = true;
    return [204];
  }

  computer() {
    const model = kModels.find((each) => each.name === this.model);
    return {
      version: "0.1.0",
      address: this.url,
      workspace: "/home/ada/zo",
      home: "/home/ada/.zo",
      model: {
        name: model.name,
        label: model.label,
        source: "embedded",
        state: model.state === "offered" ? "ready" : model.state,
      },
      sandbox: { ok: true },
      limits: { steps_a_run: 40, tokens_a_day: 2_000_000, tokens_today: 184_220 },
      setup_done: this.setup_done,
    };
  }

  route_models(method, second, json) {
    const known = (name) => {
      if (!kModels.some((model) => model.name === name))
        throw new Refusal(422, "invalid", `${name} is not a known model.`);
      return name;
    };
    if (method === "PUT") this.model = known(json.name);
    if (second !== "test") return [200, { items: kModels, current: this.model }];
    if (known(json.name).startsWith("anthropic/")) {
      const message = "anthropic refuses the key in ANTHROPIC_API_KEY (401).";
      return [200, { ok: false, error: { code: "denied", message, try: "Set a valid key and start ZoClone again." } }];
    }
    return [200, { ok: true, reply: "Hello.", elapsed_ms: 812 }];
  }

  route_tokens(method, id, json) {
    if (method === "GET") return [200, { items: this.tokens }];
    if (method === "DELETE" && id === "current") {
      this.sessions.delete(this.asking);
      return [204];
    }
    if (method === "DELETE") {
      this.tokens = this.tokens.filter((token) => token.id !== id);
      return [204];
    }
    const token = {
      id: this.id("01K5K"),
      kind: "token",
      tools: null,
      models: "chosen",
      created_at: now(),
      last_used_at: null,
      ...json,
    };
    if (Array.isArray(token.tools)) token.tools = token.tools.join(",");
    this.tokens.push(token);
    return [201, { ...token, token: `zo_${randomBytes(12).toString("hex")}` }];
  }

  route_files(method, second, query, json, raw, response) {
    const path = query.get("path") ?? "";
    if (second === "links") return [200, { url: `/files/${encodeURIComponent(json.path)}`, expires_at: now() }];
    if (second === "content" && method === "PUT") {
      const [, stem, ending] = /^(.*?)(\.[^./]*)?$/.exec(path);
      let free = path;
      for (let copy = 2; this.files.has(free); copy += 1) free = `${stem} (${copy})${ending ?? ""}`;
      this.files.set(free, raw);
      return [201, { path: free, size_bytes: raw.length }];
    }
    if (method === "DELETE") {
      if (!this.files.delete(path)) throw new Refusal(404, "not_found", `There is no '${path}'.`);
      return [204];
    }
    if (second !== "content") return [200, this.folder(path)];
    response.end(this.files.get(path));
    return undefined;
  }

  folder(path) {
    const inside = path ? `${path}/` : "";
    const items = new Map();
    for (const [name, bytes] of this.files) {
      if (!name.startsWith(inside)) continue;
      const [child, ...deeper] = name.slice(inside.length).split("/");
      const kind = deeper.length > 0 ? "folder" : "file";
      items.set(child, {
        name: child,
        path: inside + child,
        kind,
        size_bytes: kind === "file" ? bytes.length : 0,
        modified_at: now(),
      });
    }
    return { path, items: [...items.values()], truncated: false };
  }

  whole_output(id, response) {
    const call = this.calls.get(id);
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
    response.end(call?.whole ?? call?.output ?? "");
  }

  list(method, query, json) {
    if (method === "POST") {
      const made = {
        id: this.id("01K5C"),
        title: "",
        model: null,
        created_at: now(),
        updated_at: now(),
        active_run_id: null,
        ...json,
      };
      this.conversations.set(made.id, made);
      this.messages.set(made.id, []);
      return [201, made];
    }
    const words = (query.get("search") ?? "").toLowerCase();
    const limit = Number(query.get("limit") ?? 50);
    const all = [...this.conversations.values()]
      .filter((each) =>
        `${each.title} ${this.messages.get(each.id).map((message) => message.text)}`.toLowerCase().includes(words),
      )
      .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
    const from = query.get("after") ? all.findIndex((each) => each.id === query.get("after")) + 1 : 0;
    const items = all.slice(from, from + limit);
    return [200, { items, next: from + limit < all.length ? items.at(-1).id : null }];
  }

  one(method, conversation, json) {
    if (method === "PATCH") Object.assign(conversation, json);
    if (method === "DELETE") {
      this.conversations.delete(conversation.id);
      return [204];
    }
    return [200, conversation];
  }

  export(conversation, response) {
    response.writeHead(200, { "content-type": "text/markdown", "content-disposition": "attachment" });
    response.end(
      this.messages
        .get(conversation.id)
        .map((message) => `${message.role}: ${message.text}\n`)
        .join("\n"),
    );
  }

  route_messages(method, conversation, id, verb, json, query) {
    const all = this.messages.get(conversation.id);
    if (method === "GET") {
      const items = all
        .filter((message) => message.position > Number(query.get("after") ?? -1))
        .slice(0, Number(query.get("limit") ?? 100));
      const last = items.at(-1)?.position;
      return [200, { items, next: items.length > 0 && last < all.at(-1).position ? String(last) : null }];
    }
    const running = this.runs.get(conversation.active_run_id);
    if (!id) return this.ask(conversation, json, running);
    const at = all.findIndex((message) => message.id === id);
    if (at < 0) throw new Refusal(404, "not_found", "This message does not exist.");
    if (method === "DELETE") {
      if (all[at].state !== "queued") throw new Refusal(409, "conflict", "This message has already been taken in.");
      all.splice(at, 1);
      return [204];
    }
    if (running) throw new Refusal(409, "conflict", "A run works in this conversation.", "Stop it first.");
    if (verb === "edit") {
      all.splice(at);
      return this.ask(conversation, { ...json, files: [] }, null);
    }
    const asked = all.findLastIndex((message, index) => index < at && message.role === "user");
    all.splice(asked + 1);
    return [202, { run: this.begin(conversation, all[asked]) }];
  }

  ask(conversation, { text, files = [] }, running) {
    const all = this.messages.get(conversation.id);
    if (!conversation.title) conversation.title = text.slice(0, 48);
    conversation.updated_at = now();
    const message = {
      id: this.id("01K5M"),
      conversation_id: conversation.id,
      run_id: running?.run.id ?? null,
      role: "user",
      origin: "person",
      state: running ? "queued" : "placed",
      position: (all.at(-1)?.position ?? 0) + 1,
      created_at: now(),
      text,
      ...(files.length > 0 ? { files } : {}),
    };
    all.push(message);
    return [202, { message, run: running ? running.run : this.begin(conversation, message) }];
  }

  begin(conversation, message, parent = null) {
    const run = {
      id: this.id("01K5R"),
      conversation_id: conversation.id,
      parent_run_id: parent,
      state: "running",
      model: conversation.model ?? this.model,
      step: 0,
      steps_max: 40,
      attempt: 0,
      usage: { input_tokens: 0, output_tokens: 0 },
      created_at: now(),
      finished_at: null,
      last_event: 0,
    };
    const record = { run, events: [], readers: new Set(), number: 0, cancelled: false };
    this.runs.set(run.id, record);
    if (!parent) conversation.active_run_id = run.id;
    message.run_id = run.id;
    void play(this, record, conversation, message);
    return run;
  }

  route_runs(id, verb, query, response) {
    if (!id) {
      const items = [...this.runs.values()].map((record) => record.run);
      return [
        200,
        { items: items.filter((run) => run.conversation_id === query.get("conversation_id")).reverse(), next: null },
      ];
    }
    const record = this.runs.get(id);
    if (!record) throw new Refusal(404, "not_found", "This run does not exist.");
    if (verb === "outputs") {
      const whole = [...this.calls.values()].filter((call) => call.run_id === id && call.whole);
      for (const call of whole) delete call.whole;
      return [200, { outputs: whole.length, freed_bytes: whole.length * 2_000 }];
    }
    if (verb === "cancel") record.cancelled = true;
    if (verb === "events") return this.stream(record, Number(query.get("after") ?? 0), response);
    return [200, record.run];
  }
}

export function now() {
  return new Date().toISOString();
}
