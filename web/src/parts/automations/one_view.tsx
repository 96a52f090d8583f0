// One automation: what it is, when it comes, and what came of it.

import type { Automation } from "../../api/types";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy";
import { duration, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { ErrorNote, Note } from "../../ui/note";
import { HistoryView } from "./history_view";
import { To } from "./link";
import { useMinute } from "./minute";
import type { Shown } from "./one";
import type { Stand } from "./page";
import { own_zone, until_words, wall_words } from "./times";
import { address_of, kPath } from "./where";
import { hook_address, kDeliveries, state_of, triggers_of } from "./words";

export function OneActions({ stand: { one, automations, go } }: { stand: Stand }) {
  const automation = one.shown.value?.automation;
  if (!automation || one.gone.value) return null;
  const busy = automations.busy.value === automation.id;
  const paused = automation.paused_at !== null;
  const remove = () => {
    automations.removing.value = automation;
  };
  const edit = () => go(address_of({ at: "edit", id: automation.id }));
  return (
    <>
      <Button disabled={busy} working={busy} onClick={() => automations.run(automation)}>
        Run now
      </Button>
      <Button disabled={busy} onClick={() => automations.pause(automation, !paused)}>
        {paused ? "Resume" : "Pause"}
      </Button>
      <Menu
        label={`Actions on ${automation.name}`}
        icon="more"
        items={() => [
          { title: "Edit", icon: "edit", act: edit },
          { title: "Remove…", icon: "trash", danger: true, act: remove },
        ]}
      />
    </>
  );
}

export function OneView({ stand }: { stand: Stand }) {
  const { one, automations } = stand;
  const shown = one.shown.value;
  const error = one.error.value ?? automations.error.value;
  if (one.gone.value) {
    return (
      <p class="faint">
        This automation was removed. <To to={kPath}>All automations</To>
      </p>
    );
  }
  return (
    <div class="one">
      {error && <ErrorNote error={error} actions={<Button onClick={() => one.read()}>Read again</Button>} />}
      {!shown && !error && <p class="faint">Reading the automation…</p>}
      {shown && (
        <>
          <Standing shown={shown} />
          <Facts of={shown.automation} stand={stand} />
          <Next shown={shown} />
          <HistoryView one={one} lateness={shown.lateness_p95_ms} />
        </>
      )}
    </div>
  );
}

/** Only where it is not simply on. */
function Standing({ shown: { automation } }: { shown: Shown }) {
  const now = useMinute();
  const { look, words } = state_of(automation, now);
  if (words === "On") return null;
  const note = look === "bad" ? "bad" : look === "warn" ? "warn" : "plain";
  return <Note look={note}>{words}.</Note>;
}

function Facts({ of: automation, stand }: { of: Automation; stand: Stand }) {
  const { every, rule, zone, prompt, conversation_id } = automation;
  const deliver = automation.deliver;
  const triggers = triggers_of(automation, stand.automations.name_of);
  const link = hook_address(automation);
  return (
    <section aria-label="What it is">
      <p class="one-prompt">{prompt}</p>
      <dl class="facts wide">
        {every && (
          <>
            <dt>When</dt>
            <dd>
              {every}
              {rule !== every && <small class="one-rule">{rule}</small>}
            </dd>
            <dt>Zone</dt>
            <dd>{zone}</dd>
          </>
        )}
        {triggers.length > 0 && (
          <>
            <dt>{every ? "Also" : "When"}</dt>
            <dd>{triggers.join(", or ")}</dd>
          </>
        )}
        {link && (
          <>
            <dt>Link</dt>
            <dd class="one-link">
              <code>{link}</code>
              <CopyButton text={() => link} label="Copy link" />
            </dd>
          </>
        )}
        <dt>Runs in</dt>
        <dd>
          {conversation_id ? <To to={`/c/${conversation_id}`}>one conversation</To> : "a new conversation each time"}
        </dd>
        {deliver.length > 0 && (
          <>
            <dt>Tells</dt>
            <dd>{deliver.map(({ kind, to }) => `${to} (${kDeliveries[kind].words})`).join(", ")}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Next({ shown: { automation, next } }: { shown: Shown }) {
  const now = useMinute();
  if (next.length === 0) return null;
  const foreign = automation.zone !== own_zone();
  return (
    <section>
      <h2>Next</h2>
      <ul class="one-next">
        {next.map((at) => (
          <li key={at} title={when_exactly(at)}>
            <Icon name="clock" size={14} />
            <span>{wall_words(at, own_zone())}</span>
            <span class="faint">
              {until_words(at, now)}
              {foreign && `; there ${wall_words(at, automation.zone)}`}
            </span>
          </li>
        ))}
      </ul>
      {automation.jitter_ms > 0 && (
        <p class="faint">It begins up to {duration(automation.jitter_ms)} behind these, always by the same.</p>
      )}
    </section>
  );
}
