// The shapes of the HTTP API and of the event stream, spelled as they travel.

export type ErrorCode =
  | "not_found"
  | "invalid"
  | "denied"
  | "conflict"
  | "exhausted"
  | "timeout"
  | "cancelled"
  | "unavailable"
  | "corrupt"
  | "internal"
  | "unauthenticated";

export interface ErrorBody {
  code: ErrorCode;
  message: string;
  try?: string;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export type ModelState = "ready" | "loading" | "not_installed" | "stopped" | "failed" | "offered";

export interface ComputerInfo {
  version: string;
  address: string;
  workspace: string;
  home: string;
  model: {
    name: string;
    label: string;
    source: "conversation" | "environment" | "owner" | "embedded";
    state: ModelState;
    detail?: string;
  };
  sandbox: { ok: boolean; reason?: string; try?: string };
  limits: { steps_a_run: number; tokens_a_day: number; tokens_today: number };
  setup_done: boolean;
}

export interface Model {
  name: string;
  label: string;
  provider: string;
  source: "embedded" | "environment" | "loopback";
  state: ModelState;
  detail?: string;
  size_bytes?: number;
  context_tokens?: number;
}

export interface ModelList {
  items: Model[];
  current: string;
}

export type ModelTest = { ok: true; reply: string; elapsed_ms: number } | { ok: false; error: ErrorBody };

export interface Example {
  text: string;
  why: string;
}

export interface Conversation {
  id: string;
  title: string;
  model: string | null;
  created_at: string;
  updated_at: string;
  active_run_id: string | null;
}

export type ToolState = "pending" | "running" | "ok" | "failed" | "cancelled" | "unknown";

/** A file that the person's own tools (git, a shell, an editor) may run, made or changed by an agent. */
export interface LeftFile {
  path: string;
  diff: string;
  /** Taken away again: it stood in a git folder of the person's. */
  removed: boolean;
}

export interface ToolCall {
  id: string;
  run_id: string;
  message_id: string;
  step: number;
  name: string;
  /** The text as the model wrote it when it is not the JSON object it should be. */
  arguments: Record<string, unknown> | string;
  summary: string;
  state: ToolState;
  output: string;
  output_bytes: number;
  truncated: boolean;
  exit_code?: number;
  elapsed_ms?: number;
  started_at?: string;
  children?: string[];
  diff?: string;
  left?: LeftFile[];
}

export interface Message {
  id: string;
  conversation_id: string;
  run_id: string | null;
  role: "user" | "assistant";
  origin: string;
  state: "placed" | "queued" | "removed";
  /** null while it is queued. */
  position: number | null;
  created_at: string;
  text: string;
  reasoning?: string;
  files?: string[];
  tool_calls?: ToolCall[];
  step?: number;
  finish?: string;
  /** Of the step that said it. */
  usage?: Usage;
}

export interface Usage {
  input_tokens: number;
  output_tokens: number;
}

export type RunState = "running" | "done" | "failed" | "cancelled" | "limited";

export interface Run {
  id: string;
  conversation_id: string;
  parent_run_id: string | null;
  state: RunState;
  model: string;
  step: number;
  steps_max: number;
  attempt: number;
  usage: Usage;
  created_at: string;
  finished_at: string | null;
  error?: ErrorBody;
  last_event: number;
}

export interface FreedOutputs {
  outputs: number;
  freed_bytes: number;
}

export interface FileEntry {
  name: string;
  path: string;
  kind: "file" | "folder";
  size_bytes: number;
  modified_at: string;
}

export interface Folder {
  path: string;
  items: FileEntry[];
  truncated: boolean;
}

export interface Token {
  id: string;
  /** A page's is the session of a browser. */
  kind: "token" | "page";
  name: string;
  scope: "all" | "chat" | "read";
  tools?: string | null;
  /** Which it may name: all, chosen (the owner's choice alone), or names with commas beside it. */
  models: string;
  created_at: string;
  last_used_at: string | null;
}

export interface Tool {
  name: string;
  description: string;
}

export interface Span {
  from: number;
  to: number;
}

/** What the person feed tells, each thing as it stood then. */
export interface ChangeData {
  /** Everything may have changed. */
  reset: Record<string, never>;
  conversation: { conversation: Conversation };
  run: { run: Run };
  models: { models: ModelList; model: ComputerInfo["model"] };
  gone: { what: "conversation" | "run"; id: string };
}

export type ChangeKind = keyof ChangeData;
export type Change = { [K in ChangeKind]: { number: number; kind: K; data: ChangeData[K] } }[ChangeKind];

export type EndReason = "done" | "failed" | "cancelled" | "limited" | "server_stopping";

/** What each kind of event carries. Kinds marked live may be missing when a feed is read again. */
export interface EventData {
  run_started: { run: Run };
  message_placed: { message: Message };
  message: { message: Message; replaces?: Span };
  tool_finished: { tool_call: ToolCall };
  context_trimmed: { messages_left_out: number };
  step_restarted: { step: number; attempt: number };
  run_finished: { run: Run };
  /* live */
  step_started: { step: number };
  text: { step: number; text: string };
  reasoning: { step: number; text: string };
  tool_arguments: { step: number; index: number; name: string; text: string };
  message_partial: { step: number; text: string; reasoning?: string; replaces: Span };
  tool_started: { tool_call_id: string; children?: string[] };
  tool_progress: { tool_call_id: string; text: string };
  model_state: { state: "loading" | "ready"; text: string };
  retrying: { step: number; in_ms: number; reason: string };
  /* always last */
  end: { reason: EndReason };
}

export type EventKind = keyof EventData;
export type FeedEvent = { [K in EventKind]: { number: number; kind: K; data: EventData[K] } }[EventKind];
