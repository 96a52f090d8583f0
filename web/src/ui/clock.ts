// A clock that ticks only while somebody looks at it.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

const kTickMs = 100;
const now = signal(Date.now());
let watchers = 0;
let timer = 0;

/** The time in milliseconds; the component is drawn again every 100 ms while `ticking`. */
export function useNow(ticking: boolean): number {
  useEffect(() => {
    if (!ticking) return;
    watchers += 1;
    if (watchers === 1) {
      timer = setInterval(() => {
        now.value = Date.now();
      }, kTickMs) as unknown as number;
    }
    return () => {
      watchers -= 1;
      if (watchers === 0) clearInterval(timer);
    };
  }, [ticking]);
  return ticking ? Math.max(now.value, 0) : Date.now();
}
