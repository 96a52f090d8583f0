import { expect, test } from "vitest";
import { by_day, by_hour, shown_of } from "./entries";
import { item } from "./testing";
import { rows_of } from "./week_rows";

const clock = (hour: number, minute = 0) => new Date(2026, 2, 18, hour, minute).toISOString();

test("what comes is found by its day, in the order of the day", () => {
  const tomorrow = new Date(2026, 2, 19, 6).toISOString();
  const days = by_day([item("b", clock(9)), item("c", tomorrow), item("a", clock(9)), item("d", clock(7))]);
  expect([...days.keys()]).toEqual(["2026-03-18", "2026-03-19"]);
  expect(days.get("2026-03-18")?.map(({ name }) => name)).toEqual(["d", "a", "b"]);
});

test("an automation that comes often is one line, and those that went otherwise another", () => {
  const often = Array.from({ length: 24 }, (_, hour) => item("log", clock(hour), hour < 20 ? "succeeded" : "failed"));
  const { lines, more } = shown_of([...often, item("notes", clock(8))], 4);
  expect(lines.map(({ first, count }) => [first.name, first.state, count])).toEqual([
    ["log", "succeeded", 20],
    ["notes", "planned", 1],
    ["log", "failed", 4],
  ]);
  expect(more).toBe(0);
});

test("what does not fit is counted, time by time", () => {
  const items = Array.from({ length: 15 }, (_, index) => item(`n${index}`, clock(index)));
  const { lines, more } = shown_of(items, 4);
  expect([lines.length, more]).toEqual([3, 12]);
  expect(shown_of(items.slice(0, 4), 4).more).toBe(0);
});

test("hours without anything are folded, those before and behind a full one apart", () => {
  const hours = by_hour([item("a", clock(8)), item("b", clock(8, 30)), item("c", clock(10))]);
  expect(hours.get(8)?.length).toBe(2);
  expect(rows_of([hours])).toEqual([
    { free: [0, 8] },
    { hour: 8 },
    { free: [9, 10] },
    { hour: 10 },
    { free: [11, 24] },
  ]);
});
