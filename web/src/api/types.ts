// The shapes of the HTTP API, made from what the server describes itself by, and what the page adds to them.
import type { Change, RunEvent } from "./types.gen";

export type * from "./types.gen";

/** An event with its place in the feed. */
export type FeedEvent = RunEvent & { number: number };

/** A change with its place in the person feed. */
export type ChangeEvent = Change & { number: number };
export type ChangeKind = Change["kind"];
export type ChangeData<K extends ChangeKind> = Extract<Change, { kind: K }>["data"];
