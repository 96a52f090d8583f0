// Which part of the page is shown, read from and written to the address bar.
import { signal } from "@preact/signals";

export type Route =
  | { part: "chat"; conversation_id: string | null }
  | { part: "files"; path: string }
  | { part: "settings" }
  | { part: "setup" };

export function route_of(url: URL): Route {
  const [first, second] = url.pathname.split("/").filter(Boolean);
  if (first === "c" && second) return { part: "chat", conversation_id: second };
  if (first === "files") return { part: "files", path: url.searchParams.get("path") ?? "" };
  if (first === "settings") return { part: "settings" };
  if (first === "setup") return { part: "setup" };
  return { part: "chat", conversation_id: null };
}

export class Router {
  readonly route = signal<Route>(route_of(new URL(location.href)));

  constructor() {
    addEventListener("popstate", () => this.read());
  }

  go(path: string): void {
    if (path !== location.pathname + location.search) history.pushState(null, "", path);
    this.read();
  }

  /** Like go, but the page left behind is not in the history. */
  replace(path: string): void {
    history.replaceState(null, "", path);
    this.read();
  }

  private read(): void {
    this.route.value = route_of(new URL(location.href));
  }
}
