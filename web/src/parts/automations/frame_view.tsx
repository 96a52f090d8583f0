// The head of this part: where one is, the tabs, and what can be done there.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Confirm } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { CalendarView } from "./calendar_view";
import { EditorView } from "./editor_view";
import { JobsView } from "./jobs_view";
import { To } from "./link";
import { ListView } from "./list_view";
import { OneActions, OneView } from "./one_view";
import type { Stand } from "./page";
import { address_of, kPath, type Where } from "./where";

const kTabs: { name: string; where: Where }[] = [
  { name: "List", where: { at: "list" } },
  { name: "Calendar", where: { at: "calendar", span: "month", day: null } },
  { name: "Jobs", where: { at: "jobs" } },
];

export function Frame({ stand, where }: { stand: Stand; where: Where }) {
  const { automations, go } = stand;
  const removing = automations.removing.value;
  const main = useRef<HTMLElement>(null);
  const place = address_of(where);
  const was = useRef(place);
  useEffect(() => {
    // What had the focus is gone: the heading says where one is now.
    if (was.current !== place && document.activeElement === document.body) main.current?.querySelector("h1")?.focus();
    was.current = place;
  }, [place]);
  const is_wide = where.at === "calendar" || where.at === "jobs";
  return (
    <main ref={main} class="main automations">
      <header class="head">
        <Heading stand={stand} where={where} />
        {where.at === "one" && <OneActions stand={stand} />}
        {(where.at === "list" || where.at === "calendar") && (
          <To to={address_of({ at: "new", example: null })} class="button primary">
            <Icon name="plus" /> New
            <span class="unseen"> automation</span>
          </To>
        )}
      </header>
      <div class="scroll">
        <div class={is_wide ? "page wide" : "page"}>
          <Body stand={stand} where={where} />
        </div>
      </div>
      {removing && (
        <Confirm
          title={`Remove ${removing.name}?`}
          verb="Remove"
          act={async () => {
            await automations.remove(removing);
            go(kPath);
          }}
          on_close={() => {
            automations.removing.value = null;
          }}
        >
          Nothing of it begins any more, what it runs now is stopped, and its history goes. Its conversations stay.
        </Confirm>
      )}
    </main>
  );
}

function Body({ stand, where }: { stand: Stand; where: Where }) {
  switch (where.at) {
    case "list":
      return <ListView automations={stand.automations} />;
    case "calendar":
      return <CalendarView calendar={stand.calendar} automations={stand.automations} go={stand.go} />;
    case "jobs":
      return <JobsView jobs={stand.jobs} automations={stand.automations} />;
    case "new":
      return <EditorView stand={stand} id={null} />;
    case "edit":
      return <EditorView stand={stand} id={where.id} />;
    case "one":
      return <OneView stand={stand} />;
  }
}

function Heading({ stand, where }: { stand: Stand; where: Where }) {
  if (where.at === "list" || where.at === "calendar" || where.at === "jobs") {
    return (
      <>
        <h1 class="head-title tabs-title" tabIndex={-1}>
          Automations
        </h1>
        <nav class="tabs" aria-label="Views of automations">
          {kTabs.map((tab) => (
            <To
              key={tab.name}
              to={address_of(tab.where)}
              class="tab"
              aria-current={tab.where.at === where.at ? "page" : undefined}
            >
              {tab.name}
            </To>
          ))}
        </nav>
      </>
    );
  }
  const name = stand.one.shown.value?.automation.name ?? "Automation";
  return (
    <nav class="crumbs" aria-label="Where you are">
      <To to={kPath}>Automations</To>
      <Slash />
      {where.at === "edit" && (
        <>
          <To to={address_of({ at: "one", id: where.id })}>{name}</To>
          <Slash />
        </>
      )}
      <h1 tabIndex={-1}>{where.at === "one" ? name : where.at === "edit" ? "Edit" : "New automation"}</h1>
    </nav>
  );
}

function Slash(): ComponentChildren {
  return <span aria-hidden="true">/</span>;
}
