import { expect, test, vi } from "vitest";
import type { Client } from "../../api/client";
import { Automations } from "./automations";
import { joined, One } from "./one";
import { automation, occurrence, Told } from "./testing";

const kFirst = "2026-03-01T06:00:00.000Z";
const kSecond = "2026-03-02T06:00:00.000Z";

/** A server with two automations; what was asked of it stands in `asked`. */
class Server {
  list = [automation({ id: "b", name: "b10" }), automation({ id: "a", name: "b2" })];
  history = [occurrence(kFirst)];
  readonly asked: string[] = [];

  async get(path: string) {
    this.asked.push(path);
    if (path === "/api/automations") return { items: this.list };
    if (path.includes("/history")) return { items: this.history, next: null };
    return { automation: this.list[1], next: [], lateness_p95_ms: null };
  }
}

test("they stand as people count, with what became of their newest times", async () => {
  const server = new Server();
  const automations = new Automations(server as unknown as Client, new Told().changes);
  await automations.load(true);
  expect(automations.list.value?.map(({ name }) => name)).toEqual(["b2", "b10"]);
  expect(automations.last.value.a?.at).toBe(kFirst);
});

test("what changes is there at once, and so is what became of it; what is gone goes", async () => {
  const server = new Server();
  const told = new Told();
  const automations = new Automations(server as unknown as Client, told.changes);
  await automations.load(true);
  server.history = [occurrence(kSecond, { state: "failed" })];
  told.tell("automation", { automation: automation({ id: "a", name: "b2", failures: 1 }) });
  expect(automations.find("a")?.failures).toBe(1);
  await vi.waitFor(() => expect(automations.last.value.a?.state).toBe("failed"));
  told.tell("automation", { automation: automation({ id: "c", name: "a" }) });
  expect(automations.list.value?.map(({ id }) => id)).toEqual(["c", "a", "b"]);
  told.tell("gone", { what: "automation", id: "a" });
  told.tell("gone", { what: "run", id: "b" });
  expect(automations.list.value?.map(({ id }) => id)).toEqual(["c", "b"]);
});

test("the history on the screen follows the automation's changes, however many are told at once", async () => {
  const server = new Server();
  const told = new Told();
  const one = new One(server as unknown as Client, told.changes);
  await one.open("a");
  expect(one.history.value?.length).toBe(1);
  server.history = [occurrence(kSecond, { state: "begun" }), occurrence(kFirst)];
  const before = server.asked.length;
  for (let times = 0; times < 5; times += 1) told.tell("automation", { automation: automation({ id: "a" }) });
  told.tell("automation", { automation: automation({ id: "another" }) });
  await vi.waitFor(() => expect(one.history.value?.map(({ state }) => state)).toEqual(["begun", "succeeded"]));
  expect(server.asked.length).toBe(before + 2);
  told.tell("gone", { what: "automation", id: "a" });
  expect(one.gone.value).toBe(true);
});

test("of a time that was read twice the newer word counts", () => {
  const old = [occurrence(kFirst, { state: "begun" })];
  const all = joined([occurrence(kSecond), occurrence(kFirst, { state: "failed" })], old);
  expect(all.map(({ at, state }) => [at, state])).toEqual([
    [kSecond, "succeeded"],
    [kFirst, "failed"],
  ]);
});
