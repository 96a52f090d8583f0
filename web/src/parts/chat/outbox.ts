// Messages on their way to the server. They survive a look at another conversation and a reload of the page; the key
// that goes with each makes sending it again harmless.
import { effect, signal } from "@preact/signals";
import { ApiError, as_error, type Client, new_key } from "../../api/client";
import type { Message, Run } from "../../api/types";

const kOutboxKey = "zo.outbox.";

export interface Outgoing {
  key: string;
  text: string;
  files: string[];
  /** Why it was not sent; a person may send it again. */
  error: ApiError | null;
}

export interface Sent {
  message: Message;
  run: Run;
}

export class Outbox {
  readonly items = signal<Outgoing[]>([]);
  /** Hears of every message the server took, while its conversation is on the screen. */
  delivered: ((sent: Sent) => Promise<void>) | null = null;
  private readonly client: Client;
  private readonly conversation_id: string;
  private sending: Promise<void> = Promise.resolve();

  constructor(client: Client, conversation_id: string) {
    this.client = client;
    this.conversation_id = conversation_id;
    const place = kOutboxKey + conversation_id;
    this.items.value = parse(sessionStorage.getItem(place));
    effect(() => {
      if (this.items.value.length > 0) sessionStorage.setItem(place, JSON.stringify(this.items.value.map(written)));
      else sessionStorage.removeItem(place);
    });
    // Nobody knows whether these arrived before the page was closed.
    for (const entry of this.items.value) if (!entry.error) this.queue(entry);
  }

  send(text: string, files: string[]): void {
    this.add({ key: new_key(), text, files, error: null });
  }

  send_again(entry: Outgoing): void {
    this.drop(entry);
    this.add({ ...entry, error: null });
  }

  /** A message is on its way. */
  busy(): boolean {
    return this.items.value.some((each) => each.error === null);
  }

  drop(entry: Outgoing): void {
    this.items.value = this.items.value.filter((each) => each.key !== entry.key);
  }

  private add(entry: Outgoing): void {
    this.items.value = [...this.items.value, entry];
    this.queue(entry);
  }

  /** Messages leave one after the other, in the order written. */
  private queue(entry: Outgoing): void {
    this.sending = this.sending.then(() => this.deliver(entry));
  }

  private async deliver(entry: Outgoing): Promise<void> {
    const { text, files, key } = entry;
    let sent: Sent;
    try {
      const body = { text, ...(files.length > 0 ? { files } : {}) };
      sent = await this.client.post<Sent>(`/api/conversations/${this.conversation_id}/messages`, body, key);
    } catch (cause) {
      const failed = { ...entry, error: as_error(cause) };
      this.items.value = this.items.value.map((each) => (each.key === key ? failed : each));
      return;
    }
    this.drop(entry);
    await this.delivered?.(sent);
  }
}

function written({ error, ...entry }: Outgoing) {
  return { ...entry, error: error && { code: error.code, message: error.message, try: error.advice } };
}

function parse(text: string | null): Outgoing[] {
  if (text === null) return [];
  const entries = JSON.parse(text) as ReturnType<typeof written>[];
  return entries.map((entry) => ({ ...entry, error: entry.error && new ApiError(without_blanks(entry.error), 0) }));
}

function without_blanks({ code, message, try: advice }: NonNullable<ReturnType<typeof written>["error"]>) {
  return { code, message, ...(advice ? { try: advice } : {}) };
}
