// The conversation itself. It follows its end only while the reader is there, and draws only the newest turns until
// the reader goes up, and again once they are back.
import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button";
import { plural } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { ErrorNote, Note } from "../../ui/note";
import { useStick } from "../../ui/stick";
import type { Chat } from "./chat";
import { useFound } from "./found";
import { Leaving, unsent_at } from "./leaving_view";
import { type AnotherModel, LiveTurn, RunStatus } from "./live_view";
import { TurnView } from "./message_view";
import type { OpenChat } from "./open_chat";
import { type Turn, turns_of } from "./turns";
import type { Outgoing } from "./unsent";
import { as_it_stood } from "./versions";

const kTurnsDrawnAtOnce = 40;
// Before one that was found, so that it does not stand at the very top.
const kTurnsDrawnAround = 5;

interface Props {
  chat: Chat;
  open: OpenChat;
  another_model: AnotherModel;
}

export function MessagesView({ chat, open, another_model }: Props) {
  const state = open.state.value;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { at_end, go_to_end } = useStick(scroller, content, open.id);

  const before = useRef<Turn[]>([]);
  const looked_at = open.versions.looked_at.value;
  const turns = turns_of(as_it_stood(state.messages, looked_at), before.current);
  before.current = turns;
  const drawn = useSignal(kTurnsDrawnAtOnce);
  useEffect(() => {
    if (at_end.value) drawn.value = kTurnsDrawnAtOnce;
  }, [at_end.value]);
  const found = open.found.value;
  const found_at = found ? turns.findIndex((turn) => turn.messages.some(({ id }) => id === found.message_id)) : -1;
  useLayoutEffect(() => {
    if (found_at >= 0) drawn.value = Math.max(drawn.value, turns.length - found_at + kTurnsDrawnAround);
  }, [found, found_at]);
  const hidden = Math.max(turns.length - drawn.value, 0);

  useFound(scroller, found, hidden <= found_at ? (turns[found_at]?.key ?? null) : null, turns.length - hidden);

  const parts = state.messages.reduce((sum, message) => sum + 1 + (message.tool_calls?.length ?? 0), 0);
  const seen = useRef(parts);
  if (at_end.value) seen.current = parts;

  // One's own new message is always worth seeing.
  useEffect(() => {
    if (open.outbox.items.value.length > 0) go_to_end();
  }, [open.outbox.items.value.length]);

  const working = open.working.value;
  const last = turns.at(-1);
  const unsent = unsent_at(turns, open.outbox.items.value);
  const leaving = (entries: Outgoing[]) =>
    entries.map((entry) => <Leaving key={entry.key} chat={chat} open={open} entry={entry} />);
  const goes_on = last?.role === "assistant" && last.messages[0]?.run_id === state.run?.id;
  return (
    <div class="scroll-place">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div class="scroll" ref={scroller} role="group" aria-label="Messages" tabIndex={0}>
        <div class="turns" ref={content}>
          {hidden > 0 && (
            <Earlier scroller={scroller} hidden={hidden} more={() => (drawn.value += kTurnsDrawnAtOnce)} />
          )}
          {state.messages_left_out > 0 && <LeftOut count={state.messages_left_out} />}
          {leaving(unsent.first)}
          {turns.slice(hidden).map((turn) => (
            <Fragment key={turn.key}>
              <TurnView
                chat={chat}
                open={open}
                turn={turn}
                output={turn === last && goes_on ? state.output : undefined}
                working={working}
                found={found_at >= 0 && turn === turns[found_at]}
                earlier={looked_at?.messages.some(({ id }) => id === turn.key) ?? false}
                place={looked_at?.messages[0]?.id === turn.key ? looked_at.now : turn.messages[0]}
                number={looked_at?.messages[0]?.id === turn.key ? looked_at.number : undefined}
              />
              {leaving(unsent.behind.get(turn.key) ?? [])}
            </Fragment>
          ))}
          {looked_at && <EarlierVersion open={open} />}
          {!looked_at && state.live && <LiveTurn live={state.live} headed={!goes_on} />}
          {leaving(unsent.last)}
          {!looked_at && <RunStatus open={open} another_model={another_model} />}
          <Queue open={open} />
          {open.problem.value && (
            <div class="aside">
              <ErrorNote
                error={open.problem.value}
                actions={<Button onClick={() => (open.problem.value = null)}>Dismiss</Button>}
              />
            </div>
          )}
        </div>
      </div>
      {!at_end.value && (
        <button type="button" class="to-end" onClick={go_to_end}>
          <Icon name="end" size={14} />
          {parts > seen.current ? `${parts - seen.current} new` : "To the end"}
        </button>
      )}
    </div>
  );
}

function Earlier({
  scroller,
  hidden,
  more,
}: {
  scroller: { current: HTMLElement | null };
  hidden: number;
  more: () => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const height = useRef(0);
  // What is read stays where it is while turns are drawn above it.
  useLayoutEffect(() => {
    const view = scroller.current;
    if (view && height.current > 0) view.scrollTop += view.scrollHeight - height.current;
    height.current = 0;
  }, [hidden]);
  useEffect(() => {
    if (!place.current) return;
    const near = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting || !scroller.current) return;
        height.current = scroller.current.scrollHeight;
        more();
      },
      { root: scroller.current, rootMargin: "400px 0px 0px" },
    );
    near.observe(place.current);
    return () => near.disconnect();
  }, [hidden]);
  return (
    <div class="earlier faint" ref={place}>
      {plural(hidden, "earlier turn")}
    </div>
  );
}

/** What stands above is no longer how the conversation goes. */
function EarlierVersion({ open }: { open: OpenChat }) {
  return (
    <div class="aside">
      <Note icon="clock" actions={<Button onClick={() => open.versions.close()}>Back to the newest</Button>}>
        An earlier version, to be read. What you say next goes on from the newest.
      </Note>
    </div>
  );
}

function LeftOut({ count }: { count: number }) {
  return (
    <div class="aside">
      <Note>
        The conversation is longer than the model can read at once: it no longer sees the oldest{" "}
        {plural(count, "message")}. Nothing is lost here.
      </Note>
    </div>
  );
}

function Queue({ open }: { open: OpenChat }) {
  const { queued } = open.state.value;
  if (queued.length === 0) return null;
  return (
    <section class="queue" aria-label="Queued messages">
      {queued.map((message) => (
        <div key={message.id} class="queued">
          <Icon name="queue" size={14} />
          <span class="queued-text">{message.text}</span>
          <span class="queued-word">queued</span>
          <Button
            look="quiet"
            small
            icon="close"
            label="Remove from the queue"
            onClick={() => void open.remove_queued(message)}
          />
        </div>
      ))}
    </section>
  );
}
