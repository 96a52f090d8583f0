import { afterAll, beforeAll, expect, test } from "vitest";
import { day_of, first_weekday, key_of, moved, moved_months, week_of, weeks_of_month } from "./days";

const kHourMs = 3_600_000;
const kMonday = 1;
const kSunday = 7;
const zone = process.env.TZ;

beforeAll(() => {
  process.env.TZ = "Europe/Berlin";
});

afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

function hours_of(key: string): number {
  const { begins, ends } = day_of(key);
  return (ends.getTime() - begins.getTime()) / kHourMs;
}

test("a month is whole weeks that hold each of its days once", () => {
  const weeks = weeks_of_month("2026-03-18", kMonday);
  expect(weeks.map((week) => week.length)).toEqual([7, 7, 7, 7, 7, 7]);
  expect(weeks[0]?.[0]?.key).toBe("2026-02-23");
  expect(weeks.at(-1)?.at(-1)?.key).toBe("2026-04-05");
  const march = weeks.flat().filter(({ key }) => key.startsWith("2026-03"));
  expect(march.length).toBe(31);
  expect(new Set(weeks.flat().map(({ key }) => key)).size).toBe(42);
});

test("weeks begin where the language says so", () => {
  const weeks = weeks_of_month("2026-03-18", kSunday);
  expect(weeks.length).toBe(5);
  expect(weeks[0]?.[0]?.key).toBe("2026-03-01");
  expect(first_weekday("de-DE")).toBe(kMonday);
  expect(first_weekday("en-US")).toBe(kSunday);
  expect(first_weekday("not a language")).toBe(kMonday);
});

test("four weeks are enough for a February that begins with one", () => {
  expect(weeks_of_month("2027-02-10", kMonday).length).toBe(4);
});

test("a leap year has its day, and others have not", () => {
  const keys = (month: string) =>
    weeks_of_month(month, kMonday)
      .flat()
      .map(({ key }) => key);
  expect(keys("2028-02-01")).toContain("2028-02-29");
  expect(keys("2026-02-01")).not.toContain("2026-02-29");
  expect(moved("2028-02-28", 1)).toBe("2028-02-29");
  expect(moved("2026-02-28", 1)).toBe("2026-03-01");
});

test("days of 23 and 25 hours begin and end where their neighbours do", () => {
  expect(hours_of("2026-03-29")).toBe(23);
  expect(hours_of("2026-10-25")).toBe(25);
  for (const within of ["2026-03-29", "2026-10-25"]) {
    const week = week_of(within, kMonday);
    expect(week.map(({ key }) => key)).toContain(within);
    for (const [index, day] of week.entries()) {
      const next = week[index + 1];
      if (next) expect(day.ends.getTime()).toBe(next.begins.getTime());
    }
  }
});

test("a time belongs to the day that the clock on the wall shows", () => {
  expect(key_of(new Date("2026-03-28T23:30:00Z"))).toBe("2026-03-29");
  expect(key_of(new Date("2026-10-25T22:30:00Z"))).toBe("2026-10-25");
  expect(key_of(new Date("2026-10-25T23:00:00Z"))).toBe("2026-10-26");
});

test("a week goes over the end of a year", () => {
  const week = week_of("2026-01-01", kMonday).map(({ key }) => key);
  expect([week[0], week[6]]).toEqual(["2025-12-29", "2026-01-04"]);
});

test("a month further is its last day where it has no such day", () => {
  expect(moved_months("2026-01-31", 1)).toBe("2026-02-28");
  expect(moved_months("2028-01-31", 1)).toBe("2028-02-29");
  expect(moved_months("2026-01-15", -1)).toBe("2025-12-15");
});
