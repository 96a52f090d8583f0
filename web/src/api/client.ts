// The only way from the page to the server. Every request carries the session secret as a header; there are no
// cookies. Whatever goes wrong comes out as an ApiError that a person can read.
import { signal } from "@preact/signals";
import type { ErrorBody, ErrorCode } from "./types";

const kSessionKey = "zo.session";
/** Where this browser keeps what it could not send, by conversation. */
export const kUnsentKey = "zo.outbox.";
const kProbeFirstMs = 400;
const kProbeLongestMs = 5000;
const kLookEveryMs = 1000;

export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly advice: string | undefined;
  /** 0 when the server was not reached at all. */
  readonly status: number;

  constructor(body: ErrorBody, status: number) {
    super(body.message);
    this.code = body.code;
    this.advice = body.try;
    this.status = status;
  }
}

export interface Send {
  json?: unknown;
  raw?: Blob;
  /** Repeating a write with the same key repeats its answer, not its effect. */
  key?: string;
  /** Of the answer, only its first bytes. */
  bytes_max?: number;
  signal?: AbortSignal;
}

export class Client {
  /** null: this browser holds no session, or the server no longer knows it. */
  readonly session = signal<string | null>(localStorage.getItem(kSessionKey));
  /** False from the first request that found nobody until the server answers again. */
  readonly reachable = signal(true);

  constructor() {
    // Another tab went through setup, or left.
    addEventListener("storage", (event) => {
      if (event.key === kSessionKey) this.session.value = event.newValue;
    });
    // A stream may be cut without a word; whoever asks nothing meanwhile is to know it, too.
    addEventListener("offline", () => void this.look());
  }

  keep_session(secret: string): void {
    localStorage.setItem(kSessionKey, secret);
    this.session.value = secret;
  }

  forget_session(): void {
    localStorage.removeItem(kSessionKey);
    this.session.value = null;
  }

  /** Ends the session on the server and here. Where the server is gone it is forgotten here alone; zo token revoke ends it. */
  async disconnect(): Promise<void> {
    await this.remove("/api/tokens/current").catch(() => {});
    this.forget_session();
    // Who sits here next is not to read what was written.
    for (const name of Object.keys(localStorage)) if (name.startsWith(kUnsentKey)) localStorage.removeItem(name);
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await this.request("GET", path, signal ? { signal } : {})).json();
  }

  async text(path: string): Promise<string> {
    return (await this.request("GET", path)).text();
  }

  /** The beginning of what stands at a path. */
  async beginning(path: string, bytes_max: number): Promise<Uint8Array> {
    return new Uint8Array(await (await this.request("GET", path, { bytes_max })).arrayBuffer());
  }

  async post<T>(path: string, json: unknown = {}, key: string = new_key()): Promise<T> {
    return read_body<T>(await this.request("POST", path, { json, key }));
  }

  async patch<T>(path: string, json: unknown): Promise<T> {
    return read_body<T>(await this.request("PATCH", path, { json, key: new_key() }));
  }

  async put<T>(path: string, body: { json: unknown } | { raw: Blob }): Promise<T> {
    return read_body<T>(await this.request("PUT", path, { ...body, key: new_key() }));
  }

  async remove<T = void>(path: string): Promise<T> {
    return read_body<T>(await this.request("DELETE", path, { key: new_key() }));
  }

  /** An address for one file of the workspace, good for five minutes. */
  async file_address(path: string): Promise<string> {
    return (await this.post<{ url: string }>("/api/files/links", { path })).url;
  }

  /** Sends and gives back the answer as it is, once its status is good. */
  async request(method: string, path: string, send: Send = {}): Promise<Response> {
    const headers = new Headers();
    if (this.session.value) headers.set("authorization", `Bearer ${this.session.value}`);
    if (send.key) headers.set("idempotency-key", send.key);
    if (send.bytes_max) headers.set("range", `bytes=0-${send.bytes_max - 1}`);
    if (send.json !== undefined) headers.set("content-type", "application/json");
    else if (send.raw) headers.set("content-type", "application/octet-stream");
    const body = send.json !== undefined ? JSON.stringify(send.json) : (send.raw ?? null);
    const used = this.session.value;
    let response: Response;
    try {
      response = await fetch(path, { method, headers, body, signal: send.signal ?? null, cache: "no-store" });
    } catch (cause) {
      if (send.signal?.aborted) throw cause;
      this.lost();
      throw unreachable();
    }
    this.reachable.value = true;
    if (response.ok) return response;
    const error = new ApiError(await error_body(response), response.status);
    if (response.status === 401 && used !== null && used === this.session.value) this.forget_session();
    throw error;
  }

  /** Marks the server as gone and asks for its health, ever more slowly, until it is back. */
  lost(): void {
    if (!this.reachable.value) return;
    this.reachable.value = false;
    void this.probe(kProbeFirstMs);
  }

  /** Finds out whether the server answers, for as long as the network is away: one on this very machine still does. */
  private async look(): Promise<void> {
    while (!navigator.onLine) {
      if (!(await this.answers())) this.lost();
      await new Promise((resolve) => setTimeout(resolve, kLookEveryMs));
    }
  }

  private async answers(): Promise<boolean> {
    try {
      return (await fetch("/api/health", { cache: "no-store" })).ok;
    } catch {
      return false;
    }
  }

  private async probe(wait_ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, wait_ms));
    if (this.reachable.value) return;
    this.reachable.value = await this.answers();
    if (!this.reachable.value) void this.probe(Math.min(wait_ms * 1.6, kProbeLongestMs));
  }
}

/** A fresh Idempotency-Key. getRandomValues also works where the page is not a secure context. */
export function new_key(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Any thrown value as an ApiError. */
export function as_error(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  return new ApiError({ code: "internal", message: cause instanceof Error ? cause.message : String(cause) }, 0);
}

/** A path with its query; undefined values are left out. */
export function with_query(path: string, query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

function unreachable(): ApiError {
  return new ApiError(
    {
      code: "unavailable",
      message: `ZoClone does not answer at ${location.host}.`,
      try: "Start it with ./run. This page reconnects by itself.",
    },
    0,
  );
}

async function read_body<T>(response: Response): Promise<T> {
  return response.status === 204 ? (undefined as T) : response.json();
}

async function error_body(response: Response): Promise<ErrorBody> {
  try {
    const body = await response.json();
    if (typeof body?.error?.message === "string") return body.error;
  } catch {
    // Not JSON: a proxy in between, perhaps. The status line is what there is to say.
  }
  return { code: "internal", message: `The server answered ${response.status} ${response.statusText}`.trim() };
}
