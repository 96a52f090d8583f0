// All of this part that is loaded when it is opened: what stands at which of its addresses.
import "./automations.css";
import "./editor.css";
import "./entries.css";
import "./calendar.css";
import "./jobs.css";
import "./one.css";
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Changes } from "../../api/changes";
import type { Client } from "../../api/client";
import { holds_words } from "../../ui/find";
import type { Action } from "../../ui/palette";
import type { Go } from "../../ui/part";
import { Automations } from "./automations";
import { Calendar } from "./calendar";
import { Editor } from "./editor";
import { Frame } from "./frame_view";
import { Jobs } from "./jobs";
import { Leads } from "./link";
import { One } from "./one";
import type { ModelPicker } from "./part";
import { address_of, kPath, type Where, where_of } from "./where";

export interface Page {
  show(url: URL): Promise<void>;
  view(): ComponentChildren;
  title(): string;
  back(): string;
  things(): Action[];
  find(query: string): Promise<Action[]>;
}

export interface Stand {
  automations: Automations;
  one: One;
  editor: Editor;
  calendar: Calendar;
  jobs: Jobs;
  go: Go;
  picker: ModelPicker;
}

const kGroup = "Automation";
const kTitles = { list: "Automations", calendar: "Calendar", jobs: "Jobs", new: "New automation" } as const;

export function open_page(client: Client, changes: Changes, go: Go, picker: ModelPicker): Page {
  const where = signal<Where>(where_of(new URL(location.href)));
  const is_at = (at: Where["at"]) => location.pathname.startsWith(kPath) && where.value.at === at;
  const stand: Stand = {
    automations: new Automations(client, changes),
    one: new One(client, changes),
    editor: new Editor(client),
    calendar: new Calendar(client, changes, () => is_at("calendar")),
    jobs: new Jobs(client, changes, () => is_at("jobs")),
    go,
    picker,
  };
  const { automations, one } = stand;
  const titled = (): string => {
    const at = where.value;
    return at.at === "one" || at.at === "edit" ? (one.shown.value?.automation.name ?? "Automation") : kTitles[at.at];
  };
  const things = () =>
    (automations.list.value ?? []).map(({ id, name }): Action => {
      return { id, title: name, icon: "clock", group: kGroup, act: () => go(address_of({ at: "one", id })) };
    });
  return {
    show: async (url) => {
      const to = where_of(url);
      where.value = to;
      await Promise.all([automations.load(to.at === "list"), open(stand, to)]);
    },
    view: () => (
      <Leads.Provider value={go}>
        <Frame stand={stand} where={where.value} />
      </Leads.Provider>
    ),
    title: () => `${titled()} · ZoClone`,
    back: () => address_of(where.value),
    things,
    find: async (query) => {
      if (automations.list.value === null) await automations.load(false);
      return things().filter(({ title }) => holds_words(`${title} ${kGroup}`, query));
    },
  };
}

/** Reads what stands at an address. */
async function open({ one, editor, calendar, jobs }: Stand, where: Where): Promise<void> {
  switch (where.at) {
    case "list":
      return;
    case "calendar":
      return calendar.open(where.span, where.day);
    case "jobs":
      return jobs.load();
    case "new":
      return editor.open_new(where.example);
    case "one":
      return one.open(where.id);
    case "edit":
      await one.open(where.id);
      if (one.shown.value) editor.open_of(one.shown.value.automation);
  }
}
