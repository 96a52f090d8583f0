// The jobs and queues of this computer: what waits and why, what runs, what became of the rest.
import { signal } from "@preact/signals";
import { Attempts } from "../../api/attempts";
import type { Changes } from "../../api/changes";
import { as_error, type Client, with_query } from "../../api/client";
import type { Job, JobPage, JobState, JobWhy, Queue, QueueList, Run } from "../../api/types";
import { announce } from "../../ui/announce";
import { Again } from "./again";

const kPageSize = 50;
const kRunsQueue = "runs";
const kAutomationsQueue = "automations";

export interface Filter {
  state: JobState | "";
  queue: string;
}

export class Jobs extends Attempts {
  readonly filter = signal<Filter>({ state: "", queue: "" });
  readonly list = signal<Job[] | null>(null);
  readonly older = signal<string | null>(null);
  readonly queues = signal<Queue[] | null>(null);
  /** By job: why it stands as it does, once that was asked. */
  readonly whys = signal<Record<string, JobWhy | string>>({});
  /** By job that is a run: its conversation, once why was asked. */
  readonly conversations = signal<Record<string, string>>({});
  private readonly client: Client;
  private asked = 0;

  /** `in_sight`: whether anybody looks at them. */
  constructor(client: Client, changes: Changes, in_sight: () => boolean) {
    super();
    this.client = client;
    const again = new Again(() => this.load());
    const read_again = () => in_sight() && again.soon();
    changes.hear("job", read_again);
    // A run is a job, of which only the run is told; and that a time of an automation waits, its automation tells.
    changes.hear("run", read_again);
    changes.hear("automation", read_again);
    changes.hear("gone", ({ what }) => (what === "job" || what === "run") && read_again());
  }

  async load(): Promise<void> {
    await this.attempt(this.read_jobs, this.read_queues);
  }

  async choose(filter: Partial<Filter>): Promise<void> {
    this.filter.value = { ...this.filter.value, ...filter };
    this.list.value = null;
    await this.load();
  }

  async read_older(): Promise<void> {
    const after = this.older.value;
    const asked = this.asked;
    if (after === null) return;
    await this.attempt(async () => {
      const page = await this.page(after);
      if (asked !== this.asked) return;
      const known = this.list.value ?? [];
      this.list.value = joined(known, page.items);
      this.older.value = page.next;
    });
  }

  async ask_why(job: Job): Promise<void> {
    const answer = await this.client.get<JobWhy>(`/api/jobs/${job.id}/why`).catch((cause) => as_error(cause).message);
    this.whys.value = { ...this.whys.value, [job.id]: answer };
    if (job.queue !== kRunsQueue) return;
    const run = await this.client.get<Run>(`/api/runs/${job.id}`).catch(() => null);
    if (run) this.conversations.value = { ...this.conversations.value, [job.id]: run.conversation_id };
  }

  async cancel(job: Job): Promise<void> {
    await this.attempt(() => this.client.post(`/api/jobs/${job.id}/cancel`), this.read_jobs);
  }

  async retry(job: Job): Promise<void> {
    await this.attempt(() => this.client.post(`/api/jobs/${job.id}/retry`), this.read_jobs);
  }

  async pause(queue: Queue, paused: boolean): Promise<void> {
    await this.attempt(async () => {
      const path = `/api/queues/${encodeURIComponent(queue.name)}`;
      this.queues.value = (await this.client.patch<QueueList>(path, { paused })).items;
      announce(`${queue_words(queue.name)} ${paused ? "paused" : "on"}.`);
    });
  }

  private readonly read_jobs = async () => {
    const asked = ++this.asked;
    const page = await this.page();
    if (asked !== this.asked) return;
    const known = this.list.value;
    const is_joined = known?.some(({ id }) => page.items.some((job) => job.id === id)) ?? false;
    // Of a filter by state some may have left it: only what was read now is sure.
    const keeps = is_joined && this.filter.value.state === "";
    this.list.value = keeps ? joined(page.items, known ?? []) : page.items;
    if (!keeps || page.next === null) this.older.value = page.next;
  };

  private readonly read_queues = async () => {
    this.queues.value = (await this.client.get<QueueList>("/api/queues")).items;
  };

  private page(after?: string): Promise<JobPage> {
    const { state, queue } = this.filter.value;
    const wanted = { job_state: state || undefined, queue: queue || undefined };
    return this.client.get<JobPage>(with_query("/api/jobs", { limit: kPageSize, after, ...wanted }));
  }
}

/** Ended, in whatever way. */
export function is_over({ state }: Job): boolean {
  return state === "succeeded" || state === "failed" || state === "dead" || state === "cancelled";
}

export function can_retry({ state }: Job): boolean {
  return state === "failed" || state === "dead" || state === "cancelled";
}

/** Of a job that is a time of an automation: the automation's id. */
export function automation_of({ queue, unique_key }: Job): string | null {
  return queue === kAutomationsQueue ? (unique_key?.split(" ")[0] ?? null) : null;
}

export function queue_words(name: string): string {
  return name === "*" ? "All queues" : name;
}

/** Each once, as `fresh` has it; ids sort by time, the newest first. */
function joined(fresh: Job[], others: Job[]): Job[] {
  const known = new Set(fresh.map(({ id }) => id));
  return [...fresh, ...others.filter(({ id }) => !known.has(id))].toSorted((a, b) => (a.id < b.id ? 1 : -1));
}
