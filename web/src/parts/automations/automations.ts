// The automations of a person, and what is done with them.
import { signal } from "@preact/signals";
import { Attempts } from "../../api/attempts";
import type { Changes } from "../../api/changes";
import type { Client } from "../../api/client";
import type { Automation, Occurrence } from "../../api/types";
import { announce } from "../../ui/announce";
import { as_told } from "./words";

interface History {
  items: Occurrence[];
}

export class Automations extends Attempts {
  readonly list = signal<Automation[] | null>(null);
  /** By automation: the newest of its times; null: there was none. */
  readonly last = signal<Record<string, Occurrence | null>>({});
  readonly removing = signal<Automation | null>(null);
  /** The one with which something is being done. */
  readonly busy = signal<string | null>(null);
  private readonly client: Client;

  constructor(client: Client, changes: Changes) {
    super();
    this.client = client;
    changes.hear("automation", ({ automation }) => {
      this.learn(as_told(automation, this.find(automation.id)));
      if (automation.id in this.last.value) void this.read_last(automation.id).catch(() => {});
    });
    changes.hear("gone", ({ what, id }) => {
      if (what === "automation") this.list.value = this.list.value?.filter((one) => one.id !== id) ?? null;
    });
  }

  find(id: string): Automation | undefined {
    return this.list.value?.find((one) => one.id === id);
  }

  /** For a person; the id of one that is gone. */
  readonly name_of = (id: string): string => this.find(id)?.name ?? id;

  /** `lasts`: and what became of their newest times. */
  async load(lasts: boolean): Promise<void> {
    await this.attempt(async () => {
      const { items } = await this.client.get<{ items: Automation[] }>("/api/automations");
      this.list.value = items.toSorted(by_name);
      if (lasts) await Promise.all(items.map(({ id }) => this.read_last(id)));
    });
  }

  /** Gives back what began. */
  async run(automation: Automation): Promise<Occurrence | null> {
    let begun: Occurrence | null = null;
    await this.work(automation, async () => {
      begun = await this.client.post<Occurrence>(`/api/automations/${automation.id}/run`);
      announce(`${automation.name} runs.`);
    });
    return begun;
  }

  async pause(automation: Automation, paused: boolean): Promise<void> {
    await this.work(automation, async () => {
      const verb = paused ? "pause" : "resume";
      this.learn(await this.client.post<Automation>(`/api/automations/${automation.id}/${verb}`));
      announce(`${automation.name} is ${paused ? "paused" : "on"}.`);
    });
  }

  /** Throws what the server says, for who asked. */
  async remove(automation: Automation): Promise<void> {
    await this.client.remove(`/api/automations/${automation.id}`);
    this.list.value = this.list.value?.filter((one) => one.id !== automation.id) ?? null;
    announce(`${automation.name} was removed.`);
  }

  learn(automation: Automation): void {
    const others = (this.list.value ?? []).filter((one) => one.id !== automation.id);
    if (this.list.value) this.list.value = [...others, automation].toSorted(by_name);
  }

  private async work(automation: Automation, act: () => Promise<void>): Promise<void> {
    this.busy.value = automation.id;
    await this.attempt(act);
    this.busy.value = null;
  }

  private async read_last(id: string): Promise<void> {
    const { items } = await this.client.get<History>(`/api/automations/${id}/history?limit=1`);
    this.last.value = { ...this.last.value, [id]: items[0] ?? null };
  }
}

function by_name(a: Automation, b: Automation): number {
  return a.name.localeCompare(b.name, undefined, { numeric: true });
}
