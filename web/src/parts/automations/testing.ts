// What the tests of this part begin with.
import type { Changes } from "../../api/changes";
import type { Automation, CalendarItem, Occurrence } from "../../api/types";

export function automation(more: Partial<Automation> = {}): Automation {
  return {
    ...{ id: "a", name: "notes", every: "every day at 7", rule: "FREQ=DAILY", zone: "Europe/Berlin" },
    ...{ start: "2026-03-01T07:00:00", gap: "shift", prompt: "Say one.", model: "", tools: "all", egress: "off" },
    ...{ conversation_id: null, catch_up: "latest", catch_up_ms: 0, overlap: "skip", jitter_ms: 0, run_ms_most: 0 },
    ...{ tokens_a_day: 0, next_at: "2026-03-02T06:00:00.000Z", failures: 0, held_until_at: null, paused_at: null },
    ...{
      paused_reason: "",
      problem: "",
      created_at: "2026-03-01T00:00:00.000Z",
      updated_at: "2026-03-01T00:00:00.000Z",
    },
    ...{ deliver: [], on_hook: false, hook_link: null, on_file: "", on_automation: null, on_outcome: "any" },
    ...more,
  };
}

export function occurrence(at: string, more: Partial<Occurrence> = {}): Occurrence {
  return {
    ...{ automation_id: "a", at, cause: "time", cause_detail: "", state: "succeeded", reason: "", late_ms: 0 },
    ...{ job_id: null, run_id: null, conversation_id: null, tokens: 0, created_at: at, finished_at: at },
    ...{ input: "", undelivered: "" },
    ...more,
  };
}

export function item(name: string, at: string, state: CalendarItem["state"] = "planned"): CalendarItem {
  return { automation_id: name, name, at, state, reason: "", run_id: null, conversation_id: null, late_ms: 0 };
}

type Hearer = (data: never) => void;

/** Changes that a test tells. */
export class Told {
  private readonly hearers: [string, Hearer][] = [];
  readonly changes = {
    hear: (kind: string, act: Hearer) => void this.hearers.push([kind, act]),
  } as unknown as Changes;

  tell(kind: string, data: object): void {
    for (const [heard, act] of this.hearers) if (heard === kind) act(data as never);
  }
}
