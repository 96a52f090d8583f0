// Spans of time as people type them: "5m", "1 h 30 min", "90" for minutes.

const kSecondMs = 1000;
const kMinuteMs = 60 * kSecondMs;
const kHourMs = 60 * kMinuteMs;
const kDayMs = 24 * kHourMs;

const kUnits: [RegExp, number][] = [
  [/^(ms|millisecond)s?$/, 1],
  [/^(s|sec|second)s?$/, kSecondMs],
  [/^(m|min|minute)s?$/, kMinuteMs],
  [/^(h|hr|hour)s?$/, kHourMs],
  [/^(d|day)s?$/, kDayMs],
  [/^(w|week)s?$/, 7 * kDayMs],
];

/** In milliseconds; 0 of nothing, null of what is no span. A number alone is minutes. */
export function span_of(text: string): number | null {
  const words = text.trim().toLowerCase();
  if (words === "") return 0;
  if (/^\d+([.,]\d+)?$/.test(words)) return Math.round(number_of(words) * kMinuteMs);
  let sum = 0;
  let rest = words;
  while (rest !== "") {
    const piece = /^(\d+(?:[.,]\d+)?)\s*([a-z]+)(?:\s*(?:,|and)?\s+|(?=\d)|$)/.exec(rest);
    const unit = kUnits.find(([name]) => name.test(piece?.[2] ?? ""));
    if (!piece || !unit) return null;
    sum += number_of(piece[1] ?? "") * unit[1];
    rest = rest.slice(piece[0].length);
  }
  return Math.round(sum);
}

/** So that span_of reads the same again; nothing of 0. */
export function span_words(ms: number): string {
  const words: string[] = [];
  let rest = ms;
  for (const [unit, name] of [
    [kDayMs, "day"],
    [kHourMs, "h"],
    [kMinuteMs, "min"],
    [kSecondMs, "s"],
    [1, "ms"],
  ] as const) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0) words.push(`${count} ${name}${name === "day" && count > 1 ? "s" : ""}`);
  }
  return words.join(" ");
}

function number_of(text: string): number {
  return Number(text.replace(",", "."));
}
