// Which model answers here, always in sight, and the list to choose another from.
import type { ComputerInfo } from "../../api/types";
import { Icon } from "../../ui/icon";
import { Menu, type MenuItem } from "../../ui/menu";
import { kStateWords, type Models } from "./models";

interface Props {
  models: Models;
  computer: ComputerInfo | null;
  /** The conversation's own choice; null follows the default. */
  chosen: string | null;
  choose: (name: string | null) => void;
}

export function ModelPicker({ models, computer, chosen, choose }: Props) {
  const answering = chosen ?? models.list.value?.current ?? computer?.model.name ?? null;
  const label = answering === null ? "No model" : label_of(models, computer, answering);
  const state = models.find(answering)?.state ?? (chosen === null ? computer?.model.state : undefined);
  const word = state && state !== "offered" && state !== "stopped" ? kStateWords[state] : "";

  function items(): MenuItem[] {
    const list = models.list.value;
    const standard = list?.current ? models.label(list.current) : "";
    return [
      { title: "The default model", detail: standard, chosen: chosen === null, act: () => choose(null) },
      ...(list?.items ?? []).map((model) => ({
        title: model.label,
        detail: kStateWords[model.state],
        chosen: model.name === chosen,
        act: () => choose(model.name),
      })),
    ];
  }

  return (
    <Menu
      label={`Model: ${label}${word ? `, ${word}` : ""}. Choose another`}
      items={items}
      on_open={() => void models.load()}
    >
      <span class="picker">
        <span class="picker-name">{label}</span>
        {word && <span class="picker-state">{word}</span>}
        <Icon name="down" size={14} />
      </span>
    </Menu>
  );
}

function label_of(models: Models, computer: ComputerInfo | null, name: string): string {
  return models.find(name)?.label ?? (computer?.model.name === name ? computer.model.label : null) ?? name;
}
