// Chat: the conversations, and the one on the screen.
import { computed, type Signal, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { type ApiError, as_error, type Client } from "../../api/client";
import type { Conversation, Example, FreedOutputs, Run } from "../../api/types";
import { download } from "../../ui/download";
import { kept, matching } from "../../ui/keep";
import type { Action } from "../../ui/palette";
import { Attachments } from "./attachments";
import { Conversations } from "./conversations";
import type { Found } from "./found";
import { file_name, link_to } from "./names";
import { OpenChat } from "./open_chat";
import { Outbox } from "./outbox";
import { entry_named, forget_conversation } from "./unsent";

const kDownloadHeldMs = 10_000;
const kFoundMax = 20;

export type Question = { ask: "rename" | "delete"; conversation: Conversation };

export class Chat {
  readonly conversations: Conversations;
  readonly attachments: Attachments;
  readonly open = signal<OpenChat | null>(null);
  /** The model chosen for the conversation that the next message begins. */
  readonly next_model = signal<string | null>(null);
  /** The runs of sub-agents that were told of since a conversation was opened. */
  readonly sub_agents = signal<Record<string, Run>>({});
  readonly examples = signal<Example[]>([]);
  /** Why a new conversation could not begin, or an export not be made. */
  readonly problem = signal<ApiError | null>(null);
  readonly question = signal<Question | null>(null);
  readonly list_open = kept("list_open", true);
  /** Beside the conversation where there is room for both; where there is less, only if a person wants it so. */
  readonly details_open = kept("details_open", true);
  readonly details_open_close = kept("details_open_close", false);
  /** On a narrow page the list and the details lie over it, only while these are true. */
  readonly drawer_open = signal(false);
  readonly details_over = signal(false);
  readonly narrow = matching("(max-width: 1023px)");
  readonly close = matching("(max-width: 1399px)");
  readonly model = computed(() =>
    this.open.value ? (this.open.value.conversation.value?.model ?? null) : this.next_model.value,
  );
  readonly client: Client;
  /** What a person is asked about a tool call, to be answered where it stands. */
  readonly asked_about: (tool_call_id: string) => ComponentChildren;
  private readonly go: (path: string) => void;
  /** By conversation; one whose messages are all with the server is not kept. */
  private readonly outboxes = new Map<string, Outbox>();

  constructor(
    client: Client,
    go: (path: string) => void,
    asked_about: (tool_call_id: string) => ComponentChildren = () => null,
  ) {
    this.client = client;
    this.asked_about = asked_about;
    this.go = go;
    this.conversations = new Conversations(client);
    this.attachments = new Attachments(client);
    // Another tab has sent, or removed, what both show.
    addEventListener("storage", ({ key, newValue }) => {
      const entry = newValue === null ? entry_named(key) : null;
      if (entry) this.outboxes.get(entry.conversation_id)?.drop(entry.key);
    });
  }

  /** Shows a conversation, or with null an empty one that its first message will make. */
  show(id: string | null, found: Found | null = null): void {
    this.drawer_open.value = false;
    this.details_over.value = false;
    if (id === null) void this.load_examples();
    if ((this.open.value?.id ?? null) === id) {
      if (this.open.value && found) this.open.value.found.value = found;
      return;
    }
    this.open.value?.close();
    this.problem.value = null;
    this.attachments.clear();
    this.sub_agents.value = {};
    this.open.value = id === null ? null : this.opened(id);
    if (this.open.value) this.open.value.found.value = found;
    void this.open.value?.load();
  }

  /** Asks the last question again, of another model; from then on that one answers here. */
  async ask_instead(model: string): Promise<void> {
    if (await this.choose_model(model)) await this.open.value?.try_again();
  }

  /** False: nothing was sent, and `problem` says why. */
  async send(text: string): Promise<boolean> {
    const files = this.attachments.paths();
    this.problem.value = null;
    let open = this.open.value;
    if (!open) {
      try {
        const made = await this.conversations.create(this.next_model.value);
        open = this.opened(made.id);
        open.conversation.value = made;
        open.loading.value = false;
      } catch (cause) {
        this.problem.value = as_error(cause);
        return false;
      }
      this.open.value = open;
      this.next_model.value = null;
      this.go(`/c/${open.id}`);
    }
    this.attachments.clear();
    open.say(text, files);
    return true;
  }

  /** False: it is not chosen, and the conversation says why. */
  async choose_model(model: string | null): Promise<boolean> {
    const open = this.open.value;
    if (!open) {
      this.next_model.value = model;
      return true;
    }
    try {
      this.learn(await this.conversations.change(open.id, { model }));
      return true;
    } catch (cause) {
      open.problem.value = as_error(cause);
      return false;
    }
  }

  /** How a conversation stands now. */
  learn(conversation: Conversation): void {
    this.conversations.update(conversation);
    if (this.open.value?.id === conversation.id) this.open.value.conversation.value = conversation;
  }

  heard(run: Run): void {
    if (run.parent_run_id) this.sub_agents.value = { ...this.sub_agents.value, [run.id]: run };
    if (this.open.value?.id === run.conversation_id) this.open.value.heard(run);
  }

  gone(id: string): void {
    this.conversations.drop(id);
    forget_conversation(id);
    if (this.open.value?.id === id) this.open.value.gone();
  }

  async rename(conversation: Conversation, title: string): Promise<void> {
    this.learn(await this.conversations.change(conversation.id, { title }));
  }

  async remove(conversation: Conversation): Promise<void> {
    await this.conversations.remove(conversation.id);
    if (this.open.value?.id === conversation.id) this.go("/");
  }

  async export(conversation: Conversation, format: "json" | "markdown"): Promise<void> {
    try {
      const url = URL.createObjectURL(await this.conversations.export(conversation.id, format));
      download(url, `${file_name(conversation.title)}.${format === "json" ? "json" : "md"}`);
      setTimeout(() => URL.revokeObjectURL(url), kDownloadHeldMs);
    } catch (cause) {
      this.problem.value = as_error(cause);
    }
  }

  async save_file(path: string): Promise<void> {
    try {
      download(await this.client.file_address(path));
    } catch (cause) {
      this.problem.value = as_error(cause);
    }
  }

  async free_outputs(run: Run): Promise<FreedOutputs> {
    return this.client.remove<FreedOutputs>(`/api/runs/${run.id}/outputs`);
  }

  /** After a while without word of what changed. */
  async catch_up(): Promise<void> {
    await Promise.all([this.conversations.refresh(), this.open.value?.catch_up()]);
    if (!this.open.value) await this.load_examples();
  }

  async load_examples(): Promise<void> {
    try {
      this.examples.value = (await this.client.get<{ items: Example[] }>("/api/examples")).items.slice(0, 4);
    } catch {
      // Examples are a courtesy: an empty conversation works without them.
    }
  }

  actions(): Action[] {
    const open = this.open.value;
    const conversation = open?.conversation.value;
    const actions: Action[] = [
      { title: "New conversation", icon: "plus", group: "Chat", act: () => this.go("/") },
      {
        title: this.list_open.value ? "Fold the list away" : "Show the list",
        icon: "list",
        group: "View",
        act: () => this.toggle_list(),
      },
      ...this.details_action(),
    ];
    if (open?.working.value) {
      actions.unshift({ title: "Stop", icon: "stop", group: "Chat", keys: "Esc", act: () => void open.stop() });
    }
    const answer = open?.last_answer.value;
    if (answer && !open.working.value) {
      actions.push({ title: "Answer again", icon: "redo", group: "Chat", act: () => void open.regenerate(answer) });
    }
    if (conversation) actions.push(...this.actions_on(conversation));
    return actions;
  }

  /** The conversations one may go to. */
  others(): Action[] {
    const others = this.conversations.items.value.filter((each) => each.id !== this.open.value?.id);
    return others.map((each) => {
      const act = () => this.go(`/c/${each.id}`);
      return { title: title_of(each), icon: "chat", group: "Conversation", id: each.id, act };
    });
  }

  /** Conversations that hold the words, those that were not read yet, too. */
  async find(words: string): Promise<Action[]> {
    const found = await this.conversations.holding(words, kFoundMax);
    return found.map((each) => {
      const act = () => this.go(link_to(each, words));
      return { title: title_of(each), icon: "chat", group: "Conversation", id: each.id, act };
    });
  }

  actions_on(conversation: Conversation): Action[] {
    const group = "This conversation";
    return [
      { title: "Rename…", icon: "edit", group, act: () => this.ask("rename", conversation) },
      { title: "Export as Markdown", icon: "download", group, act: () => void this.export(conversation, "markdown") },
      { title: "Export as JSON", icon: "download", group, act: () => void this.export(conversation, "json") },
      { title: "Delete…", icon: "trash", group, act: () => this.ask("delete", conversation) },
    ];
  }

  details_action(): Action[] {
    if (!this.open.value) return [];
    const title = this.details_shown() ? "Fold the details away" : "Show the details";
    return [{ title, icon: "details", group: "View", act: () => this.toggle_details() }];
  }

  toggle_list(): void {
    const shown = this.list_shown();
    shown.value = !shown.value;
  }

  show_list(): void {
    this.list_shown().value = true;
  }

  toggle_details(): void {
    const shown = this.details();
    shown.value = !shown.value;
  }

  details_shown(): boolean {
    return this.details().value;
  }

  private details(): Signal<boolean> {
    if (this.narrow.value) return this.details_over;
    return this.close.value ? this.details_open_close : this.details_open;
  }

  private list_shown(): Signal<boolean> {
    return matchMedia("(max-width: 719px)").matches ? this.drawer_open : this.list_open;
  }

  private opened(id: string): OpenChat {
    for (const [other, outbox] of this.outboxes) if (outbox.items.value.length === 0) this.outboxes.delete(other);
    const outbox = this.outboxes.get(id) ?? new Outbox(this.client, id);
    this.outboxes.set(id, outbox);
    return new OpenChat(this.client, outbox, id, (conversation) => this.conversations.update(conversation));
  }

  private ask(ask: Question["ask"], conversation: Conversation): void {
    this.question.value = { ask, conversation };
  }
}

export function title_of(conversation: Conversation | null | undefined): string {
  return conversation?.title.trim() || "New conversation";
}
