// The list of conversations: newest activity first, searched by the server, read page by page.
import { signal } from "@preact/signals";
import { type ApiError, as_error, type Client, with_query } from "../../api/client";
import type { Conversation, ConversationPage } from "../../api/types";

const kPageSize = 50;
const kTypingPauseMs = 150;

export class Conversations {
  readonly items = signal<Conversation[]>([]);
  readonly search = signal("");
  readonly state = signal<"loading" | "ready">("loading");
  readonly error = signal<ApiError | null>(null);
  private next: string | null = null;
  private asked = 0;
  private typing = 0;
  private readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  /** Those that hold the words, newest first; the list itself stays as it is. */
  async holding(words: string, limit: number): Promise<Conversation[]> {
    const path = with_query("/api/conversations", { search: words, limit });
    return (await this.client.get<ConversationPage>(path)).items;
  }

  find(id: string): Conversation | undefined {
    return this.items.value.find((each) => each.id === id);
  }

  search_for(text: string): void {
    this.search.value = text;
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.load(), kTypingPauseMs) as unknown as number;
  }

  /** Reads the first page; what is shown stays until it is there. */
  async load(): Promise<void> {
    const asked = ++this.asked;
    await this.page(undefined, asked, (page) => page.items);
  }

  async load_more(): Promise<void> {
    if (this.next === null || this.state.value === "loading") return;
    this.state.value = "loading";
    const known = new Set(this.items.value.map((each) => each.id));
    await this.page(this.next, ++this.asked, (page) => [
      ...this.items.value,
      ...page.items.filter((each) => !known.has(each.id)),
    ]);
  }

  /** Like load, but keeps the older pages that were already read. */
  async refresh(): Promise<void> {
    if (this.items.value.length <= kPageSize) return this.load();
    const kept = this.next;
    await this.page(undefined, ++this.asked, (page) => {
      const fresh = new Set(page.items.map((each) => each.id));
      return [...page.items, ...this.items.value.filter((each) => !fresh.has(each.id))];
    });
    this.next = kept;
  }

  private async page(
    after: string | undefined,
    asked: number,
    join: (page: ConversationPage) => Conversation[],
  ): Promise<void> {
    const query = { search: this.search.value.trim() || undefined, after, limit: kPageSize };
    try {
      const page = await this.client.get<ConversationPage>(with_query("/api/conversations", query));
      if (asked !== this.asked) return;
      this.items.value = join(page);
      this.next = page.next;
      this.error.value = null;
    } catch (cause) {
      if (asked !== this.asked) return;
      this.error.value = as_error(cause);
    }
    this.state.value = "ready";
  }

  /** What is now known of one conversation; the most recently active one moves to the top. */
  update(conversation: Conversation): void {
    const known = this.find(conversation.id);
    if (!known && this.search.value.trim()) return;
    const others = this.items.value.filter((each) => each.id !== conversation.id);
    this.items.value = [conversation, ...others].toSorted((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
  }

  async create(model: string | null): Promise<Conversation> {
    const made = await this.client.post<Conversation>("/api/conversations", model ? { model } : {});
    this.update(made);
    return made;
  }

  async change(id: string, change: { title?: string; model?: string | null }): Promise<Conversation> {
    const changed = await this.client.patch<Conversation>(`/api/conversations/${id}`, change);
    return changed;
  }

  async remove(id: string): Promise<void> {
    await this.client.remove(`/api/conversations/${id}`);
    this.drop(id);
  }

  drop(id: string): void {
    this.items.value = this.items.value.filter((each) => each.id !== id);
  }

  /** The whole conversation as a file for the person. */
  async export(id: string, format: "json" | "markdown"): Promise<Blob> {
    const path = with_query(`/api/conversations/${id}/export`, { format });
    return (await this.client.request("GET", path)).blob();
  }
}
