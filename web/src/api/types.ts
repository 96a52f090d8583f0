// The shapes of the HTTP API, made from what the server describes itself by, and what the page adds to them.
import type { RunEvent } from "./types.gen";

export type * from "./types.gen";

/** An event with its place in the feed. */
export type FeedEvent = RunEvent & { number: number };
