import "./models.css";
import type { ComponentChildren } from "preact";
import type { Changes } from "../../api/changes";
import type { Client } from "../../api/client";
import type { Computer } from "../../api/computer";
import type { ErrorCode } from "../../api/types";
import type { Action } from "../../ui/palette";
import { type Go, kSettingsPath, type Part } from "../../ui/part";
import { AnotherModel } from "./another_model";
import { Keys, kKeysPath } from "./keys";
import { FirstKey, KeysView } from "./keys_view";
import { ModelChoice } from "./model_choice";
import { ModelNotice } from "./model_notice";
import { ModelPicker } from "./model_picker";
import { ModelSettings } from "./model_settings";
import { Models } from "./models";

export interface ModelsPart extends Part {
  /** The one that answers where nothing else is chosen. */
  current(): string | null;
  choose(name: string): Promise<void>;
  choice(chosen: string | null, choose: (name: string) => void): ComponentChildren;
  /** Of something that may have a model of its own; null follows the default. */
  picker(chosen: string | null, choose: (name: string | null) => void): ComponentChildren;
  choices(choose: (name: string) => void): Action[];
  /** Where an answer of the model `failed`: what to do about it. */
  another(failed: string, code: ErrorCode | undefined, choose: (name: string) => void): ComponentChildren;
  /** Said before one asks: that the default model does not answer yet, and what to do about it. */
  notice(): ComponentChildren;
}

export function models_part(client: Client, changes: Changes, computer: Computer, go: Go): ModelsPart {
  const models = new Models(client, changes);
  const keys = new Keys(client, changes);
  const listed = () => models.list.value?.items ?? [];
  const test = (name: string) => () => {
    go(kSettingsPath);
    void models.test(name);
  };
  const add_key = () => {
    keys.adding.value = true;
    go(kKeysPath);
  };
  return {
    name: "Models",
    load: () => models.load(),
    actions: () => [{ title: "Add a key…", icon: "key", group: "Settings", act: add_key }],
    things: () =>
      listed().map(({ name, label }) => ({ title: `Test ${label}`, icon: "check", group: "Model", act: test(name) })),
    settings: [
      {
        id: "model",
        title: "Model",
        about: "Answers wherever a conversation has not chosen its own.",
        view: () => <ModelSettings models={models} keys={keys} computer={computer.info.value} />,
      },
      {
        id: "keys",
        title: "Keys",
        about:
          "With a key, a provider’s models answer here. The provider gets what you write and what its tools read, and bills you.",
        show: () => void keys.load(),
        view: () => <KeysView keys={keys} />,
      },
    ],
    current: () => models.list.value?.current ?? null,
    choose: (name) => models.choose(name),
    choice: (chosen, choose) => (
      <>
        <ModelChoice models={models} keys={keys} chosen={chosen} choose={choose} />
        <FirstKey keys={keys} />
      </>
    ),
    picker: (chosen, choose) => (
      <ModelPicker models={models} computer={computer.info.value} chosen={chosen} choose={choose} />
    ),
    choices: (choose) =>
      listed().map(({ name, label }) => {
        return { title: `Answer here with ${label}`, icon: "tool", group: "Model", act: () => choose(name) };
      }),
    another: (failed, code, choose) => (
      <AnotherModel models={models} failed={failed} code={code} choose={choose} go={go} />
    ),
    notice: () => <ModelNotice computer={computer.info.value} go={go} />,
  };
}
