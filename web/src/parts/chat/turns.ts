// Messages grouped the way people read them: what one side said until the other spoke.
import type { LeftFile, Message, Run, ToolCall, Usage } from "../../api/types";
import { plural } from "../../ui/format";

// What a person says folds beyond this: about a screen of a phone.
const kFoldedChars = 1500;
const kFoldedLines = 16;

export interface Turn {
  /** The id of its first message. */
  key: string;
  role: "user" | "assistant";
  messages: Message[];
  /** What its run left that the person's own tools may run; told once, at the last turn of the run. */
  left: LeftFile[];
}

/** Turns whose messages did not change are the same objects as in `before`, so they need not be drawn again. */
export function turns_of(messages: Message[], before: Turn[] = []): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last && message.role === "assistant" && last.role === "assistant" && same_run(last, message)) {
      last.messages.push(message);
    } else {
      turns.push({ key: message.id, role: message.role, messages: [message], left: [] });
    }
  }
  const left = left_by_run(messages);
  for (const turn of left.size > 0 ? turns.toReversed() : []) {
    if (turn.role === "user") continue;
    const run = turn.messages[0]?.run_id ?? "";
    turn.left = left.get(run) ?? [];
    left.delete(run);
  }
  return turns.map((turn, index) => {
    const old = before[index];
    return old && same_messages(old, turn) && same_left(old.left, turn.left) ? old : turn;
  });
}

/** What a run has used. While it works, its steps tell; at its end the run itself does. */
export function usage_of(run: Run, messages: Message[]): Usage {
  const steps = messages.flatMap((message) => (message.run_id === run.id && message.usage ? [message.usage] : []));
  const sum = (kind: "input_tokens" | "output_tokens") => steps.reduce((all, step) => all + step[kind], 0);
  const used =
    run.state === "running" ? { input_tokens: sum("input_tokens"), output_tokens: sum("output_tokens") } : run.usage;
  return steps.some((step) => step.estimated) ? { ...used, estimated: true } : used;
}

function same_run(turn: Turn, message: Message): boolean {
  return turn.messages[0]?.run_id === message.run_id;
}

function same_messages(a: Turn, b: Turn): boolean {
  return a.messages.length === b.messages.length && a.messages.every((message, index) => message === b.messages[index]);
}

function same_left(a: LeftFile[], b: LeftFile[]): boolean {
  return a.length === b.length && a.every((file, index) => file.path === b[index]?.path && file.diff === b[index].diff);
}

/** By run: each path once, with the changes of all calls one behind the other. */
function left_by_run(messages: Message[]): Map<string, LeftFile[]> {
  const runs = new Map<string, Map<string, LeftFile>>();
  for (const { run_id, tool_calls } of messages) {
    for (const file of tool_calls?.flatMap((call) => call.left ?? []) ?? []) {
      const files = runs.get(run_id ?? "") ?? new Map<string, LeftFile>();
      const before = files.get(file.path)?.diff ?? "";
      // Calls that work side by side may see the same change.
      files.set(file.path, { ...file, diff: before.endsWith(file.diff) ? before : before + file.diff });
      runs.set(run_id ?? "", files);
    }
  }
  return new Map([...runs].map(([run, files]) => [run, [...files.values()]]));
}

export interface TouchedFile {
  path: string;
  how: "given" | "written" | "changed";
}

/** Files given to the conversation, written or changed in it; the last thing that happened to each. */
export function touched_files(messages: Message[]): TouchedFile[] {
  const files = new Map<string, TouchedFile>();
  for (const message of messages) {
    for (const path of message.files ?? []) files.set(path, { path, how: "given" });
    for (const call of message.tool_calls ?? []) {
      const path = typeof call.arguments === "string" ? null : call.arguments.path;
      if (call.state !== "ok" || typeof path !== "string") continue;
      if (call.name === "write_file") files.set(path, { path, how: "written" });
      if (call.name === "edit_file" && files.get(path)?.how !== "written") files.set(path, { path, how: "changed" });
    }
  }
  return [...files.values()];
}

/** Whether more is kept of the run's outputs, or of its sub-agents', than its messages hold. */
export function has_whole_outputs(messages: Message[], run: Run): boolean {
  const calls = messages.filter((message) => message.run_id === run.id).flatMap((message) => message.tool_calls ?? []);
  return calls.some((call) => call.truncated || (call.children?.length ?? 0) > 0);
}

/** What had already happened when a run was stopped, as one sentence. */
export function stopped_after(messages: Message[], run: Run): string {
  const own = messages.filter((message) => message.run_id === run.id);
  const calls = own.flatMap((message) => message.tool_calls ?? []);
  const finished = calls.filter((call) => call.state === "ok" || call.state === "failed").length;
  const cut = calls.filter((call) => call.state === "cancelled" || call.state === "unknown").length;
  // What was said to a run while it worked waits for its next step.
  const waiting = own.length - 1 - Math.max(own.map((message) => message.role).lastIndexOf("assistant"), 0);
  const unheard = waiting > 0 ? ` ${plural(waiting, "message was", "messages were")} not answered.` : "";
  if (calls.length === 0) return `Stopped. No tool had run.${unheard}`;
  const done = finished > 0 ? `${plural(finished, "tool call")} had finished` : "No tool call had finished";
  return `Stopped. ${done}${cut > 0 ? `, ${plural(cut, "was", "were")} cut short` : ""}.${unheard}`;
}

/** The one argument that says most, for a call whose server gave no summary. */
export function summary_of(call: Pick<ToolCall, "summary" | "arguments">): string {
  if (call.summary) return call.summary;
  if (typeof call.arguments === "string") return call.arguments;
  const text = Object.values(call.arguments).find((value) => typeof value === "string");
  return typeof text === "string" ? text : "";
}

/** More than one likes to scroll past. */
export function is_long(text: string): boolean {
  return text.length > kFoldedChars || text.split("\n", kFoldedLines + 1).length > kFoldedLines;
}
