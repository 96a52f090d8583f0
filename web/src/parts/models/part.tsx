import "./models.css";
import type { ComponentChildren } from "preact";
import type { Changes } from "../../api/changes";
import type { Client } from "../../api/client";
import type { Computer } from "../../api/computer";
import type { Action } from "../../ui/palette";
import { type Go, kSettingsPath, type Part } from "../../ui/part";
import { AnotherModel } from "./another_model";
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
  another(failed: string, choose: (name: string) => void): ComponentChildren;
  /** Said before one asks: that the default model does not answer yet, and what to do about it. */
  notice(): ComponentChildren;
}

export function models_part(client: Client, changes: Changes, computer: Computer, go: Go): ModelsPart {
  const models = new Models(client, changes);
  const listed = () => models.list.value?.items ?? [];
  const test = (name: string) => () => {
    go(kSettingsPath);
    void models.test(name);
  };
  return {
    name: "Models",
    load: () => models.load(),
    actions: () =>
      listed().map(({ name, label }) => ({ title: `Test ${label}`, icon: "check", group: "Model", act: test(name) })),
    settings: {
      title: "Model",
      about: "Answers wherever a conversation has not chosen its own.",
      view: () => <ModelSettings models={models} computer={computer.info.value} />,
    },
    current: () => models.list.value?.current ?? null,
    choose: (name) => models.choose(name),
    choice: (chosen, choose) => <ModelChoice models={models} chosen={chosen} choose={choose} />,
    picker: (chosen, choose) => (
      <ModelPicker models={models} computer={computer.info.value} chosen={chosen} choose={choose} />
    ),
    choices: (choose) =>
      listed().map(({ name, label }) => {
        return { title: `Answer here with ${label}`, icon: "tool", group: "Model", act: () => choose(name) };
      }),
    another: (failed, choose) => <AnotherModel models={models} failed={failed} choose={choose} go={go} />,
    notice: () => <ModelNotice computer={computer.info.value} go={go} />,
  };
}
