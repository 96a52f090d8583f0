// What a conversation looks like after an event: state × event → state, without side effects.
//
// Promises: reading an event twice changes nothing (numbers rise, older ones are skipped), and events marked live may
// be missing: once a step's `message` has been read, the state is the same with or without them.
import type { FeedEvent, Message, Run, ToolCall, ToolState } from "../../api/types";

const kLiveOutputMaxChars = 64 * 1024;

export interface LiveCall {
  index: number;
  name: string;
  text: string;
}

/** What the model is writing and has not finished. */
export interface Live {
  step: number;
  text: string;
  reasoning: string;
  calls: LiveCall[];
}

export type Waiting = { for: "model"; text: string } | { for: "retry"; in_ms: number; reason: string };

export interface ChatState {
  /** Number of the last event read from the feed of `run`. */
  cursor: number;
  /** The newest run of the conversation. */
  run: Run | null;
  /** Placed messages, by position. */
  messages: Message[];
  /** Messages that wait to be taken in by the run, in the order sent. */
  queued: Message[];
  live: Live | null;
  /** Output of tool calls that still work, by tool call id; the newest 64 Ki characters. */
  output: Record<string, string>;
  waiting: Waiting | null;
  /** How many of the oldest messages the model no longer sees. */
  messages_left_out: number;
  /** The step that began again because the server restarted, until it is through. */
  restarted_step: number | null;
}

export function empty_chat(): ChatState {
  return {
    cursor: 0,
    run: null,
    messages: [],
    queued: [],
    live: null,
    output: {},
    waiting: null,
    messages_left_out: 0,
    restarted_step: null,
  };
}

export function reduce(state: ChatState, event: FeedEvent): ChatState {
  if (event.number <= state.cursor) return state;
  return apply({ ...state, cursor: event.number }, event);
}

function apply(state: ChatState, event: FeedEvent): ChatState {
  switch (event.kind) {
    case "run_started":
      return { ...state, run: event.data.run };
    case "message_placed":
      return place(state, event.data.message);
    case "message":
      return step_done(place(state, event.data.message), event.data.message.step ?? 0);
    case "tool_finished":
      return finish_call(state, event.data.tool_call);
    case "tool_asked":
      return finish_call(state, event.data.tool_call);
    case "run_waiting":
    case "run_resumed":
      return { ...state, run: event.data.run, live: null, waiting: null };
    case "context_trimmed":
      return { ...state, messages_left_out: event.data.messages_left_out };
    case "step_restarted":
      return { ...state, live: null, output: {}, waiting: null, restarted_step: event.data.step };
    case "run_finished":
      return { ...state, run: event.data.run, live: null, output: {}, waiting: null, restarted_step: null };
    case "step_started":
      return { ...state, run: at_step(state.run, event.data.step), live: blank(event.data.step), waiting: null };
    case "text":
      return write(state, event.data.step, (live) => ({ ...live, text: live.text + event.data.text }));
    case "reasoning":
      return write(state, event.data.step, (live) => ({ ...live, reasoning: live.reasoning + event.data.text }));
    case "tool_arguments":
      return write(state, event.data.step, (live) => ({ ...live, calls: write_call(live.calls, event.data) }));
    case "message_partial": {
      const { step, text, reasoning = "" } = event.data;
      return write(state, step, (live) => ({ ...live, text, reasoning }));
    }
    case "tool_started":
      return start_call(state, event.data.tool_call_id, event.data.children);
    case "tool_progress":
      return progress(state, event.data.tool_call_id, event.data.text);
    case "model_state":
      return { ...state, waiting: event.data.state === "loading" ? { for: "model", text: event.data.text } : null };
    case "retrying":
      return { ...state, waiting: { for: "retry", in_ms: event.data.in_ms, reason: event.data.reason } };
    default:
      // The end is the feed's business, and a newer server may say more than this page understands.
      return state;
  }
}

/** A conversation as the store gives it, before any event. */
export function stored(all: Message[]): ChatState {
  const messages = all.filter((message) => message.state === "placed").toSorted((a, b) => place_of(a) - place_of(b));
  return { ...empty_chat(), messages, queued: all.filter((message) => message.state === "queued") };
}

/** Puts a message of an event, or answered to a write, where it belongs. */
export function place(state: ChatState, message: Message): ChatState {
  const known = state.messages.find((each) => each.id === message.id);
  const messages = state.messages.filter((each) => each.id !== message.id);
  const queued = state.queued.filter((each) => each.id !== message.id);
  // An answer to a write may arrive after the event that overtook it.
  if (message.state === "queued" && !known) return { ...state, queued: [...queued, message] };
  const merged = known ? merge(known, message) : message;
  let at = messages.length;
  while (at > 0 && is_behind(messages[at - 1], merged)) at -= 1;
  messages.splice(at, 0, merged);
  return { ...state, messages, queued };
}

function place_of(message: Message): number {
  return message.position ?? Number.POSITIVE_INFINITY;
}

function is_behind(message: Message | undefined, other: Message): boolean {
  return message !== undefined && place_of(message) > place_of(other);
}

/** Leaves a message out, and with `and_after` everything that stands behind it. */
export function without(state: ChatState, message_id: string, and_after: "only" | "and_after"): ChatState {
  const at = state.messages.findIndex((each) => each.id === message_id);
  const queued = state.queued.filter((each) => each.id !== message_id);
  if (at < 0) return { ...state, queued };
  const messages = state.messages.filter((_, index) => (and_after === "only" ? index !== at : index < at));
  return { ...state, messages, queued };
}

/** Makes `run` the one whose events follow. The same run again changes nothing. */
export function follow_run(state: ChatState, run: Run): ChatState {
  if (state.run?.id === run.id) return state;
  return { ...state, cursor: 0, run, live: null, output: {}, waiting: null, restarted_step: null };
}

/** A replayed message may be older than what we know of its calls: a call never goes back to an earlier state. */
function merge(known: Message, message: Message): Message {
  const placed: Message =
    message.state === "queued" ? { ...message, state: known.state, position: known.position } : message;
  if (!known.tool_calls || !message.tool_calls) return placed;
  const before = new Map(known.tool_calls.map((call) => [call.id, call]));
  const tool_calls = message.tool_calls.map((call) => {
    const old = before.get(call.id);
    return old && progress_of(old.state) > progress_of(call.state) ? old : call;
  });
  return { ...placed, tool_calls };
}

function progress_of(state: ToolState): number {
  return state === "pending" || state === "asked" ? 0 : state === "running" ? 1 : 2;
}

function step_done(state: ChatState, step: number): ChatState {
  const live = state.live && state.live.step > step ? state.live : null;
  return { ...state, run: at_step(state.run, step), live, waiting: null, restarted_step: null };
}

function at_step(run: Run | null, step: number): Run | null {
  return run && run.step < step ? { ...run, step } : run;
}

function blank(step: number): Live {
  return { step, text: "", reasoning: "", calls: [] };
}

function write(state: ChatState, step: number, change: (live: Live) => Live): ChatState {
  const live = state.live?.step === step ? state.live : blank(step);
  return { ...state, live: change(live), waiting: null };
}

function write_call(calls: LiveCall[], piece: LiveCall): LiveCall[] {
  const known = calls.find((call) => call.index === piece.index);
  if (!known) return [...calls, { index: piece.index, name: piece.name, text: piece.text }];
  return calls.map((call) =>
    call === known ? { ...call, name: piece.name || call.name, text: call.text + piece.text } : call,
  );
}

function change_call(state: ChatState, id: string, change: (call: ToolCall) => ToolCall): ChatState {
  const at = state.messages.findLastIndex((message) => message.tool_calls?.some((call) => call.id === id));
  const message = state.messages[at];
  if (!message?.tool_calls) return state;
  const tool_calls = message.tool_calls.map((call) => (call.id === id ? change(call) : call));
  return { ...state, messages: state.messages.with(at, { ...message, tool_calls }) };
}

function start_call(state: ChatState, id: string, children: string[] | undefined): ChatState {
  return change_call(state, id, (call) => {
    if (progress_of(call.state) > 1) return call;
    return { ...call, state: "running", ...(children ? { children } : {}) };
  });
}

function progress(state: ChatState, id: string, text: string): ChatState {
  const output = ((state.output[id] ?? "") + text).slice(-kLiveOutputMaxChars);
  return start_call({ ...state, output: { ...state.output, [id]: output } }, id, undefined);
}

function finish_call(state: ChatState, call: ToolCall): ChatState {
  const { [call.id]: _, ...output } = state.output;
  return change_call({ ...state, output }, call.id, () => call);
}
