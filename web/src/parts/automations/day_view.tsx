// One day, time by time.
import { duration, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import type { Calendar } from "./calendar";
import type { Day } from "./days";
import { items_of, type Line, shown_of } from "./entries";
import { Entry, lead_of } from "./entry_view";
import { To } from "./link";
import { clock_words, until_words } from "./times";
import { address_of } from "./where";
import { kStates } from "./words";

const kLinesShort = 6;
const kDrawnMax = 500;
const kLateMs = 1000;

interface Props {
  day: Day;
  calendar: Calendar;
  now: number;
  /** The beginning of it, where other days stand below. */
  short?: boolean;
}

export function DayList({ day, calendar, now, short }: Props) {
  const items = items_of(day, calendar.days.value);
  if (calendar.page.value === null) return short ? null : <p class="faint">Reading the calendar…</p>;
  if (items.length === 0) return <p class="faint">Nothing comes.</p>;
  if (short) return <Short of={shown_of(items, kLinesShort)} day={day} />;
  return (
    <>
      <ol class="day-list">
        {items.slice(0, kDrawnMax).map((item) => {
          const { look, icon, words } = kStates[item.state];
          const facts = [
            item.state === "planned" ? until_words(item.at, now) : words,
            item.late_ms >= kLateMs && `${duration(item.late_ms)} late`,
            item.reason,
          ].filter(Boolean);
          return (
            <li key={item.automation_id + item.at}>
              <time dateTime={item.at} title={when_exactly(item.at)}>
                {clock_words(item.at)}
              </time>
              <span class={`stand ${look}`}>
                <Icon name={icon} size={14} spin={item.state === "begun"} />
              </span>
              <span class="day-words">
                <To to={lead_of(item)}>{item.name}</To>
                <span class="faint">{facts.join(" · ")}</span>
              </span>
            </li>
          );
        })}
      </ol>
      {items.length > kDrawnMax && <p class="faint">{items.length - kDrawnMax} more are not drawn here.</p>}
    </>
  );
}

function Short({ of: { lines, more }, day }: { of: { lines: Line[]; more: number }; day: Day }) {
  return (
    <>
      {lines.map((line) => (
        <Entry key={line.first.automation_id + line.first.at} line={line} day={day.key} />
      ))}
      {more > 0 && (
        <To class="entry-more" to={address_of({ at: "calendar", span: "day", day: day.key })}>
          +{more} more
        </To>
      )}
    </>
  );
}
