import type { RunState } from "../../api/types";
import type { IconName } from "../../ui/icon";

/** How the state of a run is shown: always a word beside the picture. */
export const kRunStates: Record<RunState, { icon: IconName; word: string }> = {
  running: { icon: "work", word: "working" },
  waiting: { icon: "clock", word: "waiting for you" },
  done: { icon: "check", word: "done" },
  failed: { icon: "cross", word: "failed" },
  cancelled: { icon: "stop", word: "stopped" },
  limited: { icon: "pause", word: "at its limit" },
};
