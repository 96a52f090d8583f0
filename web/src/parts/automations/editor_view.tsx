// Making an automation, or changing one.
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button";
import { ErrorNote } from "../../ui/note";
import type { Editor } from "./editor";
import { Field, LineField } from "./field";
import { MoreFields } from "./more_fields";
import type { Stand } from "./page";
import { ResultFields } from "./result_fields";
import { TriggerFields } from "./trigger_fields";
import { WhenFields } from "./when_fields";
import { address_of, kPath } from "./where";

const kNameMaxBytes = 100;
const kPromptMaxBytes = 65_536;

export function EditorView({ stand, id }: { stand: Stand; id: string | null }) {
  const { editor, one, automations, go, picker } = stand;
  const first = useRef<HTMLFormElement>(null);
  const before = editor.before.value;
  const is_open = id === null ? before === null : before?.id === id || before?.name === id;
  useEffect(() => {
    if (is_open && id === null) first.current?.querySelector<HTMLElement>("#automation-name")?.focus();
  }, [is_open]);
  if (!is_open) {
    if (one.error.value) return <ErrorNote error={one.error.value} />;
    return <p class="faint">Reading the automation…</p>;
  }
  async function save(event: Event) {
    event.preventDefault();
    const kept = await editor.save();
    if (!kept) return first.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
    automations.learn(kept);
    go(address_of({ at: "one", id: kept.id }));
  }
  function cancel() {
    editor.close();
    go(id === null ? kPath : address_of({ at: "one", id }));
  }
  return (
    <form ref={first} class="maker" onSubmit={save} noValidate aria-label={before ? "Edit" : "New automation"}>
      <Words editor={editor} />
      <WhenFields editor={editor} />
      <TriggerFields editor={editor} automations={automations} />
      <ResultFields editor={editor} />
      <MoreFields editor={editor} picker={picker} />
      {editor.error.value && <ErrorNote error={editor.error.value} />}
      <div class="editor-acts">
        <Button look="primary" type="submit" working={editor.saving.value} disabled={!may_press(editor)}>
          {before ? "Save" : "Make automation"}
        </Button>
        <Button onClick={cancel}>Cancel</Button>
      </div>
    </form>
  );
}

/** Of what is missing one learns by pressing; of a rule that is wrong, while it is typed. */
function may_press(editor: Editor): boolean {
  return editor.preview.value.at === "good" && !editor.saving.value;
}

function Words({ editor }: { editor: Editor }) {
  const { name, prompt } = editor.draft.value;
  const wrong = editor.tried.value ? editor.wrong.value : {};
  return (
    <>
      <LineField
        id="automation-name"
        label="Name"
        placeholder="Morning notes"
        maxLength={kNameMaxBytes}
        value={name}
        wrong={wrong.name}
        on_value={(value) => editor.change({ name: value })}
      />
      <Field id="automation-prompt" label="What is to be done" wrong={wrong.prompt}>
        <textarea
          id="automation-prompt"
          class="field editor-prompt"
          rows={4}
          maxLength={kPromptMaxBytes}
          placeholder="Summarise notes.md into today.md"
          value={prompt}
          aria-invalid={wrong.prompt ? true : undefined}
          aria-describedby={wrong.prompt ? "automation-prompt-about" : undefined}
          onInput={(event) => editor.change({ prompt: event.currentTarget.value })}
        />
      </Field>
    </>
  );
}
