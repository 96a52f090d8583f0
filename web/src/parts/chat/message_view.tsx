// One turn: what a person said, or what Zo answered with the tools it used on the way.
import { useSignal } from "@preact/signals";
import { memo } from "preact/compat";
import type { Message } from "../../api/types";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy";
import { when, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { Markdown } from "../../ui/markdown";
import { Note } from "../../ui/note";
import type { Chat } from "./chat";
import { FileChips } from "./file_chips";
import { LeftView } from "./left_view";
import type { OpenChat } from "./open_chat";
import type { ChatState } from "./reduce";
import { ToolView } from "./tool_view";
import type { Turn } from "./turns";

interface Props {
  chat: Chat;
  open: OpenChat;
  turn: Turn;
  /** Live output by call; only the last turn has any. */
  output: ChatState["output"] | undefined;
  /** A run works: what has been said cannot be changed now. */
  working: boolean;
}

export const TurnView = memo(function TurnView(props: Props) {
  return props.turn.role === "user" ? <UserTurn {...props} /> : <AnswerTurn {...props} />;
});

function UserTurn({ chat, open, turn, working }: Props) {
  const editing = useSignal(false);
  const message = turn.messages[0];
  if (!message) return null;
  return (
    <article class="turn user" aria-label="You">
      <div class="who">You</div>
      <div class="said">
        {editing.value ? (
          <Editor open={open} message={message} close={() => (editing.value = false)} />
        ) : (
          <>
            <p class="user-text">{message.text}</p>
            <FileChips chat={chat} paths={message.files ?? []} />
          </>
        )}
        <div class="turn-actions">
          {!working && !editing.value && (
            <Button look="quiet" small icon="edit" label="Edit and ask again" onClick={() => (editing.value = true)} />
          )}
          <CopyButton text={() => message.text} />
          <Time message={message} />
        </div>
      </div>
    </article>
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
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
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

function AnswerTurn({ chat, open, turn, output, working }: Props) {
  const last = turn.messages.at(-1);
  const settled = !(working && output !== undefined);
  const text = () =>
    turn.messages
      .map((message) => message.text)
      .filter(Boolean)
      .join("\n\n");
  return (
    <article class="turn answer" aria-label="Zo">
      <div class="who">Zo</div>
      <div class="said">
        {turn.messages.map((message) => (
          <Step key={message.id} chat={chat} message={message} output={output} />
        ))}
        {settled && turn.left.length > 0 && <LeftView left={turn.left} />}
        {last && settled && (
          <div class="turn-actions">
            <CopyButton text={text} />
            {!working && (
              <Button look="quiet" small icon="redo" label="Answer again" onClick={() => open.regenerate(last)} />
            )}
            <Time message={last} />
          </div>
        )}
      </div>
    </article>
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
