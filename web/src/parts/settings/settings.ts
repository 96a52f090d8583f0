// What the owner decides: how the page looks, and who else may speak with this computer.
import { effect, signal } from "@preact/signals";
import { type ApiError, as_error, type Client, with_query } from "../../api/client";
import type { Token, Tool } from "../../api/types";
import { kept } from "../../ui/keep";

export type Theme = "system" | "light" | "dark";
export type Scope = Token["scope"];

export const kScopes: Record<Scope, string> = {
  all: "everything, settings and other tokens with it",
  chat: "talk, but change no settings; no tools unless named",
  read: "read only",
};

/** Which models it may name; zo token create can name single ones, too. */
export type Models = "chosen" | "all";
export const kModels: Record<Models, string> = {
  chosen: "the one that you chose",
  all: "every one, with your keys",
};

export class Settings {
  readonly theme = kept<Theme>("theme", "system");
  readonly tokens = signal<Token[] | null>(null);
  readonly tools = signal<Tool[]>([]);
  readonly error = signal<ApiError | null>(null);
  /** The secret of the token just made; it can never be read again. */
  readonly fresh = signal<{ id: string; name: string; secret: string } | null>(null);
  /** The form for a new token is open. */
  readonly making_token = signal(false);
  readonly removing = signal<Token | null>(null);
  /** The section that a link led to; empty: to none. */
  readonly led_to = signal("");
  private readonly client: Client;

  constructor(client: Client) {
    this.client = client;
    effect(() => {
      const root = document.documentElement;
      if (this.theme.value === "system") delete root.dataset.theme;
      else root.dataset.theme = this.theme.value;
    });
  }

  async load(): Promise<void> {
    try {
      const [tokens, tools] = await Promise.all([
        this.client.get<{ items: Token[] }>("/api/tokens"),
        this.client.get<{ items: Tool[] }>("/api/tools"),
      ]);
      this.tokens.value = tokens.items;
      this.tools.value = tools.items;
      this.error.value = null;
    } catch (cause) {
      this.error.value = as_error(cause);
    }
  }

  async create_token(name: string, scope: Scope, tools: string[], models: Models): Promise<boolean> {
    try {
      const body = { name, scope, models, ...(tools.length > 0 ? { tools } : {}) };
      const made = await this.client.post<Token & { token: string }>("/api/tokens", body);
      this.fresh.value = { id: made.id, name: made.name, secret: made.token };
      await this.load();
      return true;
    } catch (cause) {
      this.error.value = as_error(cause);
      return false;
    }
  }

  async remove_token(token: Token, stop_runs: boolean): Promise<void> {
    await this.client.remove(with_query(`/api/tokens/${token.id}`, { runs: stop_runs ? "stop" : undefined }));
    if (this.fresh.value?.id === token.id) this.fresh.value = null;
    await this.load();
  }
}
