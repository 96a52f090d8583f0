import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Client } from "../../api/client";
import { Calendar } from "./calendar";
import { automation, item, Told } from "./testing";

const kLongMs = 10_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function stage() {
  const asked: URLSearchParams[] = [];
  let in_sight = true;
  const get = async (path: string) => {
    asked.push(new URL(path, "http://localhost").searchParams);
    return { items: [item("notes", new Date(2026, 2, 18, 8).toISOString())], is_cut: false };
  };
  const told = new Told();
  const calendar = new Calendar({ get } as unknown as Client, told.changes, () => in_sight);
  const look_away = () => {
    in_sight = false;
  };
  return { asked, calendar, told, look_away };
}

test("exactly the days on the screen are asked for, to the second", async () => {
  const { asked, calendar } = stage();
  await calendar.open("day", "2026-03-18");
  const [from, until] = [asked[0]?.get("from") ?? "", asked[0]?.get("until") ?? ""];
  expect(Date.parse(from)).toBe(new Date(2026, 2, 18).getTime());
  expect(Date.parse(until)).toBe(new Date(2026, 2, 19).getTime());
  expect(from).toMatch(/T\d\d:\d\d:\d\dZ$/);
  expect(calendar.days.value.get("2026-03-18")?.length).toBe(1);
});

test("one steps by what is shown", async () => {
  const { calendar } = stage();
  await calendar.open("month", "2026-01-31");
  expect(calendar.stepped(1)).toBe("2026-02-28");
  await calendar.open("week", "2026-01-31");
  expect(calendar.stepped(1)).toBe("2026-02-07");
  await calendar.open("day", "2026-01-31");
  expect(calendar.stepped(-1)).toBe("2026-01-30");
});

test("what changes is read again, once for many, and only while one looks", async () => {
  const { asked, calendar, told, look_away } = stage();
  await calendar.open("month", "2026-03-18");
  for (let times = 0; times < 5; times += 1) told.tell("automation", { automation: automation() });
  told.tell("gone", { what: "automation", id: "a" });
  await vi.advanceTimersByTimeAsync(kLongMs);
  expect(asked.length).toBe(2);
  look_away();
  told.tell("automation", { automation: automation() });
  await vi.advanceTimersByTimeAsync(kLongMs);
  expect(asked.length).toBe(2);
});
