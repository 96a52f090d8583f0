// One turn: what a person said, or what Zo answered with the tools it used on the way.
import { useSignal } from "@preact/signals";
import { memo } from "preact/compat";
import { useMemo } from "preact/hooks";
import type { Message } from "../../api/types";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy";
import { when, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { Markdown, Places } from "../../ui/markdown";
import { Note } from "../../ui/note";
import type { Chat } from "./chat";
import { FileChips } from "./file_chips";
import { sends } from "./keys";
import { LeftView } from "./left_view";
import type { OpenChat } from "./open_chat";
import { places_of } from "./pictures";
import type { ChatState } from "./reduce";
import { ToolView } from "./tool_view";
import { is_long, type Turn } from "./turns";

interface Props {
  chat: Chat;
  open: OpenChat;
  turn: Turn;
  /** Live output by call; only the last turn has any. */
  output: ChatState["output"] | undefined;
  /** A run works: what has been said cannot be changed now. */
  working: boolean;
  /** A search led here. */
  found: boolean;
  /** It has been replaced, and is only to be read. */
  earlier: boolean;
  /** The message that stands here now, and which version of it is shown; undefined: itself. */
  place: Message | undefined;
  number: number | undefined;
}

export const TurnView = memo(function TurnView(props: Props) {
  return props.turn.role === "user" ? <UserTurn {...props} /> : <AnswerTurn {...props} />;
});

function UserTurn({ chat, open, turn, working, found, earlier, place, number }: Props) {
  const editing = useSignal(false);
  const message = turn.messages[0];
  if (!message) return null;
  return (
    <article class={earlier ? "turn user earlier-version" : "turn user"} aria-label="You" data-turn={turn.key}>
      <div class="who">You</div>
      <div class="said">
        {editing.value ? (
          <Editor open={open} message={message} close={() => (editing.value = false)} />
        ) : (
          <>
            <SaidText text={message.text} whole={found} />
            <FileChips chat={chat} paths={message.files ?? []} />
          </>
        )}
        <div class="turn-actions">
          {!working && !earlier && !editing.value && (
            <Button look="quiet" small icon="edit" label="Edit and ask again" onClick={() => (editing.value = true)} />
          )}
          <CopyButton text={() => message.text} />
          {place && <VersionSwitch open={open} place={place} number={number} />}
          <Time message={message} />
        </div>
      </div>
    </article>
  );
}

/** A long one shows its beginning, until it is asked for. */
function SaidText({ text, whole: begins_whole }: { text: string; whole: boolean }) {
  const whole = useSignal(begins_whole);
  if (!is_long(text)) return <p class="user-text">{text}</p>;
  return (
    <div class={whole.value ? "user-text" : "user-text folded"}>
      <p>{text}</p>
      <Button small aria-expanded={whole.value} onClick={() => (whole.value = !whole.value)}>
        {whole.value ? "Show less" : "Show all"}
      </Button>
    </div>
  );
}

function Editor({ open, message, close }: { open: OpenChat; message: Message; close: () => void }) {
  const text = useSignal(message.text);
  async function save() {
    if (text.value.trim() && (await open.edit(message, text.value.trim()))) close();
  }
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") close();
        if (sends(event)) {
          event.preventDefault();
          void save();
        }
      }}
    >
      <textarea
        class="field"
        aria-label="Edit your message"
        rows={Math.min(12, text.value.split("\n").length + 1)}
        value={text.value}
        ref={(field) => {
          if (field && document.activeElement !== field) field.focus();
        }}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
      />
      <div class="editor-foot">
        <span class="faint">Everything after this message is replaced by a new answer.</span>
        <Button onClick={close}>Cancel</Button>
        <Button look="primary" type="submit">
          Ask again
        </Button>
      </div>
    </form>
  );
}

function AnswerTurn({ chat, open, turn, output, working, earlier, place, number }: Props) {
  const last = turn.messages.at(-1);
  const places = useMemo(() => {
    const calls = turn.messages.flatMap((message) => message.tool_calls ?? []);
    return (path: string) => places_of(path, calls);
  }, [turn]);
  const settled = !(working && output !== undefined);
  const text = () =>
    turn.messages
      .map((message) => message.text)
      .filter(Boolean)
      .join("\n\n");
  return (
    <article class={earlier ? "turn answer earlier-version" : "turn answer"} aria-label="Zo" data-turn={turn.key}>
      <div class="who">Zo</div>
      <div class="said">
        <Places.Provider value={places}>
          {turn.messages.map((message) => (
            <Step key={message.id} chat={chat} message={message} output={output} />
          ))}
        </Places.Provider>
        {settled && turn.left.length > 0 && <LeftView left={turn.left} />}
        {last && settled && (
          <div class="turn-actions">
            <CopyButton text={text} />
            {place && <VersionSwitch open={open} place={place} number={number} />}
            {!working && !earlier && (
              <Button look="quiet" small icon="redo" label="Answer again" onClick={() => open.regenerate(last)} />
            )}
            <Time message={last} />
          </div>
        )}
      </div>
    </article>
  );
}

/** ‹ 2/3 ›: what stood here before, one after the other. */
function VersionSwitch({ open, place, number }: { open: OpenChat; place: Message; number: number | undefined }) {
  const all = (place.versions ?? 0) + 1;
  if (all === 1) return null;
  const at = number ?? all;
  const step = (to: number, label: string, sign: string) => (
    <Button
      look="quiet"
      small
      label={label}
      disabled={to < 1 || to > all}
      onClick={() => void open.versions.look_at(place, to)}
    >
      {sign}
    </Button>
  );
  return (
    <span class="versions" role="group" aria-label="Versions">
      {step(at - 1, "Earlier version", "‹")}
      <span>
        {at}/{all}
      </span>
      {step(at + 1, "Later version", "›")}
    </span>
  );
}

function Step({ chat, message, output }: { chat: Chat; message: Message; output: ChatState["output"] | undefined }) {
  return (
    <>
      {message.reasoning && <Reasoning text={message.reasoning} />}
      {message.text && <Markdown text={message.text} />}
      {message.tool_calls && message.tool_calls.length > 0 && (
        <div class="tools">
          {message.tool_calls.map((call) => (
            <ToolView key={call.id} chat={chat} call={call} output={output?.[call.id]} />
          ))}
        </div>
      )}
      {message.finish === "length" && (
        <Note look="warn">The answer was cut: the model reached the most it may write in one step.</Note>
      )}
    </>
  );
}

export function Reasoning({ text, growing }: { text: string; growing?: boolean }) {
  const open = useSignal(false);
  return (
    <div class="reasoning">
      <button type="button" class="tool-line" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <Icon name={open.value ? "down" : "right"} size={14} />
        <span>{growing ? "Thinking…" : "Thoughts"}</span>
      </button>
      {open.value && <div class="reasoning-text">{text}</div>}
    </div>
  );
}

function Time({ message }: { message: Message }) {
  return (
    <time dateTime={message.created_at} title={when_exactly(message.created_at)}>
      {when(message.created_at)}
    </time>
  );
}
