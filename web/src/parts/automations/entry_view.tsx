// One line of the calendar: a time of an automation, or many of them in one.

import type { CalendarItem } from "../../api/types";
import { when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import type { Line } from "./entries";
import { To } from "./link";
import { clock_words } from "./times";
import { address_of } from "./where";
import { kStates } from "./words";

/** Its conversation, or else its automation's history. */
export function lead_of(item: CalendarItem): string {
  return item.conversation_id ? `/c/${item.conversation_id}` : address_of({ at: "one", id: item.automation_id });
}

/** `day`: where many of them are shown one by one. */
export function Entry({ line: { first, count }, day }: { line: Line; day: string }) {
  const { look, icon, words } = kStates[first.state];
  const many = count > 1;
  const to = many ? address_of({ at: "calendar", span: "day", day }) : lead_of(first);
  const told = many ? `${first.name}, ${count} times, ${words}` : `${first.name}, ${words}, ${when_exactly(first.at)}`;
  return (
    <To class={`entry ${look}`} to={to} title={first.reason ? `${told}: ${first.reason}` : told}>
      <Icon name={icon} size={12} spin={first.state === "begun"} />
      <span class="entry-time">{many ? `${count} ×` : clock_words(first.at)}</span>
      <span class="entry-name">{first.name}</span>
      <span class="unseen">{words}</span>
    </To>
  );
}
