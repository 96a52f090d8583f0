import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Client } from "../../api/client";
import type { ModelList, ModelState } from "../../api/types";
import { Models } from "./models";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server whose one model is in these states, one an answer; the last one stays. */
function server(...states: ModelState[]) {
  let asked = 0;
  const get = async () => {
    const state = states[Math.min(asked++, states.length - 1)];
    return { current: "local/a", items: [{ name: "local/a", state }] } as unknown as ModelList;
  };
  return { client: { get } as unknown as Client, asked: () => asked };
}

test("a model that loads is looked at until it is ready", async () => {
  const { client, asked } = server("loading", "loading", "ready");
  const models = new Models(client);
  await models.load();
  expect(models.current.value?.state).toBe("loading");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(models.current.value?.state).toBe("ready");
  expect(asked()).toBe(3);
});

test("a model that never loads is not looked at for ever", async () => {
  const { client, asked } = server("loading");
  await new Models(client).load();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked()).toBe(91);
});
