// What a person is asked, and the answers; the rules about who is asked.
import { computed, signal } from "@preact/signals";
import { Attempts } from "../../api/attempts";
import type { Changes } from "../../api/changes";
import { type ApiError, as_error, type Client } from "../../api/client";
import type { Approval, ApprovalList, Policy, PolicyList, PolicyVerdict } from "../../api/types";

/** How a person answers. */
export type Answer = { allow: true; always: boolean } | { allow: false; note: string };

export class Approvals extends Attempts {
  readonly all = signal<Approval[] | null>(null);
  readonly rules = signal<Policy[] | null>(null);
  /** By question: why its answer was not taken. */
  readonly refused = signal<Record<string, ApiError>>({});
  readonly answering = signal<string | null>(null);
  /** The oldest first: it has waited longest. */
  readonly asked = computed(() => (this.all.value ?? []).filter(({ state }) => state === "asked").toReversed());
  private readonly client: Client;

  constructor(client: Client, changes: Changes) {
    super();
    this.client = client;
    changes.hear("approval", ({ approval }) => this.learn(approval));
    changes.hear("gone", ({ what, id }) => {
      if (what === "approval") this.all.value = (this.all.value ?? []).filter((one) => one.id !== id);
    });
  }

  async load(): Promise<void> {
    await this.attempt(async () => {
      // What waits may be older than all that a page of the answered ones holds.
      const [asked, newest] = await Promise.all([
        this.client.get<ApprovalList>("/api/approvals?approval_state=asked"),
        this.client.get<ApprovalList>("/api/approvals"),
      ]);
      const answered = newest.items.filter(({ state }) => state !== "asked");
      this.all.value = [...asked.items, ...answered].toSorted((a, b) => (a.id < b.id ? 1 : -1));
    });
  }

  async load_rules(): Promise<void> {
    await this.attempt(this.read_rules);
  }

  about(tool_call_id: string): Approval | undefined {
    return this.asked.value.find((one) => one.tool_call_id === tool_call_id);
  }

  async answer(approval: Approval, answer: Answer): Promise<void> {
    this.answering.value = approval.id;
    const { [approval.id]: _, ...others } = this.refused.value;
    this.refused.value = others;
    const path = `/api/approvals/${approval.id}/${answer.allow ? "allow" : "refuse"}`;
    const more = answer.allow ? { always: answer.always } : { note: answer.note };
    try {
      this.learn(await this.client.post<Approval>(path, { hash: approval.hash, ...more }));
    } catch (cause) {
      this.refused.value = { ...this.refused.value, [approval.id]: as_error(cause) };
      await this.load();
    }
    this.answering.value = null;
  }

  async set(rule: Policy, verdict: PolicyVerdict): Promise<void> {
    const of = { ...(rule.bound ? { bound: rule.bound } : {}), ...(rule.token_id ? { token_id: rule.token_id } : {}) };
    await this.attempt(
      () => this.client.put("/api/policies", { json: { tool: rule.tool, verdict, ...of } }),
      this.read_rules,
    );
  }

  async forget(rule: Policy): Promise<void> {
    await this.attempt(() => this.client.remove(`/api/policies/${rule.id}`), this.read_rules);
  }

  private learn(approval: Approval): void {
    const others = (this.all.value ?? []).filter((one) => one.id !== approval.id);
    // Ids sort by time; the newest first.
    this.all.value = [...others, approval].toSorted((a, b) => (a.id < b.id ? 1 : -1));
  }

  private readonly read_rules = async () => {
    this.rules.value = (await this.client.get<PolicyList>("/api/policies")).items;
  };
}
