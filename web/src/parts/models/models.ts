// The models that can answer, and which one does.
import { computed, signal } from "@preact/signals";
import type { Changes } from "../../api/changes";
import { ApiError, as_error, type Client } from "../../api/client";
import type { Model, ModelList, ModelState, ModelTest } from "../../api/types";

export type TestState =
  | { at: "testing" }
  | { at: "answered"; reply: string; elapsed_ms: number }
  | { at: "failed"; error: ApiError };

/** What a model's state means, in words; ready needs none. */
export const kStateWords: Record<ModelState, string> = {
  ready: "",
  loading: "loading",
  not_installed: "not installed",
  stopped: "starts when asked",
  failed: "failed",
  offered: "found here, not used yet",
};

export class Models {
  readonly list = signal<ModelList | null>(null);
  readonly error = signal<ApiError | null>(null);
  /** The providers are being asked which models they have. */
  readonly refreshing = signal(false);
  readonly tests = signal<Record<string, TestState>>({});
  readonly current = computed<Model | null>(() => this.find(this.list.value?.current ?? null));
  private readonly client: Client;

  constructor(client: Client, changes: Changes) {
    this.client = client;
    changes.hear("models", ({ models }) => {
      this.list.value = models;
    });
  }

  find(name: string | null): Model | null {
    return this.list.value?.items.find((model) => model.name === name) ?? null;
  }

  /** The model's name for people; the name itself when it is no longer listed. */
  label(name: string): string {
    return this.find(name)?.label ?? name;
  }

  async load(): Promise<void> {
    try {
      this.list.value = await this.client.get<ModelList>("/api/models");
      this.error.value = null;
    } catch (cause) {
      this.error.value = as_error(cause);
    }
  }

  /** Asks the providers of the keys which models they have. */
  async refresh(): Promise<void> {
    this.refreshing.value = true;
    try {
      this.list.value = await this.client.post<ModelList>("/api/models/refresh");
      this.error.value = null;
    } catch (cause) {
      this.error.value = as_error(cause);
    } finally {
      this.refreshing.value = false;
    }
  }

  /** Makes a model the one that answers wherever a conversation has not chosen its own. */
  async choose(name: string): Promise<void> {
    try {
      this.list.value = await this.client.put<ModelList>("/api/models/current", { json: { name } });
      this.error.value = null;
    } catch (cause) {
      this.error.value = as_error(cause);
      throw cause;
    }
  }

  /** Really asks the model something. */
  async test(name: string): Promise<void> {
    this.tested(name, { at: "testing" });
    try {
      const result = await this.client.post<ModelTest>("/api/models/test", { name });
      if (result.ok) this.tested(name, { at: "answered", reply: result.reply, elapsed_ms: result.elapsed_ms });
      else this.tested(name, { at: "failed", error: new ApiError(result.error, 200) });
    } catch (cause) {
      this.tested(name, { at: "failed", error: as_error(cause) });
    }
  }

  private tested(name: string, state: TestState): void {
    this.tests.value = { ...this.tests.value, [name]: state };
  }
}
