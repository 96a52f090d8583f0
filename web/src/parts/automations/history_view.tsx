// What came of each time, the newest first.

import type { Occurrence } from "../../api/types";
import { Button } from "../../ui/button";
import { count, duration, when, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { To } from "./link";
import type { One } from "./one";
import { cause_words, kStates } from "./words";

const kOnTimeMs = 1000;

export function HistoryView({ one, lateness }: { one: One; lateness: number | null }) {
  const history = one.history.value;
  return (
    <section>
      <h2>History</h2>
      {lateness !== null && (
        <p class="faint">19 of 20 times it begins at most {duration(Math.max(lateness, 0))} late.</p>
      )}
      {history?.length === 0 && <p class="faint">It never ran. Its times stand here once they come.</p>}
      {history && history.length > 0 && (
        <ul class="history">
          {history.map((time) => (
            <Row key={time.at} of={time} />
          ))}
        </ul>
      )}
      {one.older.value !== null && (
        <Button working={one.reading.value} disabled={one.reading.value} onClick={() => one.read_older()}>
          Older
        </Button>
      )}
    </section>
  );
}

function Row({ of: time }: { of: Occurrence }) {
  const { look, icon, words } = kStates[time.state];
  const facts = [
    cause_words(time),
    time.late_ms >= kOnTimeMs && `${duration(time.late_ms)} late`,
    time.finished_at && time.run_id && `took ${duration(Date.parse(time.finished_at) - Date.parse(time.created_at))}`,
    time.tokens > 0 && `${count(time.tokens)} tokens`,
  ].filter(Boolean);
  return (
    <li class="history-row">
      <span class={`stand ${look}`}>
        <Icon name={icon} size={14} spin={time.state === "begun"} />
        {words}
      </span>
      <span class="history-words">
        <time dateTime={time.at} title={when_exactly(time.at)}>
          {when(time.at)}
        </time>
        <span class="faint">{facts.join(" · ")}</span>
        {time.reason && <span class="history-reason">{time.reason}</span>}
        {time.undelivered && (
          <span class="stand warn">
            <Icon name="warn" size={14} />
            <span class="history-lines">The result was not delivered: {time.undelivered}</span>
          </span>
        )}
        {time.input && (
          <details class="fold history-input">
            <summary>What it was told</summary>
            <pre>{time.input}</pre>
          </details>
        )}
      </span>
      {time.conversation_id && (
        <To to={`/c/${time.conversation_id}`}>
          Conversation<span class="unseen"> of {when(time.at)}</span>
        </To>
      )}
    </li>
  );
}
