// The address bar: what it says, and how to change it.
import { signal } from "@preact/signals";

export class Router {
  readonly url = signal(new URL(location.href));

  constructor() {
    addEventListener("popstate", () => this.read());
  }

  go(path: string): void {
    if (path !== location.pathname + location.search + location.hash) history.pushState(null, "", path);
    this.read();
  }

  /** Like go, but the page left behind is not in the history. */
  replace(path: string): void {
    history.replaceState(null, "", path);
    this.read();
  }

  private read(): void {
    this.url.value = new URL(location.href);
  }
}
