import { describe, expect, it } from "vitest";
import { bytes, day_group, duration, plural, visible, when } from "./format";

it("what is not seen, or turns the text, is spelled out", () => {
  expect(visible("a\u202ehs.txt\n\tb\u0085 é 日本 👩‍💻")).toBe("a\\u{202e}hs.txt\\u{a}\tb\\u{85} é 日本 👩‍💻");
});

describe("numbers carry units", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1240, "1.2 KB"],
    [41_300_000, "41 MB"],
    [999_600, "1.0 MB"],
    [1_117_320_768, "1.1 GB"],
  ])("%d bytes", (value, text) => expect(bytes(value)).toBe(text));

  it.each([
    [41, "41 ms"],
    [999.6, "1000 ms"],
    [1240, "1.2 s"],
    [61_000, "1 min 1 s"],
    [3_660_000, "1 h 1 min"],
  ])("%d ms", (value, text) => expect(duration(value)).toBe(text));

  it("one of a thing is singular", () => {
    expect([plural(1, "step"), plural(2, "step"), plural(0, "reply", "replies")]).toEqual([
      "1 step",
      "2 steps",
      "0 replies",
    ]);
  });
});

describe("times are as near as they need to be", () => {
  const now = new Date(2026, 0, 15, 12, 0);
  const at = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString();
  it.each([
    [at(2026, 0, 15, 9, 5), "09:05", "Today"],
    [at(2026, 0, 14, 23, 59), "Wed 23:59", "Yesterday"],
    [at(2026, 0, 10, 8, 0), "Sat 08:00", "This week"],
    [at(2026, 0, 2, 8, 0), "2 Jan 08:00", "This month"],
    [at(2025, 5, 3, 8, 0), "3 Jun 2025", "June 2025"],
  ])("%s", (time, text, group) => {
    expect(when(time, now)).toBe(text);
    expect(day_group(time, now)).toBe(group);
  });
});
