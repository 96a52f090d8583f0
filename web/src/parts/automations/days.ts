// The days of a calendar, in the zone of this browser. A day begins at its first instant and ends where the next begins,
// so that one of 23 or 25 hours holds what is its.

/** "2026-03-29". */
export type DayKey = string;

export interface Day {
  key: DayKey;
  begins: Date;
  ends: Date;
}

export function key_of(date: Date): DayKey {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function day_of(key: DayKey): Day {
  const [year = 0, month = 1, date = 1] = key.split("-").map(Number);
  return day_at(year, month - 1, date);
}

/** The week that holds a day; `first`: 1 Monday to 7 Sunday, as Intl counts. */
export function week_of(key: DayKey, first: number): Day[] {
  const { begins } = day_of(key);
  const behind = (begins.getDay() - first + 7) % 7;
  return days_from(begins.getFullYear(), begins.getMonth(), begins.getDate() - behind, 7);
}

/** Whole weeks, so that every day of the month is among them. */
export function weeks_of_month(key: DayKey, first: number): Day[][] {
  const { begins } = day_of(key);
  const year = begins.getFullYear();
  const month = begins.getMonth();
  const length = new Date(year, month + 1, 0).getDate();
  const behind = (new Date(year, month, 1).getDay() - first + 7) % 7;
  const count = Math.ceil((behind + length) / 7);
  return Array.from({ length: count }, (_, week) => days_from(year, month, 1 - behind + week * 7, 7));
}

/** So many days later, or before. */
export function moved(key: DayKey, days: number): DayKey {
  const { begins } = day_of(key);
  return key_of(new Date(begins.getFullYear(), begins.getMonth(), begins.getDate() + days));
}

/** The same day of another month, or its last where it has no such day. */
export function moved_months(key: DayKey, months: number): DayKey {
  const { begins } = day_of(key);
  const year = begins.getFullYear();
  const month = begins.getMonth() + months;
  const last = new Date(year, month + 1, 0).getDate();
  return key_of(new Date(year, month, Math.min(begins.getDate(), last)));
}

/** Monday, unless the language of the browser begins its weeks with another day. */
export function first_weekday(language: string | undefined = globalThis.navigator?.language): number {
  interface Weeks {
    weekInfo?: { firstDay: number };
    getWeekInfo?(): { firstDay: number };
  }
  try {
    const locale = new Intl.Locale(language ?? "") as Intl.Locale & Weeks;
    return (locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay ?? 1;
  } catch {
    return 1;
  }
}

function days_from(year: number, month: number, date: number, count: number): Day[] {
  return Array.from({ length: count }, (_, index) => day_at(year, month, date + index));
}

/** Midnight, or the first instant behind it where clocks are put forward over it. */
function day_at(year: number, month: number, date: number): Day {
  const begins = new Date(year, month, date);
  return { key: key_of(begins), begins, ends: new Date(year, month, date + 1) };
}
