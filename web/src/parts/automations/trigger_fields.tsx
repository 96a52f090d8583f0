// What starts it besides time: a link that is called, a file that changes, another automation.

import type { Automation } from "../../api/types";
import { CopyButton } from "../../ui/copy";
import type { Automations } from "./automations";
import type { Editor } from "./editor";
import { ChoiceField, LineField } from "./field";
import { hook_address } from "./words";

const kOutcomes: [Automation["on_outcome"], string][] = [
  ["any", "however it ended"],
  ["succeeded", "when it succeeded"],
  ["failed", "when it failed"],
];

export function TriggerFields({ editor, automations }: { editor: Editor; automations: Automations }) {
  const { on_file, on_automation, on_outcome } = editor.draft.value;
  const before = editor.before.value;
  const others = (automations.list.value ?? []).filter(({ id }) => id !== before?.id);
  return (
    <fieldset class="editor-group">
      <legend>Also when</legend>
      <Hook editor={editor} />
      <LineField
        id="automation-file"
        label="A file of the workspace changes"
        placeholder="inbox/*.pdf"
        hint="notes, or notes/**, is all below notes. Empty: no file starts it."
        value={on_file}
        on_value={(value) => editor.change({ on_file: value })}
      />
      {(others.length > 0 || on_automation) && (
        <div class="editor-pair">
          <ChoiceField
            id="automation-after"
            label="Another automation has run"
            value={on_automation ?? ""}
            choices={[["", "none"], ...others.map(({ id, name }) => [id, name] as const)]}
            on_value={(value) => editor.change({ on_automation: value || null })}
          />
          {on_automation && (
            <ChoiceField
              id="automation-outcome"
              label="And only"
              value={on_outcome}
              choices={kOutcomes}
              on_value={(value) => editor.change({ on_outcome: value })}
            />
          )}
        </div>
      )}
    </fieldset>
  );
}

function Hook({ editor }: { editor: Editor }) {
  const { on_hook } = editor.draft.value;
  const before = editor.before.value;
  const link = before && on_hook ? hook_address(before) : null;
  return (
    <div class="editor-field">
      <label class="editor-switch">
        <input
          type="checkbox"
          checked={on_hook}
          onChange={(event) => editor.change({ on_hook: event.currentTarget.checked })}
        />
        A link of its own is called
      </label>
      {link && (
        <p class="one-link">
          <code>{link}</code>
          <CopyButton text={() => link} label="Copy link" />
        </p>
      )}
      {on_hook && !link && <p class="faint">The link stands here once the automation is kept.</p>}
      {on_hook && (
        <p class="faint">
          Whoever sends a POST to it starts a run, whose agent is told the body as data. Keep it like a key; off and on
          again, it is another.
        </p>
      )}
    </div>
  );
}
