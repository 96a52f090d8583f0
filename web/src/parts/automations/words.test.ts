import { expect, test } from "vitest";
import { automation } from "./testing";
import { day_words, until_words } from "./times";
import { address_of, type Where, where_of } from "./where";
import { state_of, triggers_of } from "./words";

const now = new Date(2026, 2, 18, 12).getTime();
const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).toISOString();

test("how an automation stands is said, with why", () => {
  const words = (more: Parameters<typeof automation>[0]) => state_of(automation(more), now).words;
  expect(words({})).toBe("On");
  expect(words({ paused_at: "x", paused_reason: "paused by you" })).toBe("Paused by you");
  expect(words({ paused_at: "x", paused_reason: "paused: it failed 10 times" })).toBe("Paused: it failed 10 times");
  const held = { failures: 3, held_until_at: at(2026, 2, 18, 12, 5) };
  expect(words(held)).toBe("Failed 3 times in a row: held back until 12:05");
  expect(words({ failures: 1, held_until_at: at(2026, 2, 18, 11) })).toBe("Failed once");
  expect(words({ next_at: null })).toBe("Comes no more");
  expect(words({ next_at: null, every: "" })).toBe("Runs when you say so");
  expect(words({ next_at: null, every: "", on_hook: true })).toBe("On");
});

test("what starts it besides time is named", () => {
  const one = automation({ on_hook: true, on_file: "in/*", on_automation: "b", on_outcome: "failed" });
  const named = triggers_of(one, (id) => `<${id}>`);
  expect(named).toEqual(["when its link is called", "when in/* changes", "after <b> has failed"]);
});

test("times are said from now", () => {
  expect(until_words(at(2026, 2, 18, 11), now)).toBe("now");
  expect(until_words(at(2026, 2, 18, 12, 12), now)).toBe("in 12 min");
  expect(until_words(at(2026, 2, 18, 17), now)).toBe("in 5 h");
  expect(until_words(at(2026, 2, 21, 12), now)).toBe("in 3 days");
  expect(day_words(at(2026, 2, 19, 8), now)).toBe("tomorrow 08:00");
  expect(day_words(at(2026, 2, 20, 8), now)).toBe("Fri 08:00");
  expect(day_words(at(2026, 3, 20, 8), now)).toBe("20 Apr 08:00");
  expect(day_words(at(2027, 3, 20, 8), now)).toBe("20 Apr 2027 08:00");
});

test("each address leads to where it was made for, and one that is none to what is near", () => {
  const places: Where[] = [
    { at: "list" },
    { at: "calendar", span: "week", day: "2026-03-18" },
    { at: "jobs" },
    { at: "new", example: 2 },
    { at: "one", id: "01J9Z" },
    { at: "edit", id: "a b" },
  ];
  const read = (path: string) => where_of(new URL(path, "http://localhost"));
  for (const place of places) expect(read(address_of(place))).toEqual(place);
  expect(read("/automations/calendar?day=2026-13-45&span=year")).toEqual({ at: "calendar", span: "month", day: null });
});
