// Reads a stream of numbered events: never a lost event, never a doubled one. The connection may break at any moment;
// it is opened again after the last number seen, ever more slowly, until the stream's own end has been read.
import { effect } from "@preact/signals";
import { type ApiError, as_error, type Client, with_query } from "./client";
import { type SseFrame, SseParser } from "./sse";
import type { EndReason } from "./types";

const kPauseFirstMs = 250;
const kPauseLongestMs = 8000;
// The server sends a comment every 15 s; three missed ones mean the connection is dead though nobody said so.
const kSilenceLongestMs = 45_000;

export interface FeedSink<Event> {
  /** Everything that arrived together, in order; numbers rise. A `reset` begins with any number. */
  events(batch: Event[]): void;
  connection(state: "open" | "reconnecting"): void;
  /** Called once; nothing follows. */
  ended(reason: EndReason): void;
  /** The server refuses this feed for good (it is gone, or this browser may not read it). Nothing follows. */
  failed(error: ApiError): void;
}

export class Feed<Event extends { number: number; kind: string }> {
  private readonly abort = new AbortController();
  private readonly client: Client;
  private readonly path: string;
  private readonly sink: FeedSink<Event>;
  private after: number | null;

  /** `after` null: from wherever the server begins. */
  constructor(client: Client, path: string, after: number | null, sink: FeedSink<Event>) {
    this.client = client;
    this.path = path;
    this.after = after;
    this.sink = sink;
    void this.follow();
  }

  close(): void {
    this.abort.abort();
  }

  private async follow(): Promise<void> {
    let pause_ms = kPauseFirstMs;
    while (!this.abort.signal.aborted) {
      const before = this.after;
      try {
        const reason = await this.read_once();
        if (reason && reason !== "server_stopping") {
          if (!this.abort.signal.aborted) this.sink.ended(reason);
          return;
        }
      } catch (cause) {
        if (this.abort.signal.aborted) return;
        const error = as_error(cause);
        if (is_final(error)) return this.sink.failed(error);
      }
      if (this.abort.signal.aborted) return;
      this.sink.connection("reconnecting");
      if (this.after !== before) pause_ms = kPauseFirstMs;
      await this.pause(pause_ms * (0.75 + Math.random() / 2));
      pause_ms = Math.min(pause_ms * 2, kPauseLongestMs);
    }
  }

  /** One connection. Gives back the reason of the end event, or null when the connection just stopped. */
  private async read_once(): Promise<EndReason | null> {
    const connection = new AbortController();
    const stop = () => connection.abort();
    this.abort.signal.addEventListener("abort", stop);
    let silence = setTimeout(stop, kSilenceLongestMs);
    try {
      const path = with_query(this.path, { after: this.after ?? undefined });
      const response = await this.client.request("GET", path, { signal: connection.signal });
      const reader = response.body
        ?.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
        .getReader();
      if (!reader) return null;
      this.sink.connection("open");
      const parser = new SseParser();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return null;
        clearTimeout(silence);
        silence = setTimeout(stop, kSilenceLongestMs);
        const reason = this.deliver(parser.push(value));
        if (reason) return reason;
      }
    } finally {
      clearTimeout(silence);
      this.abort.signal.removeEventListener("abort", stop);
      connection.abort();
    }
  }

  private deliver(frames: SseFrame[]): EndReason | null {
    const batch: Event[] = [];
    let end: EndReason | null = null;
    for (const frame of frames) {
      const data = JSON.parse(frame.data);
      if (frame.event === "end") {
        end = data.reason;
        break;
      }
      const number = Number(data.number ?? frame.id);
      const rises = this.after === null || frame.event === "reset" || number > this.after;
      if (!rises) continue;
      this.after = number;
      batch.push({ number, kind: frame.event, data } as unknown as Event);
    }
    if (batch.length > 0 && !this.abort.signal.aborted) this.sink.events(batch);
    return end;
  }

  /** Waits, but not longer than until the server is known to be back, the network returns or the feed is closed. */
  private pause(wait_ms: number): Promise<void> {
    return new Promise((resolve) => {
      const was_reachable = this.client.reachable.value;
      const stop_watching = effect(() => {
        if (this.client.reachable.value && !was_reachable) go();
      });
      const timer = setTimeout(go, wait_ms);
      addEventListener("online", go);
      this.abort.signal.addEventListener("abort", go);
      const signal = this.abort.signal;
      function go() {
        clearTimeout(timer);
        removeEventListener("online", go);
        signal.removeEventListener("abort", go);
        queueMicrotask(() => stop_watching());
        resolve();
      }
    });
  }
}

function is_final(error: ApiError): boolean {
  return error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
}
