// What is happening right now, at the end of the conversation.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { ErrorCode } from "../../api/types";
import { Button } from "../../ui/button";
import { useNow } from "../../ui/clock";
import { duration, plural } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { Markdown } from "../../ui/markdown";
import { ErrorNote, Note } from "../../ui/note";
import { Reasoning } from "./message_view";
import type { OpenChat } from "./open_chat";
import type { ChatState, Live } from "./reduce";
import { stopped_after } from "./turns";

/** The step the model is writing. */
export function LiveTurn({ live, headed }: { live: Live; headed: boolean }) {
  if (!live.text && !live.reasoning && live.calls.length === 0) return null;
  return (
    <article class={headed ? "turn answer" : "turn answer goes-on"} aria-label="Zo, writing">
      <div class="who">{headed ? "Zo" : ""}</div>
      <div class="said">
        {live.reasoning && <Reasoning text={live.reasoning} growing={!live.text} />}
        {live.text && <Markdown text={live.text} growing />}
        {live.calls.length > 0 && (
          <div class="tools">
            {live.calls.map((call) => (
              <div key={call.index} class="tool writing">
                <div class="tool-line">
                  <Icon name="edit" size={14} />
                  <span class="tool-name">{call.name}</span>
                  <span class="tool-summary">{call.text.slice(-160)}</span>
                  <span class="tool-state">being written</span>
                </div>
              </div>
            ))}
          </div>
        )}
      </div>
    </article>
  );
}

/** What to do where an answer of the model `failed`, by the error's code. */
export type AnotherModel = (failed: string, code: ErrorCode | undefined) => ComponentChildren;

/** One line that says what the run does, or how it ended when it did not end well. */
export function RunStatus({ open, another_model }: { open: OpenChat; another_model: AnotherModel }) {
  const state = open.state.value;
  const run = state.run;
  if (!run) return null;
  if (run.state === "running") return <Working open={open} />;
  const again = <Button onClick={() => open.try_again()}>Try again</Button>;
  if (run.state === "failed") {
    const error = run.error ?? { message: "The run failed; its log is in the data folder." };
    return (
      <div class="aside">
        <ErrorNote
          error={{ message: error.message, advice: run.error?.try }}
          actions={
            <>
              {again}
              {another_model(run.model, run.error?.code)}
            </>
          }
        />
      </div>
    );
  }
  if (run.state === "limited") {
    return (
      <div class="aside">
        <Note look="warn" icon="pause" actions={<Button onClick={() => open.say("Continue.")}>Continue</Button>}>
          {run.error?.message ?? `The run reached its limit of ${plural(run.steps_max, "step")}.`} {run.error?.try}
        </Note>
      </div>
    );
  }
  if (run.state === "cancelled") {
    return (
      <div class="aside">
        <Note icon="stop" actions={again}>
          {stopped_after(state.messages, run)}
        </Note>
      </div>
    );
  }
  return null;
}

function Working({ open }: { open: OpenChat }) {
  const state = open.state.value;
  const words = what_happens(open, state);
  const since = useRef({ words, at: Date.now() });
  if (since.current.words !== words) since.current = { words, at: Date.now() };
  const now = useNow(true);
  return (
    <div class="aside working">
      <Icon name="work" spin size={14} />
      <span>{words}</span>
      <span class="tool-time">{duration(Math.max(now - since.current.at, 0))}</span>
    </div>
  );
}

function what_happens(open: OpenChat, state: ChatState): string {
  if (!open.connected.value) return "Reconnecting…";
  if (open.stopping.value) return "Stopping…";
  if (state.waiting?.for === "model") return `${sentence(state.waiting.text)}…`;
  if (state.waiting?.for === "retry")
    return `Asking again in ${duration(state.waiting.in_ms)}: ${state.waiting.reason}`;
  if (state.restarted_step !== null) return `The server restarted. Step ${state.restarted_step} began again`;
  const working = state.messages
    .at(-1)
    ?.tool_calls?.filter((call) => call.state === "running" || call.state === "pending");
  if (working && working.length > 0) return `${plural(working.length, "tool call")} at work`;
  if (state.live?.text) return "Writing";
  return state.live?.reasoning ? "Thinking" : "Waiting for the model";
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
