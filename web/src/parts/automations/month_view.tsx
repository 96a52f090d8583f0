// A month, week by week. On a narrow page a day shows how much comes in it, and leads to it.

import type { CalendarItem } from "../../api/types";
import type { Calendar } from "./calendar";
import { type Day, day_of, moved } from "./days";
import { items_of, shown_of } from "./entries";
import { Entry } from "./entry_view";
import { To } from "./link";
import { address_of } from "./where";
import { kStates } from "./words";

const kLines = 4;
const kSteps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

interface Props {
  calendar: Calendar;
  today: string;
  narrow: boolean;
}

export function MonthView({ calendar, today, narrow }: Props) {
  const weeks = calendar.weeks.value;
  const month = day_of(calendar.day.value).begins.getMonth();
  return (
    <table class={narrow ? "month narrow" : "month"} onKeyDown={(event) => walk(event)}>
      <thead>
        <tr>
          {weeks[0]?.map(({ key, begins }) => (
            <th key={key} scope="col" abbr={begins.toLocaleDateString("en", { weekday: "long" })}>
              {begins.toLocaleDateString("en", { weekday: narrow ? "narrow" : "short" })}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week[0]?.key}>
            {week.map((day) => (
              <Cell
                key={day.key}
                day={day}
                items={items_of(day, calendar.days.value)}
                is_today={day.key === today}
                is_outside={day.begins.getMonth() !== month}
                narrow={narrow}
              />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CellProps {
  day: Day;
  items: CalendarItem[];
  is_today: boolean;
  is_outside: boolean;
  narrow: boolean;
}

function Cell({ day, items, is_today, is_outside, narrow }: CellProps) {
  const { lines, more } = shown_of(items, kLines);
  const lead = address_of({ at: "calendar", span: "day", day: day.key });
  const classes = ["month-day", is_today && "today", is_outside && "outside"].filter(Boolean).join(" ");
  const long = day.begins.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" });
  return (
    <td class={classes}>
      <To class="day-number" to={lead} data-day={day.key} aria-current={is_today ? "date" : undefined}>
        <span aria-hidden="true">{day.begins.getDate()}</span>
        <span class="unseen">
          {long}: {items.length === 0 ? "nothing" : items.length}
        </span>
        {narrow && <Dots items={items} />}
      </To>
      {!narrow &&
        lines.map((line) => <Entry key={line.first.automation_id + line.first.at} line={line} day={day.key} />)}
      {!narrow && more > 0 && (
        <To class="entry-more" to={lead}>
          +{more} more<span class="unseen"> on {long}</span>
        </To>
      )}
    </td>
  );
}

/** How much comes, and whether something of it went wrong. */
function Dots({ items }: { items: CalendarItem[] }) {
  if (items.length === 0) return null;
  const bad = items.some(({ state }) => kStates[state].look === "bad" || kStates[state].look === "warn");
  return (
    <span class={bad ? "day-count bad" : "day-count"} aria-hidden="true">
      {bad && "!"}
      {items.length > 99 ? "99+" : items.length}
    </span>
  );
}

/** Arrow keys walk from day to day. */
function walk(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = kSteps[event.key];
  const at = (event.target as HTMLElement).closest<HTMLElement>("td")?.querySelector<HTMLElement>("[data-day]");
  if (step === undefined || !at?.dataset.day || event.ctrlKey || event.metaKey || event.altKey) return;
  const to = moved(at.dataset.day, step);
  event.currentTarget.querySelector<HTMLElement>(`[data-day="${to}"]`)?.focus();
  event.preventDefault();
}
