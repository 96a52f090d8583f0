// The time, for words like "in 5 min": drawn again often enough for them to be true.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

const kTickMs = 15_000;

export function useMinute(): number {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, kTickMs);
    return () => clearInterval(timer);
  }, []);
  // Between two ticks it is drawn for other reasons, too.
  return Math.max(now.value, Date.now());
}
