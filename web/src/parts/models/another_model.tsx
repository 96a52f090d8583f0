// Where an answer failed: another model to ask instead, and the place where keys are set.
import { Menu } from "../../ui/menu";
import { type Go, kSettingsPath } from "../../ui/part";
import { kStateWords, type Models } from "./models";

interface Props {
  models: Models;
  /** Which model failed. */
  failed: string;
  choose: (name: string) => void;
  go: Go;
}

export function AnotherModel({ models, failed, choose, go }: Props) {
  const others = () => (models.list.value?.items ?? []).filter((model) => model.name !== failed);
  return (
    <>
      {others().length > 0 && (
        <Menu
          label="Ask another model"
          plain
          items={() =>
            others().map((model) => ({
              title: model.label,
              detail: kStateWords[model.state],
              act: () => choose(model.name),
            }))
          }
        >
          Ask another model
        </Menu>
      )}
      <a
        href={kSettingsPath}
        onClick={(event) => {
          event.preventDefault();
          go(kSettingsPath);
        }}
      >
        Models and keys
      </a>
    </>
  );
}
