// One conversation on the screen: what the store holds, and the feed of the run that works in it.
import { computed, signal } from "@preact/signals";
import { ApiError, as_error, type Client, with_query } from "../../api/client";
import { Feed } from "../../api/feed";
import type { Conversation, EndReason, FeedEvent, Message, MessagePage, Run, RunPage } from "../../api/types";
import { announce } from "../../ui/announce";
import type { Found } from "./found";
import type { Outbox, Sent } from "./outbox";
import { type ChatState, empty_chat, follow_run, place, reduce, stored, without } from "./reduce";
import type { Outgoing } from "./unsent";
import { Versions } from "./versions";

const kPageSize = 200;
const kAnnouncedMaxChars = 300;

export class OpenChat {
  readonly id: string;
  readonly state = signal<ChatState>(empty_chat());
  readonly conversation = signal<Conversation | null>(null);
  readonly loading = signal(true);
  /** Why there is nothing to show. */
  readonly missing = signal<ApiError | null>(null);
  /** Why the last thing asked for did not happen. */
  readonly problem = signal<ApiError | null>(null);
  readonly outbox: Outbox;
  readonly connected = signal(true);
  readonly stopping = signal(false);
  /** What a search found here, and is to be in sight. */
  readonly found = signal<Found | null>(null);
  readonly versions: Versions;
  readonly working = computed(() => this.state.value.run?.state === "running");
  /** The last message when Zo said it. */
  readonly last_answer = computed(() => {
    const last = this.state.value.messages.at(-1);
    return last?.role === "assistant" ? last : null;
  });
  private readonly client: Client;
  private readonly changed: (conversation: Conversation) => void;
  private feed: Feed<FeedEvent> | null = null;
  /** The run whose events are read to their end. */
  private followed: string | null = null;
  /** The newest run that was told of and is not looked at yet. */
  private told: string | null = null;
  /** How much of what a person asked for is not answered yet. */
  private asking = 0;
  private closed = false;

  constructor(client: Client, outbox: Outbox, id: string, changed: (conversation: Conversation) => void) {
    this.client = client;
    this.outbox = outbox;
    this.outbox.delivered = (sent) => this.delivered(sent);
    this.id = id;
    this.changed = changed;
    this.versions = new Versions(client, id, (error) => {
      this.problem.value = error;
    });
  }

  close(): void {
    this.closed = true;
    this.outbox.delivered = null;
    this.feed?.close();
  }

  /** Reads everything, then follows the run that works, if one does. */
  async load(): Promise<void> {
    try {
      const [conversation, messages, run] = await Promise.all([
        this.client.get<Conversation>(this.path()),
        this.all_messages(),
        this.newest_run(),
      ]);
      if (this.closed) return;
      this.changed(conversation);
      this.conversation.value = conversation;
      this.state.value = { ...stored(messages), run };
      this.versions.keep_to(messages);
      if (run) this.follow(run, run.state === "running" ? "live" : "notices");
      this.missing.value = null;
    } catch (cause) {
      if (!this.closed) this.missing.value = as_error(cause);
    }
    this.loading.value = false;
  }

  /** Catches up with what another tab or the terminal did, unless a feed already tells. */
  async catch_up(): Promise<void> {
    if (this.loading.value || this.working.value || this.missing.value?.status === 404) return;
    try {
      const known = this.conversation.value;
      const now = await this.client.get<Conversation>(this.path());
      if (this.closed) return;
      if (!known || now.updated_at !== known.updated_at || now.active_run_id) await this.load();
    } catch {
      // The page as a whole says when the server is gone; the next look catches up.
    }
  }

  say(text: string, files: string[] = []): void {
    this.versions.close();
    this.outbox.send(text, files, this.last_message());
  }

  send_again(entry: Outgoing): void {
    this.outbox.send_again(entry, this.last_message());
  }

  async stop(): Promise<void> {
    const run = this.state.value.run;
    if (!run || !(this.working.value || run.state === "waiting") || this.stopping.value) return;
    this.stopping.value = true;
    announce("Stopping");
    const done = await this.attempt(() => this.client.post<Run>(`/api/runs/${run.id}/cancel`));
    if (!done) this.stopping.value = false;
  }

  async edit(message: Message, text: string): Promise<boolean> {
    return this.attempt(async () => {
      const path = `${this.path()}/messages/${message.id}/edit`;
      const made = await this.client.post<{ message: Message; run: Run }>(path, { text });
      this.state.value = place(without(this.state.value, message.id, "and_after"), made.message);
      this.follow(made.run);
    });
  }

  async regenerate(message: Message): Promise<boolean> {
    return this.attempt(async () => {
      const path = `${this.path()}/messages/${message.id}/regenerate`;
      const { run } = await this.client.post<{ run: Run }>(path);
      const { messages } = this.state.value;
      const asked = messages.findLastIndex(
        (each, index) => each.role === "user" && index < messages.findIndex((other) => other.id === message.id),
      );
      const first = messages[asked + 1];
      if (first) this.state.value = without(this.state.value, first.id, "and_after");
      this.follow(run);
    });
  }

  /** Runs the last turn again, whatever became of it. */
  async try_again(): Promise<void> {
    const last = this.state.value.messages.at(-1);
    if (last?.role === "assistant") await this.regenerate(last);
    else if (last) await this.edit(last, last.text);
  }

  async remove_queued(message: Message): Promise<void> {
    await this.attempt(async () => {
      await this.client.remove(`${this.path()}/messages/${message.id}`);
      this.state.value = without(this.state.value, message.id, "only");
    });
  }

  /** A run of this conversation began, was told more, or ended. */
  heard(run: Run): void {
    // It waited for an answer. Of one that goes on, and of one that has ended while nobody looked, there is more to read.
    const shown = this.state.value.run;
    if (
      shown?.id === run.id &&
      this.followed === null &&
      (run.state === "running" || run.state !== shown.state || run.last_event !== shown.last_event)
    )
      this.follow(run);
    if (this.told === null || this.told < run.id) this.told = run.id;
    void this.keep_up();
  }

  gone(): void {
    const message = "This conversation was deleted.";
    this.missing.value = new ApiError({ code: "not_found", message }, 404);
  }

  /** Reads the conversation again when it was another tab, or the terminal, that began a run. */
  private async keep_up(): Promise<void> {
    // What was asked here is answered with its run.
    if (this.loading.value || this.asking > 0 || this.outbox.busy() || this.told === null) return;
    const { told } = this;
    this.told = null;
    // Ids sort by time.
    if (told > (this.state.value.run?.id ?? "")) await this.load();
  }

  private last_message(): string | null {
    return this.state.value.messages.at(-1)?.id ?? null;
  }

  private path(): string {
    return `/api/conversations/${this.id}`;
  }

  private async all_messages(): Promise<Message[]> {
    const all: Message[] = [];
    let after: string | undefined;
    do {
      const path = with_query(`${this.path()}/messages`, { after, limit: kPageSize });
      const page: MessagePage = await this.client.get(path);
      all.push(...page.items);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return all;
  }

  private async newest_run(): Promise<Run | null> {
    const { items } = await this.client.get<RunPage>(with_query("/api/runs", { conversation_id: this.id, limit: 20 }));
    const own = items.filter((run) => run.parent_run_id === null && run.conversation_id === this.id);
    return own.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1))[0] ?? null;
  }

  /** Does what a person asked for; a refusal is shown where they asked. */
  private async attempt(work: () => Promise<unknown>): Promise<boolean> {
    this.problem.value = null;
    this.asking += 1;
    try {
      await work();
      return true;
    } catch (cause) {
      this.problem.value = as_error(cause);
      return false;
    } finally {
      this.asking -= 1;
      void this.keep_up();
    }
  }

  private async delivered(sent: Sent): Promise<void> {
    const overtaken = this.working.value && this.state.value.run?.id !== sent.run.id;
    this.state.value = place(this.state.value, sent.message);
    // The run that was followed has ended before its last events were read: the store has them.
    if (overtaken) await this.load();
    else this.follow(sent.run);
    void this.keep_up();
  }

  /**
   * Reads the events of a run from where the state stands. Of a finished run only the notices are wanted: its messages
   * are already here, and some of them may since have been replaced.
   */
  private follow(run: Run, what: "live" | "notices" = "live"): void {
    if (what === "live" && this.followed === run.id) return;
    this.feed?.close();
    this.followed = what === "live" ? run.id : null;
    this.stopping.value = false;
    if (what === "live") this.state.value = follow_run(this.state.value, run);
    const wanted = (event: FeedEvent) => what === "live" || event.kind === "context_trimmed";
    this.feed = new Feed<FeedEvent>(this.client, `/api/runs/${run.id}/events`, this.state.value.cursor, {
      events: (batch) => this.read(batch.filter(wanted)),
      connection: (state) => {
        this.connected.value = state === "open";
      },
      ended: (reason) => void (what === "live" && this.run_ended(reason)),
      failed: (error) => {
        if (what === "live") this.problem.value = error;
      },
    });
  }

  private read(batch: FeedEvent[]): void {
    if (batch.length === 0) return;
    this.connected.value = true;
    this.state.value = batch.reduce(reduce, this.state.value);
    for (const event of batch) {
      if (event.kind === "tool_started") announce("A tool works");
      if (event.kind === "message" && event.data.message.text) {
        announce(`Zo: ${event.data.message.text.slice(0, kAnnouncedMaxChars)}`);
      }
    }
  }

  private async run_ended(reason: EndReason): Promise<void> {
    this.feed = null;
    this.followed = null;
    this.connected.value = true;
    this.stopping.value = false;
    if (reason === "waiting") announce("It asks you something");
    else if (reason !== "done") announce(reason === "cancelled" ? "Stopped" : `The run ended: ${reason}`);
    // Messages that were still queued have begun a run of their own, or wait in the store. What a run replaced is counted
    // beside what stands there now.
    const { queued, run } = this.state.value;
    if (queued.length > 0 || run?.replaces_from !== undefined) await this.load();
  }
}
