// What stood in a message's place before an edit or a new answer: read when it is asked for, and only to be read.
import { signal } from "@preact/signals";
import { type ApiError, as_error, type Client, with_query } from "../../api/client";
import type { Message, MessagePage } from "../../api/types";

const kPageSize = 200;

/** `number` counts from 1, the oldest; the one that stands now is the last. */
export interface LookedAt {
  /** The message that stands there now. */
  now: Message;
  number: number;
  /** That version, and what stood behind it. */
  messages: Message[];
}

export class Versions {
  /** null: the conversation as it stands. */
  readonly looked_at = signal<LookedAt | null>(null);
  private readonly client: Client;
  private readonly conversation_id: string;
  private readonly failed: (error: ApiError) => void;
  private asked = 0;

  constructor(client: Client, conversation_id: string, failed: (error: ApiError) => void) {
    this.client = client;
    this.conversation_id = conversation_id;
    this.failed = failed;
  }

  async look_at(now: Message, number: number): Promise<void> {
    const asked = ++this.asked;
    if (number > (now.versions ?? 0)) {
      this.looked_at.value = null;
      return;
    }
    try {
      const messages = await this.read(now, number);
      if (asked === this.asked) this.looked_at.value = { now, number, messages };
    } catch (cause) {
      if (asked === this.asked) this.failed(as_error(cause));
    }
  }

  /** An earlier version is no longer looked at where its place is gone. */
  keep_to(messages: Message[]): void {
    const place = this.looked_at.value?.now.id;
    if (place !== undefined && !messages.some((each) => each.id === place)) this.close();
  }

  close(): void {
    this.asked += 1;
    this.looked_at.value = null;
  }

  private async read(now: Message, number: number): Promise<Message[]> {
    const path = `/api/conversations/${this.conversation_id}/messages/${now.id}/versions/${number}`;
    const all: Message[] = [];
    let after: string | undefined;
    do {
      const page: MessagePage = await this.client.get(with_query(path, { after, limit: kPageSize }));
      all.push(...page.items);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return all;
  }
}

/** The conversation as it stood with that version; without one, as it stands. */
export function as_it_stood(messages: Message[], looked_at: LookedAt | null): Message[] {
  const at = looked_at ? messages.findIndex((each) => each.id === looked_at.now.id) : -1;
  return looked_at && at >= 0 ? [...messages.slice(0, at), ...looked_at.messages] : messages;
}
