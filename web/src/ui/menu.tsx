// A button that opens a list of things to do or to choose from. Arrow keys walk, Escape and a click outside close.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

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
  const place = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!open.value) return;
    const chosen = place.current?.querySelector<HTMLElement>('[aria-checked="true"], .menu-item');
    chosen?.focus();
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
    if (open.value) on_open?.();
  }

  function close() {
    open.value = false;
    place.current?.querySelector<HTMLElement>("button")?.focus();
  }

  function walk(event: KeyboardEvent) {
    if (!open.value) return;
    const all = [...(place.current?.querySelectorAll<HTMLElement>(".menu-item") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) all[to % all.length]?.focus();
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
        <div class="menu" role="menu" aria-label={label}>
          {items().map((item) => (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: aria-checked is set on radio items only
            <button
              type="button"
              key={item.title}
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
          ))}
        </div>
      )}
    </div>
  );
}
