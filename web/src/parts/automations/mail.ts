// The server by which e-mail leaves.
import { signal } from "@preact/signals";
import { Attempts } from "../../api/attempts";
import { type ApiError, as_error, type Client } from "../../api/client";
import type { MailServer, MailServerNew, MailSettings } from "../../api/types";

export type Tried = { at: "sending" } | { at: "sent"; to: string } | { at: "failed"; error: ApiError };

export class Mail extends Attempts {
  /** undefined: not read yet; null: there is none. */
  readonly kept = signal<MailServer | null | undefined>(undefined);
  readonly test = signal<Tried | null>(null);
  readonly removing = signal(false);
  private readonly client: Client;

  constructor(client: Client) {
    super();
    this.client = client;
  }

  async load(): Promise<void> {
    await this.attempt(this.read);
  }

  /** Without a password the one that is kept stays, if the server does. */
  async keep(wish: MailServerNew): Promise<boolean> {
    this.test.value = null;
    return await this.attempt(() => this.client.put("/api/mail", { json: wish }), this.read);
  }

  /** Throws what the server says, for who asked. */
  async remove(): Promise<void> {
    await this.client.remove("/api/mail");
    this.kept.value = null;
    this.test.value = null;
  }

  /** Really sends one. */
  async try_out(to: string): Promise<void> {
    this.test.value = { at: "sending" };
    try {
      await this.client.post("/api/mail/test", { to });
      this.test.value = { at: "sent", to };
    } catch (cause) {
      this.test.value = { at: "failed", error: as_error(cause) };
    }
  }

  private readonly read = async () => {
    this.kept.value = (await this.client.get<MailSettings>("/api/mail")).mail;
  };
}
