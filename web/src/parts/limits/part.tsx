// What bounds a run, a command and a day: each with its bounds and what it protects.
import { signal } from "@preact/signals";
import { Attempts } from "../../api/attempts";
import type { Client } from "../../api/client";
import type { Limit, LimitList } from "../../api/types";
import { Button } from "../../ui/button";
import { ErrorNote } from "../../ui/note";
import type { Part } from "../../ui/part";

class Limits extends Attempts {
  readonly list = signal<Limit[] | null>(null);
  private readonly client: Client;

  constructor(client: Client) {
    super();
    this.client = client;
  }

  async load(): Promise<void> {
    await this.attempt(this.read);
  }

  /** As people write it: "4 GB"; null: what is usual. */
  async set(limit: Limit, value: string | null): Promise<void> {
    await this.attempt(() => this.client.put(`/api/limits/${limit.name}`, { json: { value } }), this.read);
  }

  private readonly read = async () => {
    this.list.value = (await this.client.get<LimitList>("/api/limits")).items;
  };
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

function Row({ of: limit, limits }: { of: Limit; limits: Limits }) {
  const id = `limit-${limit.name}`;
  return (
    <div class="limit">
      <label for={id}>{limit.name.replaceAll("_", " ")}</label>
      <span class="choices">
        <input
          id={id}
          class="field"
          placeholder={limit.default_text}
          value={limit.chosen ? limit.text : ""}
          onChange={(event) => void limits.set(limit, event.currentTarget.value.trim() || null)}
        />
        {limit.chosen && (
          <Button small onClick={() => limits.set(limit, null)}>
            Usual<span class="unseen"> value of {limit.name.replaceAll("_", " ")}</span>
          </Button>
        )}
      </span>
      <p class="faint">
        {limit.protects} {limit.bounds}; usual is {limit.default_text}.
      </p>
    </div>
  );
}
