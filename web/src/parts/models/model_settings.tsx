// The section of the settings: which model answers unless a conversation says otherwise.
import type { ComputerInfo } from "../../api/types";
import { Button } from "../../ui/button";
import { Note } from "../../ui/note";
import type { Keys } from "./keys";
import { ModelChoice } from "./model_choice";
import type { Models } from "./models";

interface Props {
  models: Models;
  keys: Keys;
  computer: ComputerInfo | null;
}

export function ModelSettings({ models, keys, computer }: Props) {
  // What went wrong stands below the list.
  const choose = (name: string) => void models.choose(name).catch(() => {});
  return (
    <>
      {computer?.model.source === "environment" && (
        <Note>
          ZO_MODEL names <code>{computer.model.name}</code>; it goes before the choice made here.
        </Note>
      )}
      <ModelChoice models={models} keys={keys} chosen={models.list.value?.current ?? null} choose={choose} />
      {(keys.list.value?.items.length ?? 0) > 0 && (
        <div>
          <Button
            icon="redo"
            working={models.refreshing.value}
            disabled={models.refreshing.value}
            onClick={() => models.refresh()}
          >
            {models.refreshing.value ? "Asking the providers…" : "Ask the providers for their models"}
          </Button>
        </div>
      )}
    </>
  );
}
