// Where an answer failed: another model to ask instead, and the place where keys are set.
import type { ErrorCode } from "../../api/types";
import { Menu } from "../../ui/menu";
import { type Go, kSettingsPath } from "../../ui/part";
import { kKeysPath } from "./keys";
import { kStateWords, type Models } from "./models";

interface Props {
  models: Models;
  /** Which model failed. */
  failed: string;
  code: ErrorCode | undefined;
  choose: (name: string) => void;
  go: Go;
}

export function AnotherModel({ models, failed, code, choose, go }: Props) {
  const others = () => (models.list.value?.items ?? []).filter((model) => model.name !== failed);
  // Its provider did not take the key.
  const path = code === "denied" ? kKeysPath : kSettingsPath;
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
        href={path}
        onClick={(event) => {
          event.preventDefault();
          go(path);
        }}
      >
        {code === "denied" ? "Keys" : "Models and keys"}
      </a>
    </>
  );
}
