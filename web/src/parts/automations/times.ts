// Times to come and times past, as people say them.

const kMinuteMs = 60_000;
const kHourMs = 60 * kMinuteMs;
const kDayMs = 24 * kHourMs;

/** "in 12 min", "in 5 h", "in 3 days"; "now" of what is due. */
export function until_words(at: string, now: number): string {
  const left = Date.parse(at) - now;
  if (left <= 0) return "now";
  if (left < kMinuteMs) return "in less than a minute";
  if (left < 90 * kMinuteMs) return `in ${Math.round(left / kMinuteMs)} min`;
  if (left < 36 * kHourMs) return `in ${Math.round(left / kHourMs)} h`;
  return `in ${Math.round(left / kDayMs)} days`;
}

/** "14:05" today, "tomorrow 14:05", "Tue 14:05" in this week, "3 Jan 14:05", "3 Jan 2027 14:05". */
export function day_words(at: string, now: number): string {
  const date = new Date(at);
  const clock = clock_words(at);
  const days = days_between(new Date(now), date);
  if (days === 0) return clock;
  if (days === 1) return `tomorrow ${clock}`;
  if (days === -1) return `yesterday ${clock}`;
  if (days > 1 && days < 7) return `${date.toLocaleDateString("en", { weekday: "short" })} ${clock}`;
  const year = date.getFullYear() === new Date(now).getFullYear() ? "" : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${date.toLocaleDateString("en", { month: "short" })}${year} ${clock}`;
}

export function clock_words(at: string): string {
  return new Date(at).toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** On the wall of a zone: "Tue 3 Mar 2026, 08:00". */
export function wall_words(at: string, zone: string): string {
  try {
    return new Date(at).toLocaleString("en-GB", {
      timeZone: zone,
      weekday: "short",
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
    });
  } catch {
    // The server knows a zone that this browser does not.
    return at;
  }
}

/** This browser's. */
export function own_zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Days on the calendar from one to another, whatever the clocks do between them. */
function days_between(from: Date, to: Date): number {
  const midnight = (at: Date) => Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
  return Math.round((midnight(to) - midnight(from)) / kDayMs);
}
