// Numbers and times as people read them: with units, in the local zone.

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ["KB", "MB", "GB", "TB"];
  let value = count;
  let unit = -1;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Text of others with its control characters, and those that turn what stands around them, spelled out. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const hidden = /[\0-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
  return text.replaceAll(hidden, (one) => `\\u{${one.charCodeAt(0).toString(16)}}`);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** "14:05" today, "Mon 14:05" this week, "3 Jan 14:05" this year, "3 Jan 2025" before. */
export function when(time: string, now: Date = new Date()): string {
  const date = new Date(time);
  const clock = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const days = days_before(date, now);
  if (days === 0) return clock;
  if (days > 0 && days < 7) return `${date.toLocaleDateString("en", { weekday: "short" })} ${clock}`;
  const day = `${date.getDate()} ${date.toLocaleDateString("en", { month: "short" })}`;
  return date.getFullYear() === now.getFullYear() ? `${day} ${clock}` : `${day} ${date.getFullYear()}`;
}

/** The whole time with its zone, for a tooltip. */
export function when_exactly(time: string): string {
  return new Date(time).toLocaleString([], { dateStyle: "full", timeStyle: "long" });
}

/** The heading under which a list puts this time. */
export function day_group(time: string, now: Date = new Date()): string {
  const date = new Date(time);
  const days = days_before(date, now);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days < 7) return "This week";
  if (days < 31) return "This month";
  return date.toLocaleDateString("en", { month: "long", year: "numeric" });
}

function days_before(date: Date, now: Date): number {
  const midnight = (at: Date) => Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
  return Math.round((midnight(now) - midnight(date)) / 86_400_000);
}
