// What is loaded when it is opened, so that the first view stays small.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { type ApiError, as_error } from "../../api/client";
import { Button } from "../../ui/button";
import { ErrorNote } from "../../ui/note";

export class Later<T> {
  readonly value = signal<T | null>(null);
  private readonly error = signal<ApiError | null>(null);
  private loading: Promise<T> | null = null;
  private readonly load: () => Promise<T>;

  constructor(load: () => Promise<T>) {
    this.load = load;
  }

  /** Throws where the server is gone, or is of another version by now. */
  read(): Promise<T> {
    this.loading ??= this.load().catch((cause) => {
      this.loading = null;
      throw cause;
    });
    return this.loading;
  }

  async open(): Promise<void> {
    try {
      this.value.value = await this.read();
      this.error.value = null;
    } catch (cause) {
      this.error.value = as_error(cause);
    }
  }

  /** Draws it, or says that it comes. */
  drawn(draw: (value: T) => ComponentChildren): ComponentChildren {
    if (this.value.value) return draw(this.value.value);
    if (!this.error.value) return <p class="faint later">Opening…</p>;
    const error = { message: "This part of the page could not be loaded.", advice: "Reload the page." };
    return <ErrorNote error={error} actions={<Button onClick={() => location.reload()}>Reload</Button>} />;
  }
}
