// An automation as it stands in the editor, and what is sent of it.

import type { Automation, AutomationChange, Destination } from "../../api/types";
import { span_of, span_words } from "./durations";
import { own_zone } from "./times";

/** Spans and counts are texts, as they are typed. */
export interface Draft {
  name: string;
  prompt: string;
  every: string;
  zone: string;
  start: string;
  gap: Automation["gap"];
  on_hook: boolean;
  on_file: string;
  on_automation: string | null;
  on_outcome: Automation["on_outcome"];
  deliver: Destination[];
  conversation_id: string | null;
  model: string;
  tools: "all" | string[];
  egress: string;
  catch_up: Automation["catch_up"];
  catch_up_within: string;
  overlap: Automation["overlap"];
  jitter: string;
  run_most: string;
  tokens_a_day: string;
}

export type Wrong = Partial<Record<keyof Draft, string>>;

export interface Example {
  title: string;
  draft: Pick<Draft, "name" | "prompt" | "every">;
}

export const kExamples: Example[] = [
  {
    title: "A summary of my notes each weekday at 8",
    draft: {
      name: "Morning notes",
      every: "every weekday at 8",
      prompt: "Read notes.md and write what is open today into today.md, the most urgent first.",
    },
  },
  {
    title: "Tidy the workspace on Sundays",
    draft: {
      name: "Tidy up",
      every: "sundays at 18:00",
      prompt: "Look through the workspace and list files that look like leftovers in tidy.md. Delete nothing.",
    },
  },
  {
    title: "Look at a log file every 30 minutes",
    draft: {
      name: "Watch the log",
      every: "every 30m",
      prompt:
        "Read the end of app.log. If there are new errors, say which and since when; otherwise say that all is well.",
    },
  },
];

export function new_draft(example?: Example): Draft {
  return {
    name: "",
    prompt: "",
    every: "",
    zone: own_zone(),
    start: "",
    gap: "shift",
    on_hook: false,
    on_file: "",
    on_automation: null,
    on_outcome: "any",
    deliver: [],
    conversation_id: null,
    model: "",
    tools: "all",
    egress: "off",
    catch_up: "latest",
    catch_up_within: "",
    overlap: "skip",
    jitter: "",
    run_most: "",
    tokens_a_day: "",
    ...example?.draft,
  };
}

export function draft_of(automation: Automation): Draft {
  const { name, prompt, every, zone, start, gap, conversation_id, model, tools, egress, catch_up, overlap } =
    automation;
  const { on_hook, on_file, on_automation, on_outcome, deliver } = automation;
  return {
    ...{ name, prompt, every, zone, start, gap, conversation_id, model, tools, egress, catch_up, overlap },
    ...{ on_hook, on_file, on_automation, on_outcome, deliver },
    catch_up_within: span_words(automation.catch_up_ms),
    jitter: span_words(automation.jitter_ms),
    run_most: span_words(automation.run_ms_most),
    tokens_a_day: automation.tokens_a_day > 0 ? String(automation.tokens_a_day) : "",
  };
}

/** Another rule: it begins now, unless a person said when. The rule of before brings its start back. */
export function with_every(draft: Draft, every: string, before: Automation | null): Draft {
  if (!before) return { ...draft, every };
  if (draft.every === before.every && draft.start === before.start) return { ...draft, every, start: "" };
  if (every === before.every && draft.start === "") return { ...draft, every, start: before.start };
  return { ...draft, every };
}

export function wrong_in(draft: Draft): Wrong {
  const wrong: Wrong = {};
  if (!draft.name.trim()) wrong.name = "It needs a name.";
  if (!draft.prompt.trim()) wrong.prompt = "Say what is to be done.";
  for (const field of ["catch_up_within", "jitter", "run_most"] as const) {
    if (span_of(draft[field]) === null) wrong[field] = "Write a time like 5m, 2 h or 1 day.";
  }
  if (!/^(\d*|\d{1,3}([ .,_]\d{3})+)$/.test(draft.tokens_a_day.trim())) wrong.tokens_a_day = "Write a number.";
  if (draft.deliver.some(({ to }) => !to.trim())) wrong.deliver = "Say where to, or take the line away.";
  return wrong;
}

/** What the server is asked; only of a draft in which nothing is wrong. */
export function change_of(draft: Draft): AutomationChange {
  const { gap, conversation_id, model, tools, catch_up, overlap, on_hook, on_automation, on_outcome } = draft;
  return {
    ...rule_of(draft),
    ...{ gap, conversation_id, model, tools, catch_up, overlap, on_hook, on_automation, on_outcome },
    name: draft.name.trim(),
    prompt: draft.prompt.trim(),
    egress: draft.egress.trim(),
    on_file: draft.on_file.trim(),
    deliver: draft.deliver.map(({ kind, to }) => ({ kind, to: to.trim() })),
    catch_up_ms: span_of(draft.catch_up_within) ?? 0,
    jitter_ms: span_of(draft.jitter) ?? 0,
    run_ms_most: span_of(draft.run_most) ?? 0,
    tokens_a_day: Number(draft.tokens_a_day.replaceAll(/\D/g, "")),
  };
}

export interface Rule {
  every: string;
  zone: string;
  start: string;
  gap: Automation["gap"];
}

export function rule_of({ every, zone, start, gap }: Draft): Rule {
  // A field for times leaves the seconds out where they are none.
  const whole = /T\d\d:\d\d$/.test(start) ? `${start}:00` : start;
  return { every: every.trim(), zone: zone.trim(), start: whole, gap };
}
