import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError, type Client } from "../../api/client";
import type { RulePreview } from "../../api/types";
import { Editor } from "./editor";
import { automation } from "./testing";

const kTypingPauseMs = 250;

/** A server that answers previews when the test says so. */
class Server {
  readonly sent: [string, unknown][] = [];
  readonly answers: ((preview: RulePreview | ApiError) => void)[] = [];

  async get() {
    return { items: [] };
  }

  async post(path: string, body: unknown): Promise<unknown> {
    this.sent.push([path, body]);
    if (!path.endsWith("/preview")) return automation();
    return new Promise((resolve, reject) => {
      this.answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    });
  }
}

function preview(rule: string, next = ["2026-03-02T06:00:00.000Z"]): RulePreview {
  return { rule, zone: "UTC", start: "", next, next_local: next };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function stage() {
  const server = new Server();
  const editor = new Editor(server as unknown as Client);
  editor.open_new(0);
  const answer = async (index: number, what: RulePreview | ApiError) => {
    server.answers[index]?.(what);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { server, editor, answer };
}

test("a rule is asked about once one pauses, and only the answer to the newest counts", async () => {
  const { server, editor, answer } = await stage();
  await answer(0, preview("first"));
  expect(editor.can_save.value).toBe(true);
  for (const every of ["every", "every 5", "every 5m"]) editor.change({ every });
  expect(editor.can_save.value).toBe(false);
  await vi.advanceTimersByTimeAsync(kTypingPauseMs);
  editor.change({ every: "every 50m" });
  await vi.advanceTimersByTimeAsync(kTypingPauseMs);
  expect(server.sent.map(([, body]) => (body as { every: string }).every).slice(1)).toEqual(["every 5m", "every 50m"]);
  await answer(2, preview("PT50M"));
  await answer(1, preview("PT5M"));
  expect(editor.preview.value).toMatchObject({ at: "good", preview: { rule: "PT50M" } });
});

test("nothing is kept while the rule is wrong, or never comes", async () => {
  const { server, editor, answer } = await stage();
  await answer(0, new ApiError({ code: "invalid", message: "'blursday' is not understood" }, 400));
  expect(editor.preview.value).toMatchObject({ at: "wrong" });
  expect(await editor.save()).toBeNull();
  editor.change({ every: "once in 1999" });
  await vi.advanceTimersByTimeAsync(kTypingPauseMs);
  await answer(1, preview("FREQ=DAILY;COUNT=1", []));
  expect(editor.can_save.value).toBe(false);
  editor.change({ every: "" });
  await vi.advanceTimersByTimeAsync(kTypingPauseMs);
  await answer(2, preview("", []));
  expect(editor.can_save.value).toBe(true);
  expect(server.sent.every(([path]) => path.endsWith("/preview"))).toBe(true);
  expect((await editor.save())?.id).toBe("a");
});

test("what was typed is there when one comes back, and gone once it was given up", async () => {
  const { editor } = await stage();
  editor.change({ name: "mine" });
  editor.open_new(0);
  expect(editor.draft.value.name).toBe("mine");
  editor.close();
  editor.open_new(0);
  expect(editor.draft.value.name).toBe("Morning notes");
  editor.open_of(automation());
  expect(editor.draft.value.name).toBe("notes");
});
