// What a day of the calendar shows of what comes in it.

import type { CalendarItem } from "../../api/types";
import { type Day, key_of } from "./days";

/** One time, or all of one automation that come within the same day or hour. */
export interface Line {
  first: CalendarItem;
  count: number;
}

export interface Shown {
  lines: Line[];
  /** Times that stand in none of the lines. */
  more: number;
}

export function by_day(items: CalendarItem[]): Map<string, CalendarItem[]> {
  return grouped(in_order(items), (item) => key_of(new Date(item.at)));
}

export function items_of(day: Day, days: Map<string, CalendarItem[]>): CalendarItem[] {
  return days.get(day.key) ?? [];
}

/** At most `most` lines. An automation that comes often is one line with its count, of each state. */
export function shown_of(items: CalendarItem[], most: number): Shown {
  const kinds = grouped(items, (item) => `${item.automation_id} ${item.state}`);
  const lines = [...kinds.values()].flatMap((same): Line[] =>
    same.length > 2
      ? same.slice(0, 1).map((first) => ({ first, count: same.length }))
      : same.map((first) => ({ first, count: 1 })),
  );
  const sorted = lines.toSorted((a, b) => Date.parse(a.first.at) - Date.parse(b.first.at));
  // A line that would say "+1 more" shows that one instead.
  const shown = sorted.length <= most ? sorted : sorted.slice(0, most - 1);
  const counted = shown.reduce((sum, line) => sum + line.count, 0);
  return { lines: shown, more: items.length - counted };
}

/** By the hour that the clock on the wall shows; the hour that comes twice is one. */
export function by_hour(items: CalendarItem[]): Map<number, CalendarItem[]> {
  return grouped(items, (item) => new Date(item.at).getHours());
}

function in_order(items: CalendarItem[]): CalendarItem[] {
  return items.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.name.localeCompare(b.name));
}

function grouped<K, T>(items: T[], key_of: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = key_of(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
