// The keys of model providers: what may be shown of each, and what can be done with it. A key itself passes through here once,
// on its way to the server, and is kept nowhere.
import { signal } from "@preact/signals";
import { Attempts } from "../../api/attempts";
import type { Changes } from "../../api/changes";
import { ApiError, as_error, type Client } from "../../api/client";
import type { Key, KeyList, KeyNew, KeysSealed, KeyTest, KnownProvider } from "../../api/types";
import { plural } from "../../ui/format";
import { kSettingsPath } from "../../ui/part";

/** Where they stand on the page. */
export const kKeysPath = `${kSettingsPath}#keys`;

export type KeyTestState =
  | { at: "testing" }
  | { at: "answered"; models: number; elapsed_ms: number }
  | { at: "failed"; error: ApiError };

export class Keys extends Attempts {
  /** null: not read yet. */
  readonly list = signal<KeyList | null>(null);
  readonly providers = signal<KnownProvider[]>([]);
  readonly tests = signal<Record<string, KeyTestState>>({});
  /** The form for a new key is open. */
  readonly adding = signal(false);
  readonly removing = signal<Key | null>(null);
  /** Just given, and not yet known to be good. */
  readonly fresh = signal<string | null>(null);
  /** What was just done, in words. */
  readonly done = signal("");
  readonly sealing = signal(false);
  private readonly client: Client;

  constructor(client: Client, changes: Changes) {
    super();
    this.client = client;
    // Their keys change what the models are.
    changes.hear("models", () => {
      if (this.list.value !== null) void this.load();
    });
  }

  /** A provider's name for people. */
  label(provider: string): string {
    return this.providers.value.find(({ name }) => name === provider)?.label ?? provider;
  }

  async load(): Promise<void> {
    await this.attempt(this.read);
  }

  /** Gives a key to the vault, and begins to test it. */
  async add(wanted: KeyNew): Promise<void> {
    const made = await this.client.post<Key>("/api/keys", wanted);
    this.fresh.value = made.name;
    this.done.value = "";
    this.adding.value = false;
    await this.load();
    void this.test(made.name);
  }

  /** Really asks its provider. */
  async test(name: string): Promise<void> {
    this.tested(name, { at: "testing" });
    try {
      const result = await this.client.post<KeyTest>(`${path_of(name)}/test`);
      if (result.ok) this.tested(name, { at: "answered", models: result.models, elapsed_ms: result.elapsed_ms });
      else this.tested(name, { at: "failed", error: new ApiError(result.error, 200) });
    } catch (cause) {
      this.tested(name, { at: "failed", error: as_error(cause) });
    }
    const good = this.tests.value[name]?.at === "answered";
    if (good && this.fresh.value === name) this.fresh.value = null;
  }

  /** A key that failed its first test stays. */
  keep(name: string): void {
    this.fresh.value = null;
    this.forget_test(name);
  }

  /** Makes it the one that its provider is asked with. */
  async use(name: string): Promise<void> {
    await this.change(async () => {
      this.list.value = await this.client.post<KeyList>(`${path_of(name)}/use`);
    });
  }

  /** Takes one of the environment into the vault. */
  async take(variable: string): Promise<void> {
    await this.change(async () => {
      const made = await this.client.post<Key>(`${path_of(variable)}/take`);
      this.done.value = `${variable} is in the vault as ${made.name}. The variable is no longer needed.`;
      await this.read();
    });
  }

  /** Throws what went wrong. */
  async remove(name: string): Promise<void> {
    await this.client.remove(path_of(name));
    if (this.fresh.value === name) this.fresh.value = null;
    this.done.value = `${name} was removed.`;
    this.forget_test(name);
    await this.load();
  }

  /** A new master key, and every key sealed anew with it. */
  async rotate(): Promise<void> {
    this.sealing.value = true;
    await this.change(async () => {
      const { sealed } = await this.client.post<KeysSealed>("/api/keys/rotate");
      this.done.value = `${plural(sealed, "key")} sealed anew.`;
      await this.read();
    });
    this.sealing.value = false;
  }

  failed(cause: unknown): void {
    this.error.value = as_error(cause);
  }

  private async change(act: () => Promise<void>): Promise<void> {
    this.done.value = "";
    await this.attempt(act);
  }

  private readonly read = async () => {
    const [providers, keys] = await Promise.all([
      this.client.get<{ items: KnownProvider[] }>("/api/providers"),
      this.client.get<KeyList>("/api/keys"),
    ]);
    this.providers.value = providers.items;
    this.list.value = keys;
  };

  private tested(name: string, state: KeyTestState): void {
    this.tests.value = { ...this.tests.value, [name]: state };
  }

  private forget_test(name: string): void {
    const { [name]: _, ...others } = this.tests.value;
    this.tests.value = others;
  }
}

function path_of(name: string): string {
  return `/api/keys/${encodeURIComponent(name)}`;
}

/** A name for a new key that none of `taken` has: of its provider, or of the host that it is for. */
export function name_for(provider: string, base_url: string, taken: string[]): string {
  const name = provider || host_word(base_url);
  if (name === "" || !taken.includes(name)) return name;
  for (let number = 2; ; number += 1) if (!taken.includes(`${name}-${number}`)) return `${name}-${number}`;
}

/** "https://api.example.com/v1" → "example"; "http://192.168.0.7:8000" → "own"; empty while there is no host. */
function host_word(base_url: string): string {
  const host = URL.canParse(base_url) ? new URL(base_url).hostname : "";
  if (host === "") return "";
  if (/^[\d.]+$|^\[/.test(host)) return "own";
  return host.replace(/^(api|www)\.(?=.*\.)/, "").split(".")[0] ?? "";
}

/** "Name: value" a line as an object; `wrong`: the first line that is none. */
export function read_headers(text: string): { headers: Record<string, string> } | { wrong: string } {
  const headers: Record<string, string> = {};
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line === "") continue;
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (colon < 1 || name === "" || value === "") return { wrong: colon < 1 ? "a line without a colon" : name };
    headers[name] = value;
  }
  return { headers };
}

/** By provider, in the order of the list. */
export function by_provider(keys: Key[]): { provider: string; keys: Key[] }[] {
  const providers = [...new Set(keys.map(({ provider }) => provider))];
  return providers.map((provider) => ({ provider, keys: keys.filter((key) => key.provider === provider) }));
}
