// The runs of sub-agents under the call that began them: a line each, with their own answer inside.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type ApiError, as_error } from "../../api/client";
import { Feed } from "../../api/feed";
import type { Run } from "../../api/types";
import { count, plural } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { Markdown } from "../../ui/markdown";
import { ErrorNote } from "../../ui/note";
import type { Chat } from "./chat";
import { type ChatState, empty_chat, reduce } from "./reduce";
import { kRunStates } from "./run_words";
import { ToolView } from "./tool_view";

export function ChildRuns({ chat, ids }: { chat: Chat; ids: string[] }) {
  return (
    <ul class="children" aria-label="Sub-agents">
      {ids.map((id, index) => (
        <ChildRun key={id} chat={chat} id={id} number={index + 1} />
      ))}
    </ul>
  );
}

function ChildRun({ chat, id, number }: { chat: Chat; id: string; number: number }) {
  const run = useSignal<Run | null>(null);
  const state = useSignal<ChatState>(empty_chat());
  const error = useSignal<ApiError | null>(null);
  const open = useSignal(false);

  useEffect(() => {
    chat.client.get<Run>(`/api/runs/${id}`).then(
      (found) => {
        run.value = found;
      },
      (cause) => {
        error.value = as_error(cause);
      },
    );
  }, [id]);

  // A run that works is followed at once, a finished one is read when it is opened.
  const wanted = open.value || run.value?.state === "running";
  useEffect(() => {
    if (!wanted) return;
    const feed = new Feed(chat.client, id, state.value.cursor, {
      events: (batch) => {
        state.value = batch.reduce(reduce, state.value);
      },
      connection: () => {},
      ended: () => {},
      failed: (cause) => {
        error.value = cause;
      },
    });
    return () => feed.close();
  }, [id, wanted]);

  const now = state.value.run ?? run.value;
  const { icon, word } = kRunStates[now?.state ?? "running"];
  const asked = state.value.messages.find((message) => message.role === "user")?.text;
  return (
    <li class="child">
      <button type="button" class="tool-line" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <Icon name={open.value ? "down" : "right"} size={14} />
        <span class="tool-name">agent {number}</span>
        <span class="tool-summary">{asked ?? (now ? plural(now.step, "step") : "reading…")}</span>
        <span class="tool-state">
          <Icon name={icon} size={14} spin={now?.state === "running"} />
          <span>{word}</span>
          {now && <span class="tool-time">{count(now.usage.input_tokens + now.usage.output_tokens)} tokens</span>}
        </span>
      </button>
      {open.value && <ChildStory chat={chat} state={state.value} />}
      {error.value && <ErrorNote error={error.value} />}
    </li>
  );
}

function ChildStory({ chat, state }: { chat: Chat; state: ChatState }) {
  return (
    <div class="child-story">
      {state.messages.map((message) => (
        <div key={message.id}>
          {message.role === "user" ? <p class="user-text">{message.text}</p> : <Markdown text={message.text} />}
          {message.tool_calls?.map((call) => (
            <ToolView key={call.id} chat={chat} call={call} output={state.output[call.id]} />
          ))}
        </div>
      ))}
      {state.live && <Markdown text={state.live.text} growing />}
      {state.run?.error && <ErrorNote error={{ ...state.run.error, advice: state.run.error.try }} />}
    </div>
  );
}
