import { expect, test } from "vitest";
import type { Changes } from "../../api/changes";
import { ApiError, type Client } from "../../api/client";
import type { Approval } from "../../api/types";
import { Approvals } from "./approvals";

function question(id: string, more: Partial<Approval> = {}): Approval {
  return {
    id,
    state: "asked",
    reason: "policy",
    question: `probe wants to run: ${id}`,
    tool: "probe",
    summary: id,
    arguments: "{}",
    destination: null,
    always: null,
    hash: `hash of ${id}`,
    note: "",
    run_id: "run",
    conversation_id: "conversation",
    tool_call_id: `call ${id}`,
    created_at: "2026-01-01T00:00:00.000Z",
    expires_at: "2026-01-02T00:00:00.000Z",
    answered_at: null,
    ...more,
  };
}

/** A server with questions; what was sent stands in `sent`. */
class Server {
  questions = [question("2"), question("1")];
  refuses: ApiError | null = null;
  readonly sent: [string, unknown][] = [];
  tell: (data: { approval: Approval }) => void = () => {};
  readonly changes = {
    hear: (kind: string, act: (data: { approval: Approval }) => void) => {
      if (kind === "approval") this.tell = act;
    },
  };

  async get() {
    return { items: this.questions };
  }

  async post(path: string, body: unknown) {
    this.sent.push([path, body]);
    if (this.refuses) throw this.refuses;
    return question("1", { state: path.endsWith("/allow") ? "allowed" : "refused" });
  }
}

async function stage() {
  const server = new Server();
  const approvals = new Approvals(server as unknown as Client, server.changes as unknown as Changes);
  await approvals.load();
  return { server, approvals };
}

test("the question that has waited longest stands first, and is found by its call", async () => {
  const { approvals } = await stage();
  expect(approvals.asked.value.map(({ id }) => id)).toEqual(["1", "2"]);
  expect(approvals.about("call 2")?.id).toBe("2");
  expect(approvals.about("another")).toBeUndefined();
});

test("an answer names the hash of what was shown", async () => {
  const { server, approvals } = await stage();
  const [first] = approvals.asked.value;
  if (!first) throw new Error("nothing is asked");
  await approvals.answer(first, { allow: false, note: "not now" });
  expect(server.sent).toEqual([["/api/approvals/1/refuse", { hash: "hash of 1", note: "not now" }]]);
  expect(approvals.asked.value.map(({ id }) => id)).toEqual(["2"]);
});

test("why an answer was not taken is said where it was given", async () => {
  const { server, approvals } = await stage();
  const [first] = approvals.asked.value;
  if (!first) throw new Error("nothing is asked");
  server.refuses = new ApiError({ code: "conflict", message: "answered already" }, 409);
  await approvals.answer(first, { allow: true, always: false });
  expect(approvals.refused.value["1"]?.message).toBe("answered already");
});

test("what is asked while one looks is there at once", async () => {
  const { server, approvals } = await stage();
  server.tell({ approval: question("3") });
  server.tell({ approval: question("1", { state: "expired" }) });
  expect(approvals.asked.value.map(({ id }) => id)).toEqual(["2", "3"]);
});
