// What this computer says of itself. Many parts show something of it; it is read once for all of them.
import { signal } from "@preact/signals";
import type { Changes } from "./changes";
import type { Client } from "./client";
import type { ComputerInfo } from "./types";

export class Computer {
  /** null: not read yet. */
  readonly info = signal<ComputerInfo | null>(null);
  private readonly client: Client;

  constructor(client: Client, changes: Changes) {
    this.client = client;
    changes.hear("models", ({ model }) => {
      if (this.info.value) this.info.value = { ...this.info.value, model };
    });
  }

  async read(): Promise<void> {
    try {
      this.info.value = await this.client.get<ComputerInfo>("/api/computer");
    } catch {
      // 401 has already closed the page; when the server is gone the banner says so.
    }
  }
}
