// What is mostly left as it is.
import { useSignal } from "@preact/signals";
import type { Automation, Tool } from "../../api/types";
import type { Draft } from "./draft";
import type { Editor } from "./editor";
import { ChoiceField, LineField } from "./field";
import type { ModelPicker } from "./part";

const kCatchUps: [Automation["catch_up"], string][] = [
  ["latest", "the latest of them runs"],
  ["skip", "none of them runs"],
  ["all", "all of them run, one behind the other"],
];
const kOverlaps: [Automation["overlap"], string][] = [
  ["skip", "this one is left out"],
  ["buffer_one", "one waits for it"],
  ["allow", "both run"],
  ["cancel_previous", "the earlier one is stopped"],
];
const kGaps: [Automation["gap"], string][] = [
  ["shift", "an hour later"],
  ["skip", "not on that day"],
];

interface Props {
  editor: Editor;
  picker: ModelPicker;
}

export function MoreFields({ editor, picker }: Props) {
  const opened = useSignal(false);
  const draft = editor.draft.value;
  // What is wrong in here is not to be hidden.
  const wrong = editor.wrong.value;
  const is_wrong = Boolean(wrong.catch_up_within || wrong.jitter || wrong.run_most || wrong.tokens_a_day);
  const line = (field: "catch_up_within" | "jitter" | "run_most" | "tokens_a_day" | "egress") => ({
    id: `automation-${field}`,
    value: draft[field],
    wrong: wrong[field],
    on_value: (value: string) => editor.change({ [field]: value } as Partial<Draft>),
  });
  return (
    <details
      class="fold editor-more"
      open={opened.value || is_wrong}
      onToggle={(event) => {
        opened.value = event.currentTarget.open;
      }}
    >
      <summary>More: model, tools, network, what is missed, limits</summary>
      <div class="editor-group">
        <div class="editor-field">
          <span class="label">Answered by</span>
          <div class="editor-picker">{picker(draft.model || null, (name) => editor.change({ model: name ?? "" }))}</div>
        </div>
        <Tools editor={editor} tools={editor.tools.value} />
        <LineField
          {...line("egress")}
          label="What its commands reach of the network"
          hint="off, open-public, or allowlist with presets and hosts: allowlist pip example.org"
        />
        <div class="editor-pair">
          <ChoiceField
            id="automation-catch-up"
            label="Of times missed while nothing ran here"
            value={draft.catch_up}
            choices={kCatchUps}
            on_value={(catch_up) => editor.change({ catch_up })}
          />
          <LineField
            {...line("catch_up_within")}
            label="If not older than"
            placeholder="1 day, or one period if that is less"
          />
        </div>
        <div class="editor-pair">
          <ChoiceField
            id="automation-overlap"
            label="While an earlier one still works"
            value={draft.overlap}
            choices={kOverlaps}
            on_value={(overlap) => editor.change({ overlap })}
          />
          <ChoiceField
            id="automation-gap"
            label="If clocks are put forward over its time"
            value={draft.gap}
            choices={kGaps}
            on_value={(gap) => editor.change({ gap })}
          />
        </div>
        <div class="editor-pair">
          <LineField {...line("run_most")} label="A run takes at most" placeholder="as every run" />
          <LineField {...line("jitter")} label="Begins late by up to" placeholder="0: on time" />
        </div>
        <LineField {...line("tokens_a_day")} label="Tokens a day, of all its runs" placeholder="no bound of its own" />
      </div>
    </details>
  );
}

function Tools({ editor, tools }: { editor: Editor; tools: Tool[] }) {
  const chosen = editor.draft.value.tools;
  const all = tools.map(({ name }) => name);
  const set = (name: string, is_on: boolean) => {
    const others = (chosen === "all" ? all : chosen).filter((one) => one !== name);
    editor.change({ tools: is_on ? [...others, name] : others });
  };
  return (
    <fieldset class="editor-tools">
      <legend class="label">Tools</legend>
      <label>
        <input
          type="checkbox"
          checked={chosen === "all"}
          onChange={(event) => editor.change({ tools: event.currentTarget.checked ? "all" : all })}
        />
        All, also those to come
      </label>
      {chosen !== "all" &&
        tools.map(({ name, description }) => (
          <label key={name} title={description}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={(event) => set(name, event.currentTarget.checked)}
            />
            {name}
          </label>
        ))}
    </fieldset>
  );
}
