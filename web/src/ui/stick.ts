// A view that follows its end only while the reader is at the end.
import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

// Nearer than this counts as being at the end: fractions of pixels, and a little slack for a thumb.
const kEndSlackPx = 32;

export interface Stick {
  at_end: Signal<boolean>;
  /** Goes to the end and follows it again. */
  go_to_end: () => void;
}

/**
 * `scroller` scrolls, `content` is its only child and grows. When `key` changes the view starts anew: at its end, which
 * it then follows, or where it is.
 */
export function useStick(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  key: unknown,
  begin: "end" | "start" = "end",
): Stick {
  const at_end = useSignal(begin === "end");
  const following = useRef(begin === "end");

  function go_to_end() {
    following.current = true;
    at_end.value = true;
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }

  useLayoutEffect(() => {
    const view = scroller.current;
    const inner = content.current;
    if (!view || !inner) return;
    if (begin === "end") go_to_end();
    else following.current = false;
    let last_top = view.scrollTop;
    const on_scroll = () => {
      const gap = view.scrollHeight - view.scrollTop - view.clientHeight;
      // Growing content also widens the gap; only a person moves the view up.
      if (gap < kEndSlackPx && begin === "end") following.current = true;
      else if (view.scrollTop < last_top) following.current = false;
      last_top = view.scrollTop;
      at_end.value = following.current;
    };
    const grown = new ResizeObserver(() => {
      if (following.current) view.scrollTop = view.scrollHeight;
    });
    grown.observe(inner);
    grown.observe(view);
    view.addEventListener("scroll", on_scroll, { passive: true });
    return () => {
      grown.disconnect();
      view.removeEventListener("scroll", on_scroll);
    };
  }, [key]);

  return { at_end, go_to_end };
}
