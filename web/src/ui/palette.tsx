// The command palette: every action of the page, found by typing.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Dialog } from "./dialog";
import { holds_words } from "./find";
import { Icon, type IconName } from "./icon";

export interface Action {
  title: string;
  icon: IconName;
  /** What kind of thing it acts on, shown faintly at the end of the line. */
  group: string;
  keys?: string;
  /** Of a thing: the same one may be found twice, and stands once. */
  id?: string;
  act: () => void;
}

const kShownMax = 60;
const kTypingPauseMs = 150;

/** Actions that hold every word of `query`; those whose title begins with it come first. */
export function matching(actions: Action[], query: string): Action[] {
  const found = actions.filter((action) => holds_words(`${action.title} ${action.group}`, query));
  const first = query.trim().toLowerCase().split(/\s+/)[0] ?? "";
  const starts = (action: Action) => (action.title.toLowerCase().startsWith(first) ? 0 : 1);
  return found.toSorted((a, b) => starts(a) - starts(b)).slice(0, kShownMax);
}

/** What was found elsewhere stands behind what is known here. */
export function with_found(known: Action[], found: Action[]): Action[] {
  const ids = new Set(known.map((action) => action.id));
  return [...known, ...found.filter((action) => !ids.has(action.id))].slice(0, kShownMax);
}

interface Props {
  actions: () => Action[];
  /** Asks for more than the page knows. */
  find: (query: string) => Promise<Action[]>;
  on_close: () => void;
}

export function Palette({ actions, find, on_close }: Props) {
  const query = useSignal("");
  const at = useSignal(0);
  const elsewhere = useSignal<{ query: string; actions: Action[] } | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const asked = query.value.trim();
  const searching = asked !== "" && elsewhere.value?.query !== asked;
  // What was found for the words before these stays until these are answered, as far as it fits.
  const list_now = () => {
    const more = elsewhere.value;
    if (!more || query.value.trim() === "") return matching(actions(), query.value);
    const fits = more.query === query.value.trim() ? more.actions : matching(more.actions, query.value);
    return with_found(matching(actions(), query.value), fits);
  };
  const found = list_now();

  useEffect(() => {
    if (!asked) return;
    let stale = false;
    const timer = setTimeout(async () => {
      const actions = await find(asked);
      if (!stale) elsewhere.value = { query: asked, actions };
    }, kTypingPauseMs);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [asked]);

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at.value, query.value]);

  function choose(action: Action | undefined) {
    if (!action) return;
    on_close();
    action.act();
  }

  function walk(event: KeyboardEvent) {
    if (event.key === "ArrowDown") at.value = Math.min(at.value + 1, found.length - 1);
    else if (event.key === "ArrowUp") at.value = Math.max(at.value - 1, 0);
    else if (event.key === "Enter" && !event.isComposing) {
      // Fast fingers are ahead of what is drawn.
      choose(list_now()[at.value]);
    } else return;
    event.preventDefault();
  }

  return (
    <Dialog title="Commands" untitled class="palette" on_close={on_close}>
      <div class="palette-search">
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-label="Type a command or a conversation's name"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found[at.value] ? `palette-${at.value}` : undefined}
          placeholder="Type a command or a conversation's name"
          autocomplete="off"
          spellcheck={false}
          value={query.value}
          onInput={(event) => {
            query.value = event.currentTarget.value;
            at.value = 0;
          }}
          onKeyDown={walk}
        />
      </div>
      <div class="palette-list" id="palette-list" role="listbox" aria-label="Commands" ref={list}>
        {found.map((action, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled in the field above
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the active option
          <div
            key={`${action.group} ${action.title} ${index}`}
            id={`palette-${index}`}
            class="palette-item"
            role="option"
            aria-selected={index === at.value}
            onClick={() => choose(action)}
            onMouseMove={(event) => {
              // A list that moves under a resting pointer is told as a move, too.
              if (event.movementX !== 0 || event.movementY !== 0) at.value = index;
            }}
          >
            <Icon name={action.icon} />
            <span class="palette-title">{action.title}</span>
            {action.keys ? <kbd>{action.keys}</kbd> : <span class="palette-group">{action.group}</span>}
          </div>
        ))}
        {found.length === 0 && (
          <p class="palette-none">{searching ? "Searching…" : `Nothing is called “${query.value}”.`}</p>
        )}
      </div>
    </Dialog>
  );
}
