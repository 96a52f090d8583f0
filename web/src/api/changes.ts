// What changed on this computer, told to every part by one connection for the whole page: so nothing is asked for again
// and again, or once more after each write. A page out of sight does not listen (a browser has few connections to one
// server, and each tab would hold one); it hears what it missed when it is looked at again.
import { effect, signal } from "@preact/signals";
import type { Client } from "./client";
import { Feed } from "./feed";
import type { ChangeData, ChangeEvent, ChangeKind } from "./types";

type Hearers = { [K in ChangeKind]?: ((data: ChangeData<K>) => void)[] };

export class Changes {
  private readonly client: Client;
  private readonly hearers: Hearers = {};
  /** Set by a part that has something to do with what it hears while nobody looks. */
  readonly listens_unseen = signal(false);
  private readonly in_sight = signal(document.visibilityState === "visible");
  /** Whose changes they are. */
  private session: string | null = null;
  private after: number | null = null;

  constructor(client: Client) {
    this.client = client;
    document.addEventListener("visibilitychange", () => {
      this.in_sight.value = document.visibilityState === "visible";
    });
  }

  /** `reset` is told first, and whenever anything may have changed: then what is shown is read again. */
  hear<K extends ChangeKind>(kind: K, act: (data: ChangeData<K>) => void): void {
    const hearers: ((data: ChangeData<K>) => void)[] = this.hearers[kind] ?? [];
    hearers.push(act);
    (this.hearers as Record<K, typeof hearers>)[kind] = hearers;
  }

  /** From now on, whenever this browser holds a session and the page is in sight, or listens all the same. */
  start(): void {
    effect(() => {
      const session = this.client.session.value;
      if (session === null || !(this.in_sight.value || this.listens_unseen.value)) return;
      if (session !== this.session) this.after = null;
      this.session = session;
      const feed = new Feed<ChangeEvent>(this.client, "/api/events", this.after, {
        events: (batch) => {
          for (const change of batch) this.tell(change);
        },
        connection: () => {},
        ended: () => {},
        // Without the feed the page still shows what is.
        failed: () => this.tell({ number: 0, kind: "reset", data: { number: 0 } }),
      });
      return () => feed.close();
    });
  }

  private tell<K extends ChangeKind>(change: { number: number; kind: K; data: ChangeData<K> }): void {
    this.after = change.number;
    for (const act of this.hearers[change.kind] ?? []) act(change.data);
  }
}
