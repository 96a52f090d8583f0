// The page: the client, the address bar, and the parts, of which it knows only what every part is.
import { computed, effect, signal, untracked } from "@preact/signals";
import { Changes } from "./api/changes";
import { Client } from "./api/client";
import { Computer } from "./api/computer";
import { make_parts } from "./parts";
import { Router } from "./router";
import type { Action } from "./ui/palette";
import { is_place, type Part, place_at } from "./ui/part";

export class App {
  readonly router = new Router();
  readonly client = new Client();
  readonly changes = new Changes(this.client);
  readonly computer = new Computer(this.client, this.changes);
  readonly parts = make_parts(this.client, this.changes, this.computer, this.router);
  readonly places = this.parts.filter(is_place);
  /** The part on the screen. */
  readonly shown = computed(() => place_at(this.places, this.router.url.value.pathname));
  readonly palette_open = signal(false);

  async start(): Promise<void> {
    for (const part of this.parts) await part.start?.();
    this.changes.hear("reset", () => void this.load());
    this.changes.start();
    effect(() => {
      const url = this.router.url.value;
      if (this.client.session.value) untracked(() => this.shown.value?.show(url));
    });
    this.come_back();
    effect(() => {
      const place = this.shown.value;
      if (place) document.title = place.title?.() ?? `${place.name} · ZoClone`;
    });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  actions(): Action[] {
    const places = this.places.filter((place) => place.stands !== "alone");
    return [
      ...this.parts.flatMap((part) => part.actions?.() ?? []),
      ...places.map((place): Action => {
        const { name, icon, path } = place;
        return { title: name, icon, group: "Go to", act: () => this.router.go(place.back?.() ?? path) };
      }),
      ...this.parts.flatMap((part) => part.things?.() ?? []),
    ];
  }

  /**
   * Shows the part on the screen once more when the server is found again: what it could not read then, it reads now. One
   * that loads is told so anyway.
   */
  private come_back(): void {
    let gone = false;
    effect(() => {
      const { reachable, session } = this.client;
      const back = reachable.value && gone;
      gone = !reachable.value;
      if (!back || !session.peek()) return;
      untracked(() => {
        const place = this.shown.value;
        if (!place?.load) place?.show(this.router.url.value);
      });
    });
  }

  /** What only the server knows, by what is typed into the palette. A part that cannot tell finds nothing. */
  async find(query: string): Promise<Action[]> {
    return (await Promise.all(this.parts.map((part) => part.find?.(query).catch(() => []) ?? []))).flat();
  }

  private async load(): Promise<void> {
    await Promise.all([this.computer.read(), ...this.parts.map((part) => part.load?.())]);
  }

  private key(event: KeyboardEvent): void {
    if (!this.client.session.value || event.defaultPrevented) return;
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.palette_open.value = !this.palette_open.value;
    } else if (event.key === "/" && !is_writing(event.target)) {
      event.preventDefault();
      press("/", this.parts);
    } else if (event.key === "Escape") {
      this.escape();
    }
  }

  /** Closes what lies over the part on the screen, or stops what works there. */
  private escape(): void {
    const place = this.shown.value;
    if (place?.list?.drawer.value) place.list.drawer.value = false;
    else if (place) press("Esc", [place]);
  }
}

/** Does the first action that these parts have on a key. */
function press(keys: string, parts: Part[]): void {
  parts
    .flatMap((part) => part.actions?.() ?? [])
    .find((action) => action.keys === keys)
    ?.act();
}

function is_writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
