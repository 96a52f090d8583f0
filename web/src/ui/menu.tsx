// A button that opens a list of things to do or to choose from. Arrow keys walk, Escape and a click outside close; a long
// list is searched by typing.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "./button";
import { holds_words, kLookedThrough } from "./find";
import { Icon, type IconName } from "./icon";
import { SearchField } from "./search_field";

const kDrawnMax = 60;

export interface MenuItem {
  title: string;
  detail?: string | undefined;
  icon?: IconName;
  danger?: boolean;
  /** Given: one of a set, of which this one is chosen or not. */
  chosen?: boolean;
  act: () => void;
}

interface Props {
  label: string;
  icon?: IconName;
  small?: boolean;
  /** The button looks like one. */
  plain?: boolean;
  items: () => MenuItem[];
  on_open?: () => void;
  children?: ComponentChildren;
}

export function Menu({ label, icon, small, plain, items, on_open, children }: Props) {
  const open = useSignal(false);
  const query = useSignal("");
  const place = useRef<HTMLDivElement>(null);
  const all = open.value ? items() : [];
  const long = all.length > kLookedThrough;
  const fits = all.filter(({ title, detail }) => holds_words(`${title} ${detail ?? ""}`, query.value));
  const drawn = fits.slice(0, kDrawnMax);

  useEffect(() => {
    if (!open.value) return;
    const first = long ? "input" : '[aria-checked="true"], .menu-item';
    place.current?.querySelector<HTMLElement>(first)?.focus();
    const outside = (event: Event) => {
      if (!place.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
    };
  }, [open.value]);

  function toggle() {
    open.value = !open.value;
    query.value = "";
    if (open.value) on_open?.();
  }

  function close() {
    open.value = false;
    place.current?.querySelector<HTMLElement>("button")?.focus();
  }

  function walk(event: KeyboardEvent) {
    if (!open.value) return;
    const rows = [...(place.current?.querySelectorAll<HTMLElement>(".menu-item") ?? [])];
    const typing = document.activeElement instanceof HTMLInputElement;
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const up = at <= 0 ? rows.length - 1 : at - 1;
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: up };
    const to = (typing ? steps : { ...steps, Home: 0, End: rows.length - 1 })[event.key];
    if (to !== undefined) rows[to % rows.length]?.focus();
    else if (typing && event.key === "Enter") rows[0]?.click();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears the keys of the buttons inside
    <div class="menu-place" ref={place} onKeyDown={walk}>
      <Button
        look={plain ? "plain" : "quiet"}
        label={label}
        small={small ?? false}
        {...(icon ? { icon } : {})}
        aria-haspopup="menu"
        aria-expanded={open.value}
        onClick={toggle}
      >
        {children}
      </Button>
      {open.value && (
        <div class="menu">
          {long && (
            <div class="menu-search">
              <SearchField
                label="Search"
                value={query.value}
                on_value={(value) => {
                  query.value = value;
                }}
              />
            </div>
          )}
          {drawn.length > 0 || !long ? (
            <div role="menu" aria-label={label}>
              {drawn.map((item, index) => (
                <Row key={`${item.title} ${index}`} item={item} close={close} />
              ))}
            </div>
          ) : (
            <p class="menu-more">Nothing is called “{query.value}”.</p>
          )}
          {fits.length > drawn.length && <p class="menu-more">{fits.length - drawn.length} more: type to find them.</p>}
        </div>
      )}
    </div>
  );
}

function Row({ item, close }: { item: MenuItem; close: () => void }) {
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: aria-checked is set on radio items only
    <button
      type="button"
      role={item.chosen === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={item.chosen}
      tabIndex={-1}
      class={item.danger ? "menu-item danger" : "menu-item"}
      onClick={() => {
        close();
        item.act();
      }}
    >
      {item.chosen !== undefined && <span class="menu-tick">{item.chosen && <Icon name="check" />}</span>}
      {item.icon && <Icon name={item.icon} />}
      <span>
        {item.title}
        {item.detail && <small>{item.detail}</small>}
      </span>
    </button>
  );
}
