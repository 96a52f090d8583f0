import { expect, test } from "vitest";
import { span_of, span_words } from "./durations";

const kMinuteMs = 60_000;

test("spans are read as people type them", () => {
  expect(span_of("5m")).toBe(5 * kMinuteMs);
  expect(span_of("5 min")).toBe(5 * kMinuteMs);
  expect(span_of("90")).toBe(90 * kMinuteMs);
  expect(span_of("1.5")).toBe(1.5 * kMinuteMs);
  expect(span_of("1h 30m")).toBe(90 * kMinuteMs);
  expect(span_of("1h30m")).toBe(90 * kMinuteMs);
  expect(span_of("2 hours and 5 minutes")).toBe(125 * kMinuteMs);
  expect(span_of("1 Day, 45 s")).toBe(24 * 60 * kMinuteMs + 45_000);
  expect(span_of("1,5 h")).toBe(90 * kMinuteMs);
  expect(span_of(" ")).toBe(0);
});

test("what is no span is none", () => {
  for (const text of ["soon", "5 x", "m5", "-5m", "5m5", "1 month", "h"]) expect(span_of(text)).toBeNull();
});

test("the words of a span are read as the same span", () => {
  expect(span_words(90 * kMinuteMs)).toBe("1 h 30 min");
  expect(span_words(48 * 60 * kMinuteMs)).toBe("2 days");
  expect(span_words(0)).toBe("");
  for (const ms of [1, 999, 1000, 61_001, 90 * kMinuteMs, 25 * 60 * kMinuteMs])
    expect(span_of(span_words(ms))).toBe(ms);
});
