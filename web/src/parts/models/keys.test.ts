import { beforeEach, expect, test } from "vitest";
import type { Changes } from "../../api/changes";
import { ApiError, type Client } from "../../api/client";
import type { Key, KeyNew, KeyTest } from "../../api/types";
import { by_provider, Keys, name_for, read_headers } from "./keys";

const kGood: KeyTest = { ok: true, models: 12, elapsed_ms: 340 };
const kRefused: KeyTest = {
  ok: false,
  error: { code: "denied", message: "OpenAI refused the key", try: "give another" },
};

function key(name: string, provider = "openai", more: Partial<Key> = {}): Key {
  return {
    name,
    provider,
    kind: "model",
    dialect: "openai",
    base_url: "",
    hint: "abcd",
    headers: [],
    chosen: true,
    source: "vault",
    ...more,
  };
}

/** A server that holds keys, and says in `asked` what it was asked for. */
class Server {
  keys: Key[] = [];
  outcome: KeyTest = kGood;
  refuses: ApiError | null = null;
  readonly asked: string[] = [];
  readonly sent: unknown[] = [];
  tell: () => void = () => {};
  readonly changes = {
    hear: (_: "models", act: () => void) => {
      this.tell = act;
    },
  };

  async get(path: string) {
    this.asked.push(path);
    return { items: path === "/api/keys" ? this.keys : [{ name: "openai", label: "OpenAI" }] };
  }

  async post(path: string, body?: unknown) {
    this.asked.push(path);
    this.sent.push(body);
    if (this.refuses) throw this.refuses;
    if (path.endsWith("/test")) return this.outcome;
    if (path.endsWith("/rotate")) return { sealed: 1 };
    if (path.endsWith("/use")) return { items: this.keys };
    const made = key(path.endsWith("/take") ? "openai" : (body as KeyNew).name);
    this.keys = [...this.keys, made];
    return made;
  }

  async remove(path: string) {
    this.asked.push(path);
    this.keys = this.keys.filter(({ name }) => path !== `/api/keys/${name}`);
  }
}

let server: Server;
let keys: Keys;

beforeEach(() => {
  server = new Server();
  keys = new Keys(server as unknown as Client, server.changes as unknown as Changes);
});

const kNew: KeyNew = { name: "work", key: "sk-very-secret", provider: "openai" };
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a key is tested once it is added, and nothing here holds it", async () => {
  keys.adding.value = true;
  await keys.add(kNew);
  await settled();
  expect(server.sent[0]).toEqual(kNew);
  expect(server.asked).toEqual(["/api/keys", "/api/providers", "/api/keys", "/api/keys/work/test"]);
  expect(keys.tests.value.work).toEqual({ at: "answered", models: 12, elapsed_ms: 340 });
  expect([keys.adding.value, keys.fresh.value]).toEqual([false, null]);
  const held = Object.values(keys).filter((each) => each !== server);
  expect(JSON.stringify(held)).not.toContain("secret");
});

test("one that fails its first test can be kept or removed", async () => {
  server.outcome = kRefused;
  await keys.add(kNew);
  await settled();
  const failed = keys.tests.value.work;
  expect(failed?.at === "failed" && [failed.error.message, failed.error.advice]).toEqual([
    "OpenAI refused the key",
    "give another",
  ]);
  expect(keys.fresh.value).toBe("work");
  keys.keep("work");
  expect([keys.fresh.value, keys.tests.value]).toEqual([null, {}]);
  await keys.remove("work");
  expect(keys.list.value?.items).toEqual([]);
});

test("one that the server does not take leaves the form open", async () => {
  keys.adding.value = true;
  server.refuses = new ApiError({ code: "conflict", message: "there is a key named 'work' already" }, 409);
  await expect(keys.add(kNew)).rejects.toThrow("already");
  expect([keys.adding.value, keys.fresh.value]).toEqual([true, null]);
});

test("what changes the models may have changed the keys, once they were looked at", async () => {
  server.tell();
  await settled();
  expect(server.asked).toEqual([]);
  await keys.load();
  server.keys = [key("elsewhere")];
  server.tell();
  await settled();
  expect(keys.list.value?.items.map(({ name }) => name)).toEqual(["elsewhere"]);
});

test("one of the environment is taken with one click, and all are sealed anew", async () => {
  await keys.take("OPENAI_API_KEY");
  expect(server.asked[0]).toBe("/api/keys/OPENAI_API_KEY/take");
  expect(keys.done.value).toBe("OPENAI_API_KEY is in the vault as openai. The variable is no longer needed.");
  await keys.rotate();
  expect(keys.done.value).toBe("1 key sealed anew.");
});

test("a name is proposed from the provider, or from the host, and is free", () => {
  expect(name_for("openai", "", [])).toBe("openai");
  expect(name_for("openai", "https://proxy.example/v1", ["openai", "openai-2"])).toBe("openai-3");
  expect(name_for("", "", [])).toBe("");
  expect(name_for("", "https://api.example.com/v1", [])).toBe("example");
  expect(name_for("", "https://api.dev", [])).toBe("api");
  expect(name_for("", "http://192.168.0.7:8000", [])).toBe("own");
  expect(name_for("", "https://api.openai.com/v1", ["openai"])).toBe("openai-2");
});

test("headers are read a line each", () => {
  expect(read_headers(" X-Org: a:b \n\nX-Two:c")).toEqual({ headers: { "X-Org": "a:b", "X-Two": "c" } });
  expect(read_headers("X-Org")).toEqual({ wrong: "a line without a colon" });
  expect(read_headers(": secret")).toEqual({ wrong: "a line without a colon" });
  expect(read_headers("X-Org:")).toEqual({ wrong: "X-Org" });
});

test("keys stand by their provider", () => {
  const groups = by_provider([key("a"), key("b", "groq"), key("c")]);
  expect(groups.map(({ provider, keys }) => [provider, ...keys.map(({ name }) => name)])).toEqual([
    ["openai", "a", "c"],
    ["groq", "b"],
  ]);
});
