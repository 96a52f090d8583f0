// What a part of the page is to the page. A part is a folder of its own under parts/ and one line in parts.tsx.
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { IconName } from "./icon";
import type { Action } from "./palette";

export interface Part {
  readonly name: string;
  /** Once, before anything is shown. */
  start?(): Promise<void>;
  /** Reads what it stands on: when the page begins, and again when anything may have changed. */
  load?(): Promise<void>;
  /** What the palette offers. */
  actions?(): Action[];
  /** What the palette finds behind all actions: things of this part by their name. */
  things?(): Action[];
  /** Things of this part that the page has not read yet; asked for with what is typed there. */
  find?(query: string): Promise<Action[]>;
  /** What it lets a person decide, in the settings. */
  settings?: Section[];
  /** What lies over the page, wherever one is: a question, for one. */
  over?(): ComponentChildren;
  /** What stands instead of the page while this browser holds no session. */
  stranger?(): ComponentChildren;
}

/** A part with a place in the address bar: what most parts are. */
export interface Place extends Part {
  /** "/files": this address and all below it. The part at "/" has what no other part has. */
  readonly path: string;
  readonly icon: IconName;
  /** Where its link stands: in the upper or the lower half of the rail. Alone: it has no link, and nothing is around it. */
  readonly stands: "upper" | "lower" | "alone";
  view(): ComponentChildren;
  /** The address bar came to this part, or moved within it. */
  show(url: URL): void;
  /** Of the window; a part that has none is called by its name. */
  title?(): string;
  /** Where its link leads from elsewhere: back to what was open here. */
  back?(): string;
  list?: SideList;
  /** Where a keyboard's first step leads, past the rail and the list. */
  skip?: { id: string; words: string };
}

/** Beside the view; on a narrow page a drawer over it. */
export interface SideList {
  view(): ComponentChildren;
  readonly open: Signal<boolean>;
  readonly drawer: Signal<boolean>;
}

export interface Section {
  /** Where a link leads to it: "keys" stands at /settings#keys. */
  id: string;
  title: string;
  about?: string;
  /** The settings came on the screen, or the server was found again: reads what it stands on. */
  show?(): void;
  view(): ComponentChildren;
}

/** Where the parts' sections stand. */
export const kSettingsPath = "/settings";

/** Leads to a path of the page. */
export type Go = (path: string) => void;

export function is_place(part: Part): part is Place {
  return "path" in part;
}

/** Whose a path is: the part with the longest address that it begins with. */
export function place_at<T extends { path: string }>(places: T[], path: string): T | undefined {
  const holds = (place: T) => place.path === "/" || path === place.path || path.startsWith(`${place.path}/`);
  return places.filter(holds).toSorted((a, b) => b.path.length - a.path.length)[0];
}
