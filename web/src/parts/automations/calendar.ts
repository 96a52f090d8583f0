// What comes and what came of it, for the days on the screen.
import { computed, signal } from "@preact/signals";
import type { Changes } from "../../api/changes";
import { type ApiError, as_error, type Client, with_query } from "../../api/client";
import type { Calendar as CalendarPage } from "../../api/types";
import { Again } from "./again";
import {
  type Day,
  type DayKey,
  day_of,
  first_weekday,
  key_of,
  moved,
  moved_months,
  week_of,
  weeks_of_month,
} from "./days";
import { by_day } from "./entries";
import type { Span } from "./where";

export class Calendar {
  readonly span = signal<Span>("month");
  readonly day = signal<DayKey>(key_of(new Date()));
  readonly page = signal<CalendarPage | null>(null);
  readonly error = signal<ApiError | null>(null);
  readonly first_weekday = first_weekday();
  /** Week by week. */
  readonly weeks = computed<Day[][]>(() => {
    const day = this.day.value;
    if (this.span.value === "day") return [[day_of(day)]];
    return this.span.value === "week" ? [week_of(day, this.first_weekday)] : weeks_of_month(day, this.first_weekday);
  });
  readonly days = computed(() => by_day(this.page.value?.items ?? []));
  private readonly client: Client;
  private readonly again: Again;
  private asked = 0;
  /** What the page on the screen was read for. */
  private read_for = "";

  /** `in_sight`: whether anybody looks at it. */
  constructor(client: Client, changes: Changes, in_sight: () => boolean) {
    this.client = client;
    this.again = new Again(() => this.read());
    const read_again = () => in_sight() && this.again.soon();
    changes.hear("automation", read_again);
    changes.hear("gone", ({ what }) => what === "automation" && read_again());
  }

  async open(span: Span, day: DayKey | null): Promise<void> {
    this.span.value = span;
    this.day.value = day ?? key_of(new Date());
    await this.read();
  }

  /** The day that one step further, or back, begins with. */
  stepped(steps: number): DayKey {
    const day = this.day.value;
    if (this.span.value === "month") return moved_months(day, steps);
    return moved(day, this.span.value === "week" ? 7 * steps : steps);
  }

  async read(): Promise<void> {
    const asked = ++this.asked;
    const days = this.weeks.value.flat();
    const path = with_query("/api/calendar", { from: time_of(days[0]?.begins), until: time_of(days.at(-1)?.ends) });
    if (path !== this.read_for) this.page.value = null;
    try {
      const page = await this.client.get<CalendarPage>(path);
      if (asked !== this.asked) return;
      this.page.value = page;
      this.read_for = path;
      this.error.value = null;
    } catch (cause) {
      if (asked === this.asked) this.error.value = as_error(cause);
    }
  }
}

/** As the server reads it: to the second. */
function time_of(date: Date | undefined): string | undefined {
  return date?.toISOString().replace(/\.\d+Z$/, "Z");
}
