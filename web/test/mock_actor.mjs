// The scripted model and its tools: each verb tells the events a real run would tell.
import { setTimeout as pause } from "node:timers/promises";
import { now } from "./mock_computer.mjs";

const kWordMs = 12;

export class Cancelled extends Error {}

export class Actor {
  constructor(server, record, conversation) {
    Object.assign(this, { server, record, conversation, step: 0, taken: "" });
    this.messages = server.messages.get(conversation.id);
  }

  tell(kind, data) {
    this.server.tell(this.record, kind, data);
  }

  async wait(ms) {
    for (let left = ms; left > 0; left -= 20) {
      if (this.record.cancelled) throw new Cancelled();
      await pause(Math.min(left, 20));
    }
  }

  begin() {
    this.step += 1;
    this.record.run.step = this.step;
    this.tell("step_started", { step: this.step });
    this.from = this.record.number;
  }

  async writes(text, kind = "text", word_ms = kWordMs) {
    let written = "";
    try {
      for (const piece of text.match(/\s*\S+\s*?/g) ?? []) {
        written += piece;
        this.tell(kind, { step: this.step, text: piece });
        await this.wait(word_ms);
      }
    } catch (error) {
      if (kind === "text") this.place(written, [], "cancelled");
      throw error;
    }
  }

  place(text, tool_calls, finish, more = {}) {
    const message = {
      id: this.server.id("01K5M"),
      conversation_id: this.conversation.id,
      run_id: this.record.run.id,
      role: "assistant",
      origin: "model",
      state: "placed",
      position: (this.messages.at(-1)?.position ?? 0) + 1,
      created_at: now(),
      text,
      step: this.step,
      finish,
      ...(tool_calls.length > 0 ? { tool_calls } : {}),
      ...more,
    };
    for (const call of tool_calls) call.message_id = message.id;
    if (this.record.run.parent_run_id === null) this.messages.push(message);
    this.record.run.usage.input_tokens += 1240;
    this.record.run.usage.output_tokens += 4 + Math.ceil(text.length / 4);
    this.tell("message", { message, replaces: { from: this.from, to: this.record.number } });
  }

  async says(text, word_ms = kWordMs) {
    this.begin();
    await this.writes(text, "text", word_ms);
    this.place(text, [], "stop");
  }

  call(name, values, summary) {
    const call = {
      id: this.server.id("01K5T"),
      run_id: this.record.run.id,
      message_id: "",
      step: this.step,
      name,
      arguments: values,
      summary,
      state: "pending",
      output: "",
      output_bytes: 0,
      truncated: false,
    };
    this.server.calls.set(call.id, call);
    return call;
  }

  /** One step with calls; each work is [call, pieces of output, pause between them, how it ends]. */
  async uses(text, ...works) {
    this.begin();
    const calls = works.map(([make]) => make());
    if (text) await this.writes(text);
    for (const [index, call] of calls.entries()) {
      const written = JSON.stringify(call.arguments);
      for (let at = 0; at < written.length; at += 12) {
        this.tell("tool_arguments", { step: this.step, index, name: call.name, text: written.slice(at, at + 12) });
        await this.wait(kWordMs);
      }
    }
    this.place(text, calls, "tool_calls");
    await Promise.all(calls.map((call, index) => this.work(call, ...works[index].slice(1))));
    if (this.record.cancelled) throw new Cancelled();
  }

  async work(call, pieces, piece_ms, end = {}) {
    const began = Date.now();
    call.state = "running";
    call.started_at = now();
    this.tell("tool_started", { tool_call_id: call.id, ...(end.children ? { children: end.children() } : {}) });
    let output = "";
    let state = end.state ?? "ok";
    try {
      for (const piece of pieces) {
        await this.wait(piece_ms);
        output += piece;
        this.tell("tool_progress", { tool_call_id: call.id, text: piece });
      }
      await this.wait(piece_ms);
    } catch {
      state = "cancelled";
    }
    const { children: _, ...facts } = end;
    const settled = { output, output_bytes: output.length, elapsed_ms: Date.now() - began, ...facts, state };
    if (this.children) settled.children = this.children;
    Object.assign(call, settled);
    const { whole: __, ...told } = call;
    this.tell("tool_finished", { tool_call: told });
  }

  spawn(prompts) {
    this.children = prompts.map(
      (prompt) =>
        this.server.begin(
          this.conversation,
          {
            text: prompt,
            id: this.server.id("01K5M"),
            role: "user",
            origin: "model",
            state: "placed",
            position: 1,
            created_at: now(),
          },
          this.record.run.id,
        ).id,
    );
    return this.children;
  }

  take_queued() {
    const message = this.messages.find((each) => each.state === "queued");
    if (!message) return false;
    message.state = "placed";
    this.messages.splice(this.messages.indexOf(message), 1);
    message.position = (this.messages.at(-1)?.position ?? 0) + 1;
    this.messages.push(message);
    this.tell("message_placed", { message });
    this.taken = message.text;
    return true;
  }

  finish(state, error) {
    const { run } = this.record;
    Object.assign(run, { state, finished_at: now(), last_event: this.record.number + 1 }, error ? { error } : {});
    if (run.parent_run_id === null) this.conversation.active_run_id = null;
    this.conversation.updated_at = now();
    this.tell("run_finished", { run });
  }
}
