// Replays the golden event files, whole and broken in every place, and compares the ends.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FeedEvent, Message } from "../../api/types";
import { type ChatState, empty_chat, follow_run, place, reduce, stored, without } from "./reduce";

const kGolden = join(import.meta.dirname, "../../../../tests/golden");
const kHash = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
const kLive = new Set([
  "step_started",
  "text",
  "reasoning",
  "tool_arguments",
  "message_partial",
  "tool_started",
  "tool_progress",
  "model_state",
  "retrying",
]);

const kStories: Record<string, string> = {
  plain_answer:
    "user What is a tmpfs? · assistant A **tmpfs** is a file system kept in memory. Nothing of it survives a restart. · done",
  reasoning_and_retry: "user Why is the sky blue? · assistant Air scatters short waves more than long ones. · done",
  tool_call:
    "user What is the sha256 of notes.txt? · assistant I will run sha256sum. · tool shell ok · " +
    "assistant The sha256 of notes.txt is `5891b5b522d5df08`. · done",
  parallel_calls:
    "user Read a.txt and missing.txt, then mend b.txt. · assistant  · tool read_file ok · tool read_file failed · " +
    "assistant  · tool edit_file ok · assistant a.txt is fine; b.txt is mended. · done",
  queued_message:
    "user Count the lines of data.csv. · assistant  · tool shell ok · user And its columns, please. · " +
    "assistant 1,204 lines. · tool shell ok · assistant Three columns: month, region, amount. · done",
  restarted_step: "user Write a haiku about rain. · assistant Rain on the tin roof\nwrites all night · done",
  restarted_during_call:
    "user Append one line to log.txt. · assistant  · tool shell unknown · " +
    "assistant I will look before I try again. · done",
  lost_deltas: "user Tell me about rivers. · assistant Rivers carry water from the hills to the sea. · done",
  cancelled_call: "user Sleep for a minute, then tell me. · assistant I will wait. · tool shell cancelled · cancelled",
  cancelled_answer: "user Write a long story. · assistant Once, in a town by the sea · cancelled",
  failed: "user Hello · assistant Hel · failed: openai refused the key: the key was revoked (asked 2 times)",
  loading_model: "user Hello · assistant Hello. · done",
  trimmed_and_limited:
    "user Go on. · assistant  · tool list_files ok · assistant  · tool list_files ok · 2 left out · " +
    "limited: the run reached its limit of 2 steps",
  left_files:
    "user Let direnv set STAGE in made. · assistant  · tool write_file ok · assistant  · tool edit_file ok · " +
    "assistant direnv sets STAGE there. · done",
  sub_agents:
    "user Compare the three reports. · assistant I will read them side by side. · tool spawn_agents ok · " +
    "assistant Up, flat, down. · done",
};

function golden(name: string): FeedEvent[] {
  return JSON.parse(readFileSync(join(kGolden, `${name}.events.json`), "utf8"));
}

function replay(events: FeedEvent[], from: ChatState = empty_chat()): ChatState {
  return events.reduce(reduce, from);
}

function story(state: ChatState): string {
  const parts = state.messages.flatMap((message) => [
    `${message.role} ${message.text}`,
    ...(message.tool_calls ?? []).map((call) => `tool ${call.name} ${call.state}`),
  ]);
  if (state.messages_left_out > 0) parts.push(`${state.messages_left_out} left out`);
  if (state.run) parts.push(state.run.error ? `${state.run.state}: ${state.run.error.message}` : state.run.state);
  return parts.join(" · ");
}

describe("golden event files", () => {
  const names = readdirSync(kGolden)
    .filter((name) => name.endsWith(".events.json"))
    .map((name) => name.replace(".events.json", ""));

  it("all have a story here", () => {
    expect(names.toSorted()).toEqual(Object.keys(kStories).toSorted());
  });

  for (const name of names) {
    const events = golden(name);
    const whole = replay(events);

    it(`${name}: tells its story`, () => {
      expect(story(whole)).toBe(kStories[name]);
      expect(whole.messages.filter((message) => message.position === null)).toEqual([]);
      expect(whole).toMatchObject({ live: null, output: {}, waiting: null, restarted_step: null, queued: [] });
      expect(events.at(-1)).toMatchObject({ kind: "end", data: { reason: whole.run?.state } });
    });

    it(`${name}: is the same when the live events are lost at or after any point`, () => {
      for (let cut = 0; cut <= events.length; cut += 1) {
        const durable = (part: FeedEvent[]) => part.filter((event) => !kLive.has(event.kind));
        expect(replay([...events.slice(0, cut), ...durable(events.slice(cut))])).toEqual(whole);
        expect(replay([...durable(events.slice(0, cut)), ...events.slice(cut)])).toEqual(whole);
      }
    });

    it(`${name}: is the same when a reconnect repeats what was read`, () => {
      for (let cut = 0; cut <= events.length; cut += 1) {
        expect(replay(events, replay(events.slice(0, cut)))).toEqual(whole);
      }
    });

    it(`${name}: is the same when read from the beginning over what the store already gave`, () => {
      for (let cut = 0; cut <= events.length; cut += 1) {
        const { messages } = replay(events.slice(0, cut));
        expect(replay(events, stored(messages))).toEqual(whole);
      }
    });
  }
});

describe("on the way", () => {
  it("shows text, reasoning and the call being written", () => {
    const events = golden("tool_call");
    const at = events.findIndex((event) => event.kind === "message");
    expect(replay(events.slice(0, at)).live).toEqual({
      step: 1,
      text: "I will run sha256sum.",
      reasoning: "",
      calls: [{ index: 0, name: "shell", text: '{"command":"sha256sum notes.txt"}' }],
    });
  });

  it("shows a working call with its output so far", () => {
    const events = golden("tool_call");
    const at = events.findIndex((event) => event.kind === "tool_finished");
    const state = replay(events.slice(0, at));
    const call = state.messages.at(-1)?.tool_calls?.[0];
    expect(call?.state).toBe("running");
    expect(state.output[call?.id ?? ""]).toBe(`${kHash}  notes.txt\n`);
  });

  it("shows sub-agents as they begin", () => {
    const events = golden("sub_agents");
    const children = events.map((_, index) => replay(events.slice(0, index)).messages.at(-1)?.tool_calls?.[0]);
    const begun = children.flatMap((call) => (call?.state === "running" ? [call.children?.length ?? 0] : []));
    expect(begun).toEqual([0, 0, 1, 2, 3]);
  });

  it("drops the partial text of a step that began again, and says so", () => {
    const events = golden("restarted_step");
    const at = events.findIndex((event) => event.kind === "step_restarted");
    expect(replay(events.slice(0, at)).live?.text).toBe("Rain on the old ro");
    expect(replay(events.slice(0, at + 1))).toMatchObject({ live: null, restarted_step: 1 });
  });

  it("replaces the text by the whole one when deltas were lost", () => {
    const events = golden("lost_deltas");
    const at = events.findIndex((event) => event.kind === "message_partial");
    expect(replay(events.slice(0, at + 2)).live?.text).toBe("Rivers carry water from the hills to the sea.");
    expect(replay([...events.slice(0, 3), ...events.slice(at, at + 2)]).live?.text).toBe(
      "Rivers carry water from the hills to the sea.",
    );
  });

  it("says that the model loads, and that a provider is asked again", () => {
    const loading = golden("loading_model");
    const at = loading.findIndex((event) => event.kind === "model_state");
    expect(replay(loading.slice(0, at + 1)).waiting).toEqual({ for: "model", text: "loading the model" });
    expect(replay(loading.slice(0, at + 2)).waiting).toBeNull();
    const retrying = golden("reasoning_and_retry");
    const again = retrying.findIndex((event) => event.kind === "retrying");
    expect(replay(retrying.slice(0, again + 1)).waiting).toMatchObject({ for: "retry", in_ms: 100 });
  });

  it("skips kinds it does not know", () => {
    const unknown = { number: 7, kind: "fireworks", data: {} } as unknown as FeedEvent;
    expect(reduce(empty_chat(), unknown)).toEqual({ ...empty_chat(), cursor: 7 });
  });
});

describe("beside the feed", () => {
  const user = golden("queued_message").find((event) => event.kind === "message_placed")?.data as { message: Message };
  const queued: Message = { ...user.message, id: "q", state: "queued", position: null, text: "later" };

  it("keeps a queued message apart until it is placed", () => {
    const waiting = place(replay(golden("plain_answer")), queued);
    expect(waiting.queued.map((message) => message.text)).toEqual(["later"]);
    const placed = place(waiting, { ...queued, state: "placed", position: 99 });
    expect(placed.queued).toEqual([]);
    expect(placed.messages.at(-1)?.text).toBe("later");
  });

  it("does not queue a message again whose placing was read before the answer to its sending", () => {
    const placed = place(empty_chat(), { ...queued, state: "placed", position: 3 });
    expect(place(placed, queued)).toEqual(placed);
  });

  it("puts the next question behind an answer that was stopped", () => {
    const whole = replay(golden("cancelled_answer"));
    const next = place(whole, { ...queued, state: "placed", position: 3, text: "And now?" });
    expect(next.messages.map((message) => message.text)).toEqual([
      "Write a long story.",
      "Once, in a town by the sea",
      "And now?",
    ]);
  });

  it("leaves out an edited message with all that follows", () => {
    const whole = replay(golden("queued_message"));
    const third = whole.messages[2]?.id ?? "";
    expect(story(without(whole, third, "and_after"))).toBe(
      "user Count the lines of data.csv. · assistant  · tool shell ok · done",
    );
  });

  it("reads a new run from its beginning and the same run on from where it was", () => {
    const whole = replay(golden("plain_answer"));
    if (!whole.run) throw new Error("the golden file starts a run");
    expect(follow_run(whole, whole.run)).toBe(whole);
    expect(follow_run(whole, { ...whole.run, id: "next" })).toMatchObject({ cursor: 0, live: null });
  });
});
