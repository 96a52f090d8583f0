// Messages on their way to the server. They survive a look at another conversation and a reload of the page; the key
// that goes with each makes sending it again harmless, from another tab, too.
import { signal } from "@preact/signals";
import { as_error, type Client, new_key } from "../../api/client";
import type { Message, Run } from "../../api/types";
import { forget_entry, keep_entry, kept_entries, type Outgoing } from "./unsent";

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
    this.items.value = kept_entries(conversation_id);
    // Nobody knows whether these arrived before the page was closed.
    for (const entry of this.items.value) if (!entry.error) this.queue(entry);
  }

  /** `after`: the last message of the conversation, if it has one. */
  send(text: string, files: string[], after: string | null): void {
    this.add({ key: new_key(), text, files, after, written_at: Date.now(), error: null });
  }

  /** It leaves from its place, to stand where the conversation has come to: behind `after`. */
  send_again(entry: Outgoing, after: string | null): void {
    this.drop(entry.key);
    this.add({ ...entry, after, error: null });
  }

  /** A message is on its way. */
  busy(): boolean {
    return this.items.value.some((each) => each.error === null);
  }

  drop(key: string): void {
    this.items.value = this.items.value.filter((each) => each.key !== key);
    forget_entry(this.conversation_id, key);
  }

  private add(entry: Outgoing): void {
    this.items.value = [...this.items.value, entry];
    keep_entry(this.conversation_id, entry);
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
      keep_entry(this.conversation_id, failed);
      return;
    }
    this.drop(key);
    await this.delivered?.(sent);
  }
}
