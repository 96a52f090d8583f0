import { expect, test } from "vitest";
import { ApiError } from "../../api/client";
import { unsent_at } from "./leaving_view";
import type { Turn } from "./turns";
import type { Outgoing } from "./unsent";

const turns = [
  { key: "m1", messages: [{ id: "m1" }] },
  { key: "m2", messages: [{ id: "m2" }, { id: "m3" }] },
] as unknown as Turn[];

function entry(key: string, after: string | null, failed: boolean): Outgoing {
  const error = failed ? new ApiError({ code: "unavailable", message: "gone" }, 0) : null;
  return { key, text: key, files: [], after, written_at: 0, error };
}

test("what was not sent stands where it was written, what is on its way stands last", () => {
  const all = [
    entry("began", null, true),
    entry("failed", "m3", true),
    entry("behind it", "m3", true),
    entry("leaving", "m3", false),
    entry("its place is gone", "m9", true),
  ];
  const { first, behind, last } = unsent_at(turns, all);
  expect(first.map((each) => each.key)).toEqual(["began"]);
  expect([...behind].map(([key, entries]) => [key, entries.map((each) => each.key)])).toEqual([
    ["m2", ["failed", "behind it"]],
  ]);
  expect(last.map((each) => each.key)).toEqual(["leaving", "its place is gone"]);
});
