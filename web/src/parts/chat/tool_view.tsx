// A tool call: one line until it is opened.
import { useSignal } from "@preact/signals";
import { memo } from "preact/compat";
import { useMemo, useRef } from "preact/hooks";
import { type ApiError, as_error } from "../../api/client";
import type { ToolCall, ToolState } from "../../api/types";
import { Button } from "../../ui/button";
import { useNow } from "../../ui/clock";
import { CopyButton } from "../../ui/copy";
import { rows_of } from "../../ui/delimited";
import { download } from "../../ui/download";
import { bytes, duration } from "../../ui/format";
import { Icon, type IconName } from "../../ui/icon";
import { ErrorNote } from "../../ui/note";
import { useStick } from "../../ui/stick";
import { Table } from "../../ui/table";
import type { Chat } from "./chat";
import { ChildRuns } from "./child_view";
import { DiffView } from "./diff_view";
import { PictureView } from "./picture_view";
import { pictures_of } from "./pictures";
import { summary_of } from "./turns";

// More than this is saved as a file rather than shown.
const kShownMaxBytes = 1_000_000;

const kStates: Record<ToolState, { icon: IconName; word: string }> = {
  asked: { icon: "clock", word: "asks you" },
  pending: { icon: "clock", word: "waiting" },
  running: { icon: "work", word: "running" },
  ok: { icon: "check", word: "done" },
  failed: { icon: "cross", word: "failed" },
  refused: { icon: "stop", word: "refused" },
  cancelled: { icon: "stop", word: "cancelled" },
  unknown: { icon: "unknown", word: "unknown" },
};

interface Props {
  chat: Chat;
  call: ToolCall;
  /** Its output so far, while it works. */
  output: string | undefined;
}

export const ToolView = memo(function ToolView({ chat, call, output }: Props) {
  const open = useSignal(false);
  const { icon, word } = kStates[call.state];
  return (
    <div class={`tool ${call.state}`}>
      <button type="button" class="tool-line" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <Icon name={open.value ? "down" : "right"} size={14} />
        <span class="tool-name">{call.name}</span>
        <span class="tool-summary">{summary_of(call)}</span>
        <span class="tool-state">
          <Icon name={icon} size={14} spin={call.state === "running"} />
          <span class={call.state === "ok" ? "unseen" : ""}>{word}</span>
          <Elapsed call={call} />
        </span>
      </button>
      {open.value && <ToolDetail chat={chat} call={call} output={output} />}
      {!open.value && call.state === "running" && output && <LastLine text={output} />}
      {call.state === "asked" && chat.asked_about(call.id)}
      {call.children && call.children.length > 0 && (
        <ChildRuns chat={chat} ids={call.children} prompts={prompts_of(call)} />
      )}
    </div>
  );
});

function Elapsed({ call }: { call: ToolCall }) {
  const running = call.state === "running";
  const since = useRef(call.started_at ? Date.parse(call.started_at) : Date.now());
  const now = useNow(running);
  if (call.elapsed_ms !== undefined) return <span class="tool-time">{duration(call.elapsed_ms)}</span>;
  return running ? <span class="tool-time">{duration(Math.max(now - since.current, 0))}</span> : null;
}

function LastLine({ text }: { text: string }) {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  return <div class="tool-last">{line.slice(-200)}</div>;
}

function ToolDetail({ chat, call, output }: Props) {
  const whole = useSignal<string | null>(null);
  const error = useSignal<ApiError | null>(null);
  const as_text = useSignal(false);
  const text = whole.value ?? output ?? call.output;
  const rows = useMemo(() => (call.state === "ok" ? rows_of(text) : null), [call.state, text]);

  async function read_whole() {
    error.value = null;
    try {
      const all = await chat.client.text(`/api/tool-calls/${call.id}/output`);
      if (call.output_bytes <= kShownMaxBytes) whole.value = all;
      else download(URL.createObjectURL(new Blob([all], { type: "text/plain" })), `${call.name}-output.txt`);
    } catch (cause) {
      error.value = as_error(cause);
    }
  }

  return (
    <div class="tool-detail">
      <Arguments values={typeof call.arguments === "string" ? { arguments: call.arguments } : call.arguments} />
      {call.diff && <DiffView diff={call.diff} />}
      {pictures_of(call).map((path) => (
        <PictureView key={path} chat={chat} path={path} />
      ))}
      {rows && !as_text.value && <Table rows={rows} />}
      {text && !(rows && !as_text.value) && <Output text={text} follow={call.state === "running"} />}
      {!text && call.state === "running" && <p class="faint">No output yet.</p>}
      <div class="tool-foot">
        {call.exit_code !== undefined && <span>exit code {call.exit_code}</span>}
        {call.output_bytes > 0 && <span>{bytes(call.output_bytes)} of output</span>}
        {call.truncated && whole.value === null && (
          <Button small onClick={read_whole}>
            {call.output_bytes <= kShownMaxBytes ? "Show the whole output" : "Save the whole output"}
          </Button>
        )}
        {rows && (
          <Button small onClick={() => (as_text.value = !as_text.value)}>
            {as_text.value ? "Show as a table" : "Show as text"}
          </Button>
        )}
        {text && <CopyButton text={() => text} label="Copy output" named />}
      </div>
      {error.value && <ErrorNote error={error.value} />}
    </div>
  );
}

function Arguments({ values }: { values: Record<string, unknown> }) {
  const entries = Object.entries(values);
  if (entries.length === 0) return null;
  return (
    <dl class="tool-arguments">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Output({ text, follow }: { text: string; follow: boolean }) {
  const scroller = useRef<HTMLPreElement>(null);
  const content = useRef<HTMLElement>(null);
  // A finished call is read from its beginning, a working one from its end.
  useStick(scroller, content, follow, follow ? "end" : "start");
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <pre class="tool-output" ref={scroller} tabIndex={0} role="group" aria-label="Output">
      <code ref={content}>{text}</code>
    </pre>
  );
}

function prompts_of(call: ToolCall): string[] {
  const prompts = typeof call.arguments === "object" ? call.arguments.prompts : null;
  return Array.isArray(prompts) ? prompts.map(String) : [];
}
