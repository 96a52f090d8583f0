// All automations: their rules, when they come next, how they stand; and what one is, where there is none.

import { useContext } from "preact/hooks";
import type { Automation } from "../../api/types";
import { Button } from "../../ui/button";
import { when, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { ErrorNote } from "../../ui/note";
import type { Automations } from "./automations";
import { kExamples } from "./draft";
import { Leads, To } from "./link";
import { useMinute } from "./minute";
import { day_words, until_words } from "./times";
import { address_of } from "./where";
import { kStates, state_of, triggers_of } from "./words";

export function ListView({ automations }: { automations: Automations }) {
  const list = automations.list.value;
  const error = automations.error.value;
  const now = useMinute();
  return (
    <>
      {error && (
        <ErrorNote error={error} actions={<Button onClick={() => automations.load(true)}>Read again</Button>} />
      )}
      {list === null && !error && <p class="faint">Reading automations…</p>}
      {list?.length === 0 && <Empty />}
      {list && list.length > 0 && (
        <ul class="automation-list">
          {list.map((one) => (
            <Row key={one.id} of={one} automations={automations} now={now} />
          ))}
        </ul>
      )}
    </>
  );
}

function Empty() {
  return (
    <section class="automation-none">
      <h2>Nothing runs by itself yet</h2>
      <p>
        An automation is a prompt and a rule. When the rule says so, an agent begins to work on the prompt, in a
        conversation that you find here afterwards. Begin with one of these, or with your own:
      </p>
      <ul class="automation-examples">
        {kExamples.map(({ title, draft }, index) => (
          <li key={title}>
            <To to={address_of({ at: "new", example: index })} class="automation-example">
              <Icon name="clock" />
              <span>
                {title}
                <small class="faint">{draft.prompt}</small>
              </span>
            </To>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface RowProps {
  of: Automation;
  automations: Automations;
  now: number;
}

function Row({ of: automation, automations, now }: RowProps) {
  const state = state_of(automation, now);
  const triggers = triggers_of(automation, automations.name_of);
  const rule = [automation.every, ...triggers].filter(Boolean).join(", or ");
  return (
    <li class="automation">
      <div class="automation-words">
        <To to={address_of({ at: "one", id: automation.id })} class="automation-name">
          {automation.name}
        </To>
        <span class="automation-rule">{rule || "by hand"}</span>
        <span class="automation-facts">
          {automation.next_at && (
            <span title={when_exactly(automation.next_at)}>
              Next {until_words(automation.next_at, now)}, {day_words(automation.next_at, now)}
            </span>
          )}
          {state.words !== "On" && (
            <span class={`stand ${state.look}`}>
              <Icon name={state.icon} size={14} />
              {state.words}
            </span>
          )}
          <Last of={automation} automations={automations} />
        </span>
      </div>
      <Acts of={automation} automations={automations} />
    </li>
  );
}

/** What became of the newest time. */
function Last({ of: { id, name }, automations }: { of: Automation; automations: Automations }) {
  const last = automations.last.value[id];
  if (last === undefined) return null;
  if (last === null) return <span>Never ran</span>;
  const { look, icon, words } = kStates[last.state];
  const time = last.finished_at ?? last.at;
  const said = (
    <>
      <Icon name={icon} size={14} spin={last.state === "begun"} />
      <span>
        {last.state === "begun" ? "Runs since" : `Last ${words}`}{" "}
        <time dateTime={time} title={when_exactly(time)}>
          {when(time)}
        </time>
      </span>
    </>
  );
  if (!last.conversation_id) {
    return (
      <span class={`stand ${look}`} title={last.reason}>
        {said}
      </span>
    );
  }
  return (
    <To class={`stand ${look}`} to={`/c/${last.conversation_id}`} title={last.reason || undefined}>
      {said}
      <span class="unseen">, the conversation of {name}</span>
    </To>
  );
}

function Acts({ of: automation, automations }: { of: Automation; automations: Automations }) {
  const go = useContext(Leads);
  const busy = automations.busy.value === automation.id;
  const paused = automation.paused_at !== null;
  return (
    <div class="automation-acts">
      <Button small disabled={busy} working={busy} onClick={() => automations.run(automation)}>
        Run now<span class="unseen"> {automation.name}</span>
      </Button>
      <Menu
        label={`Actions on ${automation.name}`}
        icon="more"
        small
        items={() => [
          {
            title: paused ? "Resume" : "Pause",
            icon: paused ? "right" : "pause",
            act: () => void automations.pause(automation, !paused),
          },
          { title: "Edit", icon: "edit", act: () => go(address_of({ at: "edit", id: automation.id })) },
          { title: "History", icon: "list", act: () => go(address_of({ at: "one", id: automation.id })) },
          {
            title: "Remove…",
            icon: "trash",
            danger: true,
            act: () => {
              automations.removing.value = automation;
            },
          },
        ]}
      />
    </div>
  );
}
