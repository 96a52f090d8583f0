// The runs of sub-agents under the call that began them: a line each, with their own answer inside.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type ApiError, as_error } from "../../api/client";
import { Feed } from "../../api/feed";
import type { FeedEvent, Message, Run } from "../../api/types";
import { count, plural } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { Markdown } from "../../ui/markdown";
import { ErrorNote } from "../../ui/note";
import type { Chat } from "./chat";
import { type ChatState, empty_chat, reduce } from "./reduce";
import { kRunStates } from "./run_words";
import { ToolView } from "./tool_view";
import { usage_of } from "./turns";

interface Props {
  chat: Chat;
  ids: string[];
  /** What each was asked, as far as it is known. */
  prompts: string[];
}

export function ChildRuns({ chat, ids, prompts }: Props) {
  return (
    <ul class="children" aria-label="Sub-agents">
      {ids.map((id, index) => (
        <ChildRun key={id} chat={chat} id={id} number={index + 1} asked={prompts[index]} />
      ))}
    </ul>
  );
}

function ChildRun({ chat, id, number, asked }: { chat: Chat; id: string; number: number; asked: string | undefined }) {
  const run = useSignal<Run | null>(null);
  const state = useSignal<ChatState>(empty_chat());
  const error = useSignal<ApiError | null>(null);
  const open = useSignal(false);

  const reachable = chat.client.reachable.value;
  useEffect(() => {
    if (!reachable || run.value) return;
    chat.client.get<Run>(`/api/runs/${id}`).then(
      (found) => {
        run.value = found;
        error.value = null;
      },
      (cause) => {
        error.value = as_error(cause);
      },
    );
  }, [id, reachable]);

  // Each feed is a connection, of which a browser has few: only what is looked at is followed.
  useEffect(() => {
    if (!open.value) return;
    const feed = new Feed<FeedEvent>(chat.client, `/api/runs/${id}/events`, state.value.cursor, {
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
  }, [id, open.value]);

  const now = state.value.run ?? chat.sub_agents.value[id] ?? run.value;
  const { icon, word } = kRunStates[now?.state ?? "running"];
  return (
    <li class="child">
      <button type="button" class="tool-line" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <Icon name={open.value ? "down" : "right"} size={14} />
        <span class="tool-name">agent {number}</span>
        <span class="tool-summary">{asked ?? (now ? plural(now.step, "step") : "reading…")}</span>
        <span class="tool-state">
          <Icon name={icon} size={14} spin={now?.state === "running"} />
          <span>{word}</span>
          {now && <span class="tool-time">{count(tokens_of(now, state.value.messages))} tokens</span>}
        </span>
      </button>
      {open.value && <ChildStory chat={chat} state={state.value} />}
      {error.value && <ErrorNote error={error.value} />}
    </li>
  );
}

function tokens_of(run: Run, messages: Message[]): number {
  const { input_tokens, output_tokens } = usage_of(run, messages);
  return input_tokens + output_tokens;
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
