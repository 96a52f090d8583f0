import { expect, test } from "vitest";
import { change_of, draft_of, kExamples, new_draft, rule_of, with_every, wrong_in } from "./draft";
import { automation } from "./testing";

const kMinuteMs = 60_000;

test("what was opened and not changed is sent as it was", () => {
  const before = automation({
    ...{ catch_up_ms: 90 * kMinuteMs, jitter_ms: 1500, run_ms_most: 5 * kMinuteMs, tokens_a_day: 50_000 },
    ...{
      tools: ["shell"],
      deliver: [{ kind: "email", to: "me@example.org" }],
      on_automation: "b",
      on_outcome: "failed",
    },
  });
  const sent = change_of(draft_of(before));
  for (const [field, value] of Object.entries(sent))
    expect([field, value]).toEqual([field, Reflect.get(before, field)]);
  expect(Object.keys(sent).length).toBe(21);
});

test("what is typed is sent as the server counts", () => {
  const draft = { ...new_draft(), name: " n ", prompt: "p ", jitter: "5m", run_most: "1 h", tokens_a_day: "50,000" };
  const sent = change_of({ ...draft, start: "2026-03-01T09:00", deliver: [{ kind: "ntfy", to: " topic " }] });
  expect(sent).toMatchObject({ name: "n", prompt: "p", jitter_ms: 5 * kMinuteMs, run_ms_most: 60 * kMinuteMs });
  expect(sent).toMatchObject({ tokens_a_day: 50_000, start: "2026-03-01T09:00:00", conversation_id: null });
  expect(sent.deliver).toEqual([{ kind: "ntfy", to: "topic" }]);
});

test("what is wrong is said of its field", () => {
  const draft = { ...new_draft(), jitter: "soon", tokens_a_day: "1.5", deliver: [{ kind: "email" as const, to: " " }] };
  expect(Object.keys(wrong_in(draft)).toSorted()).toEqual(["deliver", "jitter", "name", "prompt", "tokens_a_day"]);
  for (const example of kExamples) expect(wrong_in(new_draft(example))).toEqual({});
});

test("another rule begins now, the rule of before when it did, and a start that a person typed stays", () => {
  const before = automation();
  const opened = draft_of(before);
  const changed = with_every(opened, "every day at 8", before);
  expect(rule_of(changed)).toMatchObject({ every: "every day at 8", start: "" });
  expect(with_every(changed, before.every, before).start).toBe(before.start);
  const typed = with_every({ ...changed, start: "2027-01-01T08:00" }, "every day at 9", before);
  expect(typed.start).toBe("2027-01-01T08:00");
  expect(with_every(new_draft(), "every 5m", null).start).toBe("");
});
