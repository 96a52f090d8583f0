// An automation being made or changed: what was typed, when its rule would come, and whether it can be kept.
import { computed, signal } from "@preact/signals";
import { ApiError, as_error, type Client } from "../../api/client";
import type { Automation, Conversation, RulePreview, Tool } from "../../api/types";
import { change_of, type Draft, draft_of, kExamples, new_draft, rule_of, wrong_in } from "./draft";

const kTypingPauseMs = 250;

export type Preview =
  | { at: "asking"; before: RulePreview | null }
  | { at: "good"; preview: RulePreview }
  | { at: "wrong"; error: ApiError };

export class Editor {
  readonly draft = signal<Draft>(new_draft());
  /** What is changed; null: a new one is made. */
  readonly before = signal<Automation | null>(null);
  readonly preview = signal<Preview>({ at: "asking", before: null });
  readonly saving = signal(false);
  /** Somebody wanted to keep it: what is wrong is shown from then on. */
  readonly tried = signal(false);
  readonly error = signal<ApiError | null>(null);
  readonly tools = signal<Tool[]>([]);
  readonly conversations = signal<Conversation[]>([]);
  readonly wrong = computed(() => wrong_in(this.draft.value));
  readonly can_save = computed(() => {
    const is_right = this.preview.value.at === "good" && Object.keys(this.wrong.value).length === 0;
    return is_right && !this.saving.value;
  });
  private readonly client: Client;
  /** Whose draft it is: coming back to the same one finds it as it was. */
  private key: string | null = null;
  private asked = 0;
  private timer = 0;

  constructor(client: Client) {
    this.client = client;
  }

  open_new(example: number | null): void {
    const chosen = example === null ? undefined : kExamples[example];
    this.open(`new ${chosen ? example : ""}`, null, new_draft(chosen));
  }

  open_of(automation: Automation): void {
    this.open(automation.id, automation, draft_of(automation));
  }

  /** What was typed is forgotten. */
  close(): void {
    this.key = null;
  }

  change(part: Partial<Draft>): void {
    this.draft.value = { ...this.draft.value, ...part };
    if ("every" in part || "zone" in part || "start" in part || "gap" in part) this.ask_soon();
  }

  /** Gives back what is kept now; null where the server refused, which is then shown. */
  async save(): Promise<Automation | null> {
    this.tried.value = true;
    if (!this.can_save.value) return null;
    this.saving.value = true;
    this.error.value = null;
    try {
      const change = change_of(this.draft.value);
      const before = this.before.value;
      const kept = before
        ? await this.client.patch<Automation>(`/api/automations/${before.id}`, change)
        : await this.client.post<Automation>("/api/automations", change);
      this.close();
      return kept;
    } catch (cause) {
      this.error.value = as_error(cause);
      return null;
    } finally {
      this.saving.value = false;
    }
  }

  /** What can be chosen from. What cannot be read is not offered; the rest can be kept all the same. */
  private async read_choices(): Promise<void> {
    const [tools, conversations] = await Promise.allSettled([
      this.client.get<{ items: Tool[] }>("/api/tools"),
      this.client.get<{ items: Conversation[] }>("/api/conversations?limit=100"),
    ]);
    if (tools.status === "fulfilled") this.tools.value = tools.value.items;
    if (conversations.status === "fulfilled") this.conversations.value = conversations.value.items;
  }

  private open(key: string, before: Automation | null, draft: Draft): void {
    void this.read_choices();
    if (this.key === key) return;
    this.key = key;
    this.before.value = before;
    this.draft.value = draft;
    this.error.value = null;
    this.tried.value = false;
    this.preview.value = { at: "asking", before: null };
    void this.ask();
  }

  private ask_soon(): void {
    const now = this.preview.value;
    if (now.at !== "asking") this.preview.value = { at: "asking", before: now.at === "good" ? now.preview : null };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), kTypingPauseMs) as unknown as number;
  }

  private async ask(): Promise<void> {
    const asked = ++this.asked;
    const rule = rule_of(this.draft.value);
    const answer = await this.client
      .post<RulePreview>("/api/automations/preview", rule)
      .then(judged, (cause): Preview => ({ at: "wrong", error: as_error(cause) }));
    if (asked === this.asked) this.preview.value = answer;
  }
}

/** A rule that never comes is none that can be kept. */
function judged(preview: RulePreview): Preview {
  if (preview.rule === "" || preview.next.length > 0) return { at: "good", preview };
  const message = "This rule never comes again.";
  return {
    at: "wrong",
    error: new ApiError({ code: "invalid", message, try: "Look at its end, and at its start." }, 0),
  };
}
