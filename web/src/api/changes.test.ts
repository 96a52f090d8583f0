import { signal } from "@preact/signals";
import { beforeEach, expect, test, vi } from "vitest";
import { Changes } from "./changes";
import type { Client } from "./client";

/** A page that can be put out of sight, and a server whose streams the test writes. */
class Stage {
  private readonly watchers: (() => void)[] = [];
  readonly document = {
    visibilityState: "visible",
    addEventListener: (_: string, act: () => void) => void this.watchers.push(act),
  };
  readonly asked: string[] = [];
  readonly client = { session: signal<string | null>("s"), reachable: signal(true), request: this.request.bind(this) };
  private stream: ReadableStreamDefaultController<Uint8Array> | null = null;

  see(visibilityState: "visible" | "hidden") {
    this.document.visibilityState = visibilityState;
    for (const act of this.watchers) act();
  }

  async request(_method: string, path: string, { signal }: { signal: AbortSignal }): Promise<Response> {
    this.asked.push(path);
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        this.stream = stream;
        signal.addEventListener("abort", () => stream.error(new Error("aborted")));
      },
    });
    return new Response(body);
  }

  async write(number: number, kind: string, data: object) {
    await vi.waitFor(() => expect(this.stream).not.toBeNull());
    const text = `id: ${number}\nevent: ${kind}\ndata: ${JSON.stringify({ number, ...data })}\n\n`;
    this.stream?.enqueue(new TextEncoder().encode(text));
  }
}

let stage: Stage;
let heard: string[];

beforeEach(() => {
  stage = new Stage();
  heard = [];
  vi.stubGlobal("document", stage.document);
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("removeEventListener", () => {});
  const changes = new Changes(stage.client as unknown as Client);
  changes.hear("reset", () => heard.push("reset"));
  changes.hear("gone", ({ id }) => heard.push(`gone ${id}`));
  changes.start();
});

test("it is told to read everything, and then what changes", async () => {
  await stage.write(70, "reset", {});
  await stage.write(71, "gone", { what: "conversation", id: "c" });
  await stage.write(72, "of a newer server", {});
  await vi.waitFor(() => expect(heard).toEqual(["reset", "gone c"]));
  expect(stage.asked).toEqual(["/api/events"]);
});

test("out of sight it does not listen; in sight again it hears what it missed", async () => {
  await stage.write(70, "reset", {});
  await vi.waitFor(() => expect(heard).toEqual(["reset"]));
  stage.see("hidden");
  expect(stage.asked.length).toBe(1);
  stage.see("visible");
  await vi.waitFor(() => expect(stage.asked).toEqual(["/api/events", "/api/events?after=70"]));
});

test("a server that has begun its numbers anew is believed", async () => {
  await stage.write(70, "reset", {});
  await stage.write(5, "reset", {});
  await stage.write(6, "gone", { what: "conversation", id: "c" });
  await vi.waitFor(() => expect(heard).toEqual(["reset", "reset", "gone c"]));
});

test("another session begins at the beginning", async () => {
  await stage.write(70, "reset", {});
  await vi.waitFor(() => expect(heard).toEqual(["reset"]));
  stage.client.session.value = null;
  stage.client.session.value = "t";
  await vi.waitFor(() => expect(stage.asked).toEqual(["/api/events", "/api/events"]));
});
