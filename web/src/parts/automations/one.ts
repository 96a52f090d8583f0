// One automation: when it comes next, and what came of its times, read page by page.
import { signal } from "@preact/signals";
import type { Changes } from "../../api/changes";
import { type ApiError, as_error, type Client, with_query } from "../../api/client";
import type { Automation, Occurrence } from "../../api/types";
import { Again } from "./again";
import { as_told } from "./words";

const kPageSize = 50;

export interface Shown {
  automation: Automation;
  next: string[];
  lateness_p95_ms: number | null;
}

interface Page {
  items: Occurrence[];
  next: string | null;
}

export class One {
  readonly id = signal<string | null>(null);
  readonly shown = signal<Shown | null>(null);
  readonly history = signal<Occurrence[] | null>(null);
  /** Where the older ones go on; null: there are none. */
  readonly older = signal<string | null>(null);
  readonly reading = signal(false);
  readonly error = signal<ApiError | null>(null);
  readonly gone = signal(false);
  private readonly client: Client;
  private readonly again = new Again(() => this.read());

  constructor(client: Client, changes: Changes) {
    this.client = client;
    changes.hear("automation", ({ automation }) => {
      const shown = this.shown.value;
      if (!shown || shown.automation.id !== automation.id) return;
      this.shown.value = { ...shown, automation: as_told(automation, shown.automation) };
      this.again.soon();
    });
    changes.hear("gone", ({ what, id }) => {
      if (what === "automation" && id === this.shown.value?.automation.id) this.gone.value = true;
    });
  }

  async open(id: string): Promise<void> {
    if (this.id.value !== id) {
      this.shown.value = null;
      this.history.value = null;
      this.older.value = null;
    }
    this.id.value = id;
    this.gone.value = false;
    await this.read();
  }

  async read(): Promise<void> {
    const id = this.id.value;
    if (id === null) return;
    try {
      const path = `/api/automations/${encodeURIComponent(id)}`;
      const [shown, page] = await Promise.all([this.client.get<Shown>(path), this.page(id)]);
      if (this.id.value !== id) return;
      this.shown.value = shown;
      this.take(page);
      this.error.value = null;
    } catch (cause) {
      if (this.id.value === id) this.error.value = as_error(cause);
    }
  }

  async read_older(): Promise<void> {
    const id = this.id.value;
    const after = this.older.value;
    if (id === null || after === null || this.reading.value) return;
    this.reading.value = true;
    try {
      const page = await this.page(id, after);
      if (this.id.value === id) {
        this.history.value = joined(this.history.value ?? [], page.items);
        this.older.value = page.next;
      }
    } catch (cause) {
      this.error.value = as_error(cause);
    }
    this.reading.value = false;
  }

  /** The newest page once more; the older ones that were read stay. */
  private take(page: Page): void {
    const known = this.history.value;
    const is_joined = known?.some(({ at }) => page.items.some((item) => item.at === at)) ?? false;
    this.history.value = is_joined ? joined(page.items, known ?? []) : page.items;
    if (!is_joined || page.next === null) this.older.value = page.next;
  }

  private page(id: string, after?: string): Promise<Page> {
    const path = `/api/automations/${encodeURIComponent(id)}/history`;
    return this.client.get<Page>(with_query(path, { limit: kPageSize, after }));
  }
}

/** Each time once, as `fresh` has it; the newest first. */
export function joined(fresh: Occurrence[], others: Occurrence[]): Occurrence[] {
  const known = new Set(fresh.map(({ at }) => at));
  return [...fresh, ...others.filter(({ at }) => !known.has(at))].toSorted(
    (a, b) => Date.parse(b.at) - Date.parse(a.at),
  );
}
