// A week, hour by hour, as the clock on the wall shows them. Hours in which nothing comes all week are folded away.
import type { Calendar } from "./calendar";
import { by_hour, items_of, shown_of } from "./entries";
import { Entry } from "./entry_view";
import { To } from "./link";
import { rows_of } from "./week_rows";
import { address_of } from "./where";

const kLinesAnHour = 3;

interface Props {
  calendar: Calendar;
  today: string;
  now: number;
}

export function WeekView({ calendar, today, now }: Props) {
  const days = calendar.weeks.value.flat();
  const hours = days.map((day) => by_hour(items_of(day, calendar.days.value)));
  const current = days.some(({ key }) => key === today) ? new Date(now).getHours() : null;
  return (
    <table class="week">
      <thead>
        <tr>
          <td />
          {days.map(({ key, begins }) => (
            <th key={key} scope="col" class={key === today ? "today" : undefined}>
              <To
                to={address_of({ at: "calendar", span: "day", day: key })}
                aria-current={key === today ? "date" : undefined}
              >
                {begins.toLocaleDateString("en-GB", { weekday: "short", day: "numeric" })}
              </To>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows_of(hours).map((row) =>
          "free" in row ? (
            <tr key={`free ${row.free[0]}`} class="week-free">
              <th scope="row">{range_words(row.free)}</th>
              <td colSpan={7}>nothing comes</td>
            </tr>
          ) : (
            <tr key={row.hour} class={row.hour === current ? "now" : undefined}>
              <th scope="row">{clock(row.hour)}</th>
              {days.map(({ key }, index) => {
                const { lines, more } = shown_of(hours[index]?.get(row.hour) ?? [], kLinesAnHour);
                return (
                  <td key={key} class={key === today ? "today" : undefined}>
                    {lines.map((line) => (
                      <Entry key={line.first.automation_id + line.first.at} line={line} day={key} />
                    ))}
                    {more > 0 && (
                      <To class="entry-more" to={address_of({ at: "calendar", span: "day", day: key })}>
                        +{more} more
                      </To>
                    )}
                  </td>
                );
              })}
            </tr>
          ),
        )}
      </tbody>
    </table>
  );
}

function clock(hour: number): string {
  return `${String(hour).padStart(2, "0")}:00`;
}

function range_words([from, until]: [number, number]): string {
  return `${clock(from)}–${clock(until)}`;
}
