import { beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../../api/client";
import { entry_named, forget_conversation, forget_entry, keep_entry, kept_entries, type Outgoing } from "./unsent";

class Storage {
  readonly items = new Map<string, string>();
  get length() {
    return this.items.size;
  }
  key = (index: number) => [...this.items.keys()][index] ?? null;
  getItem = (name: string) => this.items.get(name) ?? null;
  setItem = (name: string, text: string) => void this.items.set(name, text);
  removeItem = (name: string) => void this.items.delete(name);
}

let storage: Storage;

beforeEach(() => {
  storage = new Storage();
  vi.stubGlobal("localStorage", storage);
});

function entry(key: string, written_at: number, text = "hello"): Outgoing {
  const error = new ApiError({ code: "unavailable", message: "gone", try: "wait" }, 0);
  return { key, text, files: ["a.txt"], after: "m1", written_at, error };
}

test("an entry comes back as it was written, with why it was not sent", () => {
  keep_entry("c", entry("k2", 2));
  keep_entry("c", entry("k1", 1));
  keep_entry("other", entry("k3", 3));
  expect(kept_entries("c")).toEqual([entry("k1", 1), entry("k2", 2)]);
  expect(kept_entries("c")[0]?.error?.advice).toBe("wait");
  expect(entry_named([...storage.items.keys()][0] ?? "")).toEqual({ conversation_id: "c", key: "k2" });
  forget_entry("c", "k1");
  expect(kept_entries("c").map((each) => each.key)).toEqual(["k2"]);
  forget_conversation("c");
  expect(kept_entries("c")).toEqual([]);
  expect(kept_entries("other").length).toBe(1);
});

test("the oldest give way: 50 entries, and a mebi of characters", () => {
  for (let at = 0; at < 60; at += 1) keep_entry("c", entry(`k${at}`, at));
  expect(kept_entries("c").length).toBe(50);
  expect(kept_entries("c")[0]?.key).toBe("k10");
  keep_entry("c", entry("long", 100, "x".repeat(900_000)));
  keep_entry("c", entry("longer", 101, "y".repeat(900_000)));
  expect(kept_entries("c").map((each) => each.key)).toEqual(["longer"]);
});

test("what cannot be read, or kept, does no harm", () => {
  storage.items.set("zo.outbox.c.k", "{");
  expect(kept_entries("c")).toEqual([]);
  storage.setItem = () => {
    throw new Error("full");
  };
  expect(() => keep_entry("c", entry("k", 1))).not.toThrow();
});
