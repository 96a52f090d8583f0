import { expect, test } from "vitest";
import type { Model } from "../../api/types";
import { groups_of, is_long } from "./groups";

function models(provider: string, count: number): Model[] {
  return Array.from({ length: count }, (_, index): Model => {
    const name = `${provider}/m${index}`;
    return { name, label: `Model ${index}, at ${provider}`, provider, source: "environment", state: "offered" };
  });
}

const kPlain = { query: "", chosen: null, whole: [] };
const told = (groups: ReturnType<typeof groups_of>) => groups.map((g) => `${g.provider} ${g.shown.length}+${g.hidden}`);

test("a few are shown whole, by provider in the order of the list", () => {
  const list = [...models("local", 2), ...models("openai", 10), ...models("local", 1)];
  expect(is_long(list)).toBe(false);
  expect(told(groups_of(list, kPlain))).toEqual(["local 3+0", "openai 10+0"]);
});

test("of many, each provider shows its beginning, and the chosen one is always there", () => {
  const list = [...models("openai", 10), ...models("openrouter", 300)];
  expect(is_long(list)).toBe(true);
  expect(told(groups_of(list, kPlain))).toEqual(["openai 8+2", "openrouter 8+292"]);
  const [, chosen] = groups_of(list, { ...kPlain, chosen: "openrouter/m250" });
  expect(chosen?.shown.at(-1)?.name).toBe("openrouter/m250");
  expect(chosen?.hidden).toBe(291);
  expect(told(groups_of(list, { ...kPlain, whole: ["openai", "openrouter"] }))).toEqual([
    "openai 10+0",
    "openrouter 200+100",
  ]);
});

test("what is typed finds in all of them, by every word of it", () => {
  const list = [...models("openai", 10), ...models("openrouter", 300)];
  expect(told(groups_of(list, { ...kPlain, query: "299 MODEL" }))).toEqual(["openrouter 1+0"]);
  expect(groups_of(list, { ...kPlain, query: "zebra" })).toEqual([]);
});
