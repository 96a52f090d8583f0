// Which key sends what is written. A keyboard on the glass has no Shift+Enter: there Enter makes a new line, and the
// button sends. Ctrl+Enter sends wherever there is a Ctrl.
import { matching } from "../../ui/keep";

/** The page is worked with by a finger. */
export const touched = matching("(pointer: coarse)");

export function sends(event: KeyboardEvent): boolean {
  if (event.key !== "Enter" || event.isComposing) return false;
  return event.ctrlKey || event.metaKey || (!event.shiftKey && !touched.value);
}
