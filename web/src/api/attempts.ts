// What parts of the page do with the server, when all that can be done about a refusal is to show it.
import { signal } from "@preact/signals";
import { type ApiError, as_error } from "./client";

export class Attempts {
  /** What the last attempt ran into. */
  readonly error = signal<ApiError | null>(null);

  /** Does one after the other, each in any case: what stands on the page is read again after a refusal, too. */
  protected async attempt(...works: (() => Promise<unknown>)[]): Promise<boolean> {
    let first: ApiError | null = null;
    for (const work of works) {
      try {
        await work();
      } catch (cause) {
        first ??= as_error(cause);
      }
    }
    this.error.value = first;
    return first === null;
  }
}
