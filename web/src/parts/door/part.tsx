// Whom this computer may reach beyond public addresses, and what went out.
import { signal } from "@preact/signals";
import { Attempts } from "../../api/attempts";
import type { Client } from "../../api/client";
import { with_query } from "../../api/client";
import type { DoorRule, DoorRuleList, EgressLog, EgressRow } from "../../api/types";
import { Button } from "../../ui/button";
import { bytes, when, when_exactly } from "../../ui/format";
import { ErrorNote } from "../../ui/note";
import type { Part } from "../../ui/part";

const kShownMax = 100;

class Door extends Attempts {
  readonly rules = signal<DoorRule[] | null>(null);
  readonly log = signal<EgressRow[] | null>(null);
  private readonly client: Client;

  constructor(client: Client) {
    super();
    this.client = client;
  }

  async load(): Promise<void> {
    await this.attempt(this.read);
  }

  async load_log(): Promise<void> {
    await this.attempt(async () => {
      this.log.value = (await this.client.get<EgressLog>("/api/door/log")).items;
    });
  }

  async allow(host: string, is_private: boolean): Promise<boolean> {
    return await this.attempt(() => this.client.post("/api/door/rules", { host, private: is_private }), this.read);
  }

  async revoke(rule: DoorRule): Promise<void> {
    await this.attempt(() => this.client.remove(with_query("/api/door/rules", { host: rule.rule })), this.read);
  }

  private readonly read = async () => {
    this.rules.value = (await this.client.get<DoorRuleList>("/api/door/rules")).items;
  };
}

export function door_part(client: Client): Part {
  const door = new Door(client);
  return {
    name: "Door",
    settings: [
      {
        id: "door",
        title: "Door",
        about:
          "Public addresses are reached by themselves. What you allow here is reached, too: another port, a private address.",
        show: () => void door.load(),
        view: () => <DoorView door={door} />,
      },
    ],
  };
}

function DoorView({ door }: { door: Door }) {
  return (
    <>
      {door.error.value && <ErrorNote error={door.error.value} />}
      {door.rules.value?.length === 0 && <p class="faint">No rules.</p>}
      {door.rules.value?.map((rule) => (
        <div key={rule.rule} class="rule">
          <span class="rule-tool">
            {rule.rule}
            {rule.private && <span class="faint">, also where it is private</span>}
          </span>
          <Button small onClick={() => door.revoke(rule)}>
            Take back<span class="unseen"> {rule.rule}</span>
          </Button>
        </div>
      ))}
      <NewRule door={door} />
      <details class="fold" onToggle={(event) => event.currentTarget.open && void door.load_log()}>
        <summary>What went out</summary>
        {door.log.value?.length === 0 && <p class="faint">Nothing went out.</p>}
        {door.log.value?.slice(0, kShownMax).map((row) => (
          <Row key={row.id} of={row} />
        ))}
      </details>
    </>
  );
}

function NewRule({ door }: { door: Door }) {
  async function allow(event: SubmitEvent) {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    if (await door.allow(String(data.get("host")), data.has("private"))) form.reset();
  }
  return (
    <form class="rule" onSubmit={allow}>
      <input class="field rule-tool" name="host" required placeholder="HOST or HOST:PORT" aria-label="Host to allow" />
      <label>
        <input type="checkbox" name="private" /> also where it is private
      </label>
      <Button type="submit">Allow</Button>
    </form>
  );
}

function Row({ of: row }: { of: EgressRow }) {
  return (
    <p class="answered">
      <time dateTime={row.at} title={when_exactly(row.at)} class="faint">
        {when(row.at)}
      </time>{" "}
      {row.port === 0 ? row.host : `${row.host}:${row.port}`}{" "}
      <span class="faint">
        {row.purpose}, {row.verdict}
        {row.reason && `: ${row.reason}`}
        {row.received_bytes !== null && row.received_bytes > 0 && ` · ${bytes(row.received_bytes)} came back`}
        {row.failure && ` · ${row.failure}`}
      </span>
    </p>
  );
}
