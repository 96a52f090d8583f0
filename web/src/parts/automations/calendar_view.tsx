// The calendar: a month, a week or a day of what comes and what came of it.
import { useEffect } from "preact/hooks";
import { Button } from "../../ui/button";
import { matching } from "../../ui/keep";
import { ErrorNote, Note } from "../../ui/note";
import type { Go } from "../../ui/part";
import type { Automations } from "./automations";
import type { Calendar } from "./calendar";
import { DayList } from "./day_view";
import { day_of, key_of } from "./days";
import { To } from "./link";
import { useMinute } from "./minute";
import { MonthView } from "./month_view";
import { WeekView } from "./week_view";
import { address_of, type Span } from "./where";

const kSpans: [Span, string][] = [
  ["month", "Month"],
  ["week", "Week"],
  ["day", "Day"],
];
const kNarrow = matching("(max-width: 719px)");

interface Props {
  calendar: Calendar;
  automations: Automations;
  go: Go;
}

export function CalendarView({ calendar, automations, go }: Props) {
  const { span, day, page, error } = calendar;
  const now = useMinute();
  const today = key_of(new Date(now));
  const lead = (to: Span, key: string) => address_of({ at: "calendar", span: to, day: key });
  useEffect(() => {
    // What comes while one looks is planned no more.
    if (page.value?.items.some((item) => item.state === "planned" && Date.parse(item.at) < now)) void calendar.read();
  }, [now]);
  return (
    <section class="calendar" aria-label="Calendar">
      <header class="calendar-head">
        <div class="calendar-steps">
          <Button
            look="quiet"
            icon="right"
            class="back"
            label={`Previous ${span.value}`}
            onClick={() => go(lead(span.value, calendar.stepped(-1)))}
          />
          <Button onClick={() => go(lead(span.value, today))}>Today</Button>
          <Button
            look="quiet"
            icon="right"
            label={`Next ${span.value}`}
            onClick={() => go(lead(span.value, calendar.stepped(1)))}
          />
        </div>
        <h2 aria-live="polite">{title_of(calendar)}</h2>
        <nav class="calendar-spans" aria-label="What the calendar shows">
          {kSpans.map(([to, words]) => (
            <To key={to} to={lead(to, day.value)} class="tab" aria-current={to === span.value ? "true" : undefined}>
              {words}
            </To>
          ))}
        </nav>
      </header>
      {error.value && (
        <ErrorNote error={error.value} actions={<Button onClick={() => calendar.read()}>Read again</Button>} />
      )}
      {page.value?.is_cut && (
        <Note>More comes here than can be shown: some times are missing. A shorter span shows more of them.</Note>
      )}
      {automations.list.value?.length === 0 && (
        <Note>
          There is no automation yet, so nothing comes. <To to={address_of({ at: "new", example: null })}>Make one</To>
        </Note>
      )}
      {span.value === "day" ? (
        <DayList day={day_of(day.value)} calendar={calendar} now={now} />
      ) : span.value === "week" && !kNarrow.value ? (
        <WeekView calendar={calendar} today={today} now={now} />
      ) : span.value === "week" ? (
        calendar.weeks.value.flat().map((each) => (
          <section key={each.key} class="calendar-day">
            <h3 class={each.key === today ? "today" : undefined}>
              {each.begins.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "short" })}
              {each.key === today && <span class="calendar-today">Today</span>}
            </h3>
            <DayList day={each} calendar={calendar} now={now} short />
          </section>
        ))
      ) : (
        <MonthView calendar={calendar} today={today} narrow={kNarrow.value} />
      )}
    </section>
  );
}

function title_of({ span, day, weeks }: Calendar): string {
  const { begins } = day_of(day.value);
  if (span.value === "month") return begins.toLocaleDateString("en", { month: "long", year: "numeric" });
  if (span.value === "day") {
    return begins.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  }
  const days = weeks.value.flat();
  const first = days[0]?.begins ?? begins;
  const last = days.at(-1)?.begins ?? begins;
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" }).formatRange(first, last);
}
