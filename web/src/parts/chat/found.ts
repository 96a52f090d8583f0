// A message that a search found: brought into sight, with the words marked. The marks are the browser's own highlights:
// nothing of what is shown is changed for them.
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

const kMarksMax = 500;

export interface Found {
  message_id: string;
  words: string;
}

/** Where the words stand, whatever their case. */
function ranges_of(place: Node, words: string): Range[] {
  const wanted = words.toLowerCase();
  const ranges: Range[] = [];
  if (wanted === "") return ranges;
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && ranges.length < kMarksMax; node = walker.nextNode()) {
    const text = (node.nodeValue ?? "").toLowerCase();
    if (text.length !== node.nodeValue?.length) continue; // a letter that is two in lower case would shift the marks
    for (
      let at = text.indexOf(wanted);
      at >= 0 && ranges.length < kMarksMax;
      at = text.indexOf(wanted, at + wanted.length)
    ) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + wanted.length);
      ranges.push(range);
    }
  }
  return ranges;
}

function mark(ranges: Range[]): void {
  if (typeof Highlight !== "undefined") CSS.highlights.set("found", new Highlight(...ranges));
}

/**
 * Marks the words in all that is drawn, and brings the turn of the message into sight, once. `turn_key`: of that turn, null
 * while it is not there; `drawn`: changes whenever more is.
 */
export function useFound(
  scroller: RefObject<HTMLElement | null>,
  found: Found | null,
  turn_key: string | null,
  drawn: unknown,
): void {
  useEffect(() => {
    if (!found || !scroller.current) return;
    mark(ranges_of(scroller.current, found.words));
    return () => mark([]);
  }, [found, turn_key, drawn]);
  useEffect(() => {
    const turn = turn_key && scroller.current?.querySelector(`[data-turn="${CSS.escape(turn_key)}"]`);
    if (!found || !turn) return;
    turn.scrollIntoView({ block: "start" });
    // What is far away is laid out only once it is near: then it is known where the words stand.
    const frame = requestAnimationFrame(() => {
      ranges_of(turn, found.words)[0]?.startContainer.parentElement?.scrollIntoView({ block: "center" });
    });
    return () => cancelAnimationFrame(frame);
  }, [found, turn_key]);
}
