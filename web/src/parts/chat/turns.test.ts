import { describe, expect, it } from "vitest";
import type { LeftFile, Message, Run, ToolCall } from "../../api/types";
import { stopped_after, touched_files, turns_of, usage_of } from "./turns";

const message = (id: string, role: "user" | "assistant", more: Partial<Message> = {}): Message => ({
  id,
  conversation_id: "c",
  run_id: "r",
  role,
  origin: role === "user" ? "person" : "model",
  state: "placed",
  position: 0,
  created_at: "2026-01-05T09:00:00.000Z",
  text: id,
  ...more,
});

const call = (name: string, state: ToolCall["state"], path?: string): ToolCall => ({
  id: `${name}-${path}`,
  run_id: "r",
  message_id: "m",
  step: 1,
  name,
  arguments: path ? { path } : {},
  summary: "",
  state,
  origin: "tool",
  output: "",
  output_bytes: 0,
  truncated: false,
});

describe("turns", () => {
  const messages = [message("a", "user"), message("b", "assistant"), message("c", "assistant"), message("d", "user")];

  it("holds together what one run said in a row", () => {
    expect(turns_of(messages).map((turn) => turn.messages.map((each) => each.id))).toEqual([["a"], ["b", "c"], ["d"]]);
  });

  it("keeps the turns that did not change", () => {
    const before = turns_of(messages);
    const after = turns_of([...messages, message("e", "assistant")], before);
    expect(after.slice(0, 3).every((turn, index) => turn === before[index])).toBe(true);
    expect(after).toHaveLength(4);
  });
});

describe("what the person's own tools may run", () => {
  const left = (...left: LeftFile[]) => [{ ...call("shell", "ok"), left }];
  const file = (path: string, diff: string, removed = false): LeftFile => ({ path, diff, removed });
  const first = message("b", "assistant", { tool_calls: left(file("a/.envrc", "+1\n"), file(".git/x", "+x\n", true)) });
  const second = message("d", "assistant", { tool_calls: left(file("a/.envrc", "+2\n")) });

  it("is told once, at the last turn of the run, each path with all its changes", () => {
    const turns = turns_of([message("a", "user"), first, message("c", "user"), second]);
    expect(turns.map((turn) => turn.left)).toEqual([
      [],
      [],
      [],
      [file("a/.envrc", "+1\n+2\n"), file(".git/x", "+x\n", true)],
    ]);
  });

  it("moves on with the run, and stays with its own", () => {
    const before = turns_of([first]);
    expect(before[0]?.left).toHaveLength(2);
    expect(turns_of([first, message("c", "user"), second], before)[0]?.left).toEqual([]);
    const other = turns_of([first, message("c", "user"), { ...second, run_id: "other" }], before);
    expect(other[0]).toBe(before[0]);
    expect(other.at(-1)?.left).toEqual([file("a/.envrc", "+2\n")]);
  });

  it("is the same change when calls side by side saw it both", () => {
    const both = message("b", "assistant", { tool_calls: [...left(file("a", "+1\n")), ...left(file("a", "+1\n"))] });
    expect(turns_of([both])[0]?.left).toEqual([file("a", "+1\n")]);
  });
});

it("touched files are told once, with the last thing that happened", () => {
  const messages = [
    message("a", "user", { files: ["in.csv"] }),
    message("b", "assistant", {
      tool_calls: [
        call("write_file", "ok", "out.svg"),
        call("edit_file", "ok", "out.svg"),
        call("edit_file", "ok", "in.csv"),
        call("write_file", "failed", "no.txt"),
        call("read_file", "ok", "other.txt"),
      ],
    }),
  ];
  expect(touched_files(messages)).toEqual([
    { path: "in.csv", how: "changed" },
    { path: "out.svg", how: "written" },
  ]);
});

it("a run that works has used what its own steps have", () => {
  const usage = { input_tokens: 10, output_tokens: 2 };
  const messages = [
    message("a", "assistant", { usage }),
    message("b", "assistant", { usage, run_id: "another" }),
    message("c", "assistant", { usage }),
  ];
  const run = { id: messages[0]?.run_id, state: "running", usage: { input_tokens: 0, output_tokens: 0 } } as Run;
  expect(usage_of(run, messages)).toEqual({ input_tokens: 20, output_tokens: 4 });
  const ended: Run = { ...run, state: "done", usage: { input_tokens: 25, output_tokens: 4 } };
  expect(usage_of(ended, messages)).toEqual(ended.usage);
});

it("what a provider has not counted is marked as estimated", () => {
  const usage = { input_tokens: 10, output_tokens: 2 };
  const messages = [
    message("a", "assistant", { usage }),
    message("b", "assistant", { usage: { ...usage, estimated: true }, run_id: "another" }),
  ];
  const run = { id: messages[0]?.run_id, state: "done", usage } as Run;
  expect(usage_of(run, messages).estimated).toBeUndefined();
  expect(usage_of({ ...run, id: "another" }, messages).estimated).toBe(true);
});

it("a stopped run says what had happened", () => {
  const run = { id: "r" } as Run;
  const calls = (...tool_calls: ToolCall[]) => [message("b", "assistant", { tool_calls })];
  expect(stopped_after([], run)).toBe("Stopped. No tool had run.");
  expect(
    stopped_after(calls(call("shell", "ok"), call("shell", "failed", "x"), call("shell", "cancelled", "y")), run),
  ).toBe("Stopped. 2 tool calls had finished, 1 was cut short.");
  expect(stopped_after(calls(call("shell", "cancelled")), run)).toBe(
    "Stopped. No tool call had finished, 1 was cut short.",
  );
  expect(stopped_after([message("a", "user"), message("b", "user")], run)).toBe(
    "Stopped. No tool had run. 1 message was not answered.",
  );
  expect(stopped_after([...calls(call("shell", "cancelled")), message("c", "user")], run)).toBe(
    "Stopped. No tool call had finished, 1 was cut short. 1 message was not answered.",
  );
});
