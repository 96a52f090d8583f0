// What was written and not taken by the server, kept by this browser: an entry each, so that tabs do not overwrite one
// another's. The oldest give way where there are more than 50, or more than 1 Mi characters.
import { ApiError, kUnsentKey } from "../../api/client";

const kKeptMax = 50;
const kKeptMaxChars = 1024 * 1024;

export interface Outgoing {
  key: string;
  text: string;
  files: string[];
  /** The last message of the conversation when this was written; null: it had none. It keeps its place behind that one. */
  after: string | null;
  /** UTC milliseconds. */
  written_at: number;
  /** Why it was not sent; a person may send it again. */
  error: ApiError | null;
}

type Kept = Omit<Outgoing, "error"> & { error: { code: ApiError["code"]; message: string; try?: string } | null };

/** In the order written. */
export function kept_entries(conversation_id: string): Outgoing[] {
  return names()
    .filter((name) => name.startsWith(`${kUnsentKey}${conversation_id}.`))
    .flatMap((name) => parse(localStorage.getItem(name)))
    .toSorted((a, b) => a.written_at - b.written_at);
}

export function keep_entry(conversation_id: string, { error, ...entry }: Outgoing): void {
  const why = error && { code: error.code, message: error.message, ...(error.advice ? { try: error.advice } : {}) };
  const kept: Kept = { ...entry, error: why };
  try {
    localStorage.setItem(name_of(conversation_id, entry.key), JSON.stringify(kept));
  } catch {
    // The browser keeps no more: it stands on the page until that is closed.
  }
  make_room();
}

export function forget_entry(conversation_id: string, key: string): void {
  localStorage.removeItem(name_of(conversation_id, key));
}

export function forget_conversation(conversation_id: string): void {
  for (const { key } of kept_entries(conversation_id)) forget_entry(conversation_id, key);
}

/** Which entry a name of the browser's storage is of. */
export function entry_named(name: string | null): { conversation_id: string; key: string } | null {
  if (!name?.startsWith(kUnsentKey)) return null;
  const [conversation_id = "", key = ""] = name.slice(kUnsentKey.length).split(".");
  return { conversation_id, key };
}

function name_of(conversation_id: string, key: string): string {
  return `${kUnsentKey}${conversation_id}.${key}`;
}

function names(): string[] {
  return Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index) ?? "").filter((name) =>
    name.startsWith(kUnsentKey),
  );
}

function make_room(): void {
  const all = names().map((name) => {
    const text = localStorage.getItem(name) ?? "";
    return { name, chars: text.length, at: parse(text)[0]?.written_at ?? 0 };
  });
  let chars = 0;
  for (const [index, entry] of all.toSorted((a, b) => b.at - a.at).entries()) {
    chars += entry.chars;
    if (index >= kKeptMax || chars > kKeptMaxChars) localStorage.removeItem(entry.name);
  }
}

function parse(text: string | null): Outgoing[] {
  try {
    const kept = JSON.parse(text ?? "null") as Kept | null;
    return kept ? [{ ...kept, error: kept.error && new ApiError(kept.error, 0) }] : [];
  } catch {
    return [];
  }
}
