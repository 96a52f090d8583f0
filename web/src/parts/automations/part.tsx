import type { ComponentChildren } from "preact";
import type { Changes } from "../../api/changes";
import type { Client } from "../../api/client";
import type { Go, Place } from "../../ui/part";
import { Later } from "./later";
import { kPath } from "./where";

/** Shows which model answers, and lets one choose. */
export type ModelPicker = (chosen: string | null, choose: (name: string | null) => void) => ComponentChildren;

export function automations_part(client: Client, changes: Changes, go: Go, picker: ModelPicker): Place {
  const page = new Later(async () => (await import("./page")).open_page(client, changes, go, picker));
  const mail = new Later(async () => (await import("./mail_view")).open_mail(client));
  const is_here = () => location.pathname === kPath || location.pathname.startsWith(`${kPath}/`);
  return {
    name: "Automations",
    path: kPath,
    icon: "clock",
    stands: "upper",
    title: () => page.value.value?.title() ?? "Automations · ZoClone",
    load: async () => {
      if (is_here()) await page.value.value?.show(new URL(location.href));
    },
    show: (url) => void page.open().then(() => page.value.value?.show(url)),
    view: () => page.drawn((opened) => opened.view()),
    back: () => page.value.value?.back() ?? kPath,
    actions: () => [
      { title: "New automation…", icon: "plus", group: "Automations", act: () => go(`${kPath}/new`) },
      { title: "Calendar", icon: "clock", group: "Automations", act: () => go(`${kPath}/calendar`) },
      { title: "Jobs", icon: "queue", group: "Automations", act: () => go(`${kPath}/jobs`) },
    ],
    things: () => page.value.value?.things() ?? [],
    find: async (query) => (await page.read()).find(query),
    settings: [
      {
        id: "mail",
        title: "Mail",
        about: "The server by which results of automations are sent to you.",
        show: () => void mail.open().then(() => mail.value.value?.load()),
        view: () => mail.drawn((opened) => opened.view()),
      },
    ],
  };
}
