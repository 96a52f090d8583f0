// How automations and their times stand, in words and a picture each: never by colour alone.

import type { Automation, CalendarItem, Destination, Occurrence } from "../../api/types";
import type { IconName } from "../../ui/icon";
import { day_words } from "./times";

export interface State {
  look: "ok" | "bad" | "warn" | "busy" | "still";
  icon: IconName;
  words: string;
}

export const kStates: Record<CalendarItem["state"], State> = {
  planned: { look: "still", icon: "clock", words: "planned" },
  begun: { look: "busy", icon: "work", words: "runs" },
  succeeded: { look: "ok", icon: "check", words: "succeeded" },
  failed: { look: "bad", icon: "cross", words: "failed" },
  cancelled: { look: "still", icon: "stop", words: "stopped" },
  missed: { look: "warn", icon: "warn", words: "missed" },
  skipped: { look: "still", icon: "right", words: "skipped" },
};

export function state_of(automation: Automation, now: number): State {
  const { paused_at, paused_reason, held_until_at, failures } = automation;
  if (paused_at) {
    const by_itself = paused_reason.replace(/^paused: /, "");
    const why = by_itself === "paused by you" ? "Paused by you" : `Paused: ${by_itself}`;
    return { look: by_itself === "paused by you" ? "still" : "bad", icon: "pause", words: why };
  }
  if (automation.problem) return { look: "bad", icon: "warn", words: `Files are not watched: ${automation.problem}` };
  const times = failures === 1 ? "once" : `${failures} times in a row`;
  if (held_until_at && Date.parse(held_until_at) > now) {
    return { look: "warn", icon: "warn", words: `Failed ${times}: held back until ${day_words(held_until_at, now)}` };
  }
  if (failures > 0) return { look: "warn", icon: "warn", words: `Failed ${times}` };
  if (automation.next_at === null && !waits_for_something(automation)) {
    return { look: "still", icon: "info", words: automation.every ? "Comes no more" : "Runs when you say so" };
  }
  return { look: "ok", icon: "check", words: "On" };
}

/** What starts it besides time. */
export function triggers_of(automation: Automation, name_of: (id: string) => string): string[] {
  const { on_hook, on_file, on_automation, on_outcome } = automation;
  const words: string[] = [];
  if (on_hook) words.push("when its link is called");
  if (on_file) words.push(`when ${on_file} changes`);
  if (on_automation) {
    const how = { any: "ended", succeeded: "succeeded", failed: "failed" }[on_outcome];
    words.push(`after ${name_of(on_automation)} has ${how}`);
  }
  return words;
}

export const kDeliveries: Record<Destination["kind"], { words: string; placeholder: string }> = {
  web_hook: { words: "Web hook", placeholder: "https://example.org/hook" },
  ntfy: { words: "ntfy", placeholder: "https://ntfy.sh/my-topic" },
  email: { words: "E-mail", placeholder: "me@example.org" },
};

/** Its link, as it is from here: the server may stand behind another address, too. */
export function hook_address({ hook_link }: Pick<Automation, "hook_link">): string | null {
  return hook_link ? location.origin + new URL(hook_link, location.origin).pathname : null;
}

/** As a change tells it. No change tells the link, so the one that is known stays. */
export function as_told(told: Automation, known: Automation | undefined): Automation {
  return told.on_hook && !told.hook_link ? { ...told, hook_link: known?.hook_link ?? null } : told;
}

export function cause_words({ cause, cause_detail }: Pick<Occurrence, "cause" | "cause_detail">): string {
  const words = {
    time: "",
    person: "started by hand",
    hook: "its link was called",
    file: "a file changed",
    automation: "after another automation",
  }[cause];
  return cause_detail ? `${words || "by time"}: ${cause_detail}` : words;
}

function waits_for_something(automation: Automation): boolean {
  return Boolean(automation.on_hook || automation.on_file || automation.on_automation);
}
