// What bounds a run, a command and a day: each with its bounds and what it protects.
import { signal } from "@preact/signals";
import type { Client } from "../../api/client";
import { type ApiError, as_error } from "../../api/client";
import type { Limit, LimitList } from "../../api/types";
import { Button } from "../../ui/button";
import { bytes } from "../../ui/format";
import { ErrorNote } from "../../ui/note";
import type { Part } from "../../ui/part";

class Limits {
  readonly list = signal<Limit[] | null>(null);
  readonly error = signal<ApiError | null>(null);
  private readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  async load(): Promise<void> {
    await this.attempt(async () => {
      this.list.value = (await this.client.get<LimitList>("/api/limits")).items;
    });
  }

  /** null: what is usual. */
  async set(limit: Limit, value: number | null): Promise<void> {
    await this.attempt(() => this.client.put(`/api/limits/${limit.name}`, { json: { value } }));
    const refused = this.error.value;
    await this.load();
    this.error.value ??= refused;
  }

  private async attempt(work: () => Promise<unknown>): Promise<void> {
    this.error.value = null;
    try {
      await work();
    } catch (cause) {
      this.error.value = as_error(cause);
    }
  }
}

export function limits_part(client: Client): Part {
  const limits = new Limits(client);
  return {
    name: "Limits",
    settings: [
      {
        id: "limits",
        title: "Limits",
        about: "They hold for what begins after the change.",
        show: () => void limits.load(),
        view: () => <LimitsView limits={limits} />,
      },
    ],
  };
}

function LimitsView({ limits }: { limits: Limits }) {
  const list = limits.list.value;
  return (
    <>
      {limits.error.value && <ErrorNote error={limits.error.value} />}
      {list === null && !limits.error.value && <p class="faint">Reading limits…</p>}
      {list?.map((limit) => (
        <Row key={`${limit.name} ${limit.value}`} of={limit} limits={limits} />
      ))}
    </>
  );
}

function shown(value: number, unit: string): string {
  return unit === "bytes" ? bytes(value) : `${value.toLocaleString()} ${unit === "count" ? "" : unit}`.trim();
}

function Row({ of: limit, limits }: { of: Limit; limits: Limits }) {
  const id = `limit-${limit.name}`;
  return (
    <div class="limit">
      <label for={id}>{limit.name.replaceAll("_", " ")}</label>
      <span class="choices">
        <input
          id={id}
          class="field"
          type="number"
          min={limit.least}
          max={limit.most}
          value={limit.value}
          onChange={(event) => {
            const value = event.currentTarget.valueAsNumber;
            if (Number.isInteger(value)) void limits.set(limit, value);
          }}
        />
        {limit.chosen && (
          <Button small onClick={() => limits.set(limit, null)}>
            Usual<span class="unseen"> value of {limit.name.replaceAll("_", " ")}</span>
          </Button>
        )}
      </span>
      <p class="faint">
        {limit.text}. {limit.protects} From {shown(limit.least, limit.unit)} to {shown(limit.most, limit.unit)}; usual
        is {shown(limit.default, limit.unit)}.
      </p>
    </div>
  );
}
