// The section of the settings: which model answers unless a conversation says otherwise.
import type { ComputerInfo } from "../../api/types";
import { Note } from "../../ui/note";
import { ModelChoice } from "./model_choice";
import type { Models } from "./models";

export function ModelSettings({ models, computer }: { models: Models; computer: ComputerInfo | null }) {
  // What went wrong stands below the list.
  const choose = (name: string) => void models.choose(name).catch(() => {});
  return (
    <>
      {computer?.model.source === "environment" && (
        <Note>
          ZO_MODEL names <code>{computer.model.name}</code>; it goes before the choice made here.
        </Note>
      )}
      <p class="faint">
        A provider is listed here once ZoClone is started with its key in the environment: <code>OPENAI_API_KEY</code>{" "}
        or <code>ANTHROPIC_API_KEY</code>.
      </p>
      <ModelChoice models={models} chosen={models.list.value?.current ?? null} choose={choose} />
    </>
  );
}
