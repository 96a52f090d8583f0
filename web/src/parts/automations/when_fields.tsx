// The rule, its zone and its start; and, while one types, when it would come or why it cannot be read.
import { when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { with_every } from "./draft";
import type { Editor, Preview } from "./editor";
import { LineField } from "./field";

const kZones = Intl.supportedValuesOf("timeZone");
const kTried = ["every weekday at 8", "every 90m", "mondays at 9:30", "every 3 weeks", "0 7 1 * *"];

export function WhenFields({ editor }: { editor: Editor }) {
  const { every, zone, start } = editor.draft.value;
  const type = (value: string) => editor.change(with_every(editor.draft.value, value, editor.before.value));
  const preview = editor.preview.value;
  const is_wrong = preview.at === "wrong";
  return (
    <fieldset class="editor-group">
      <legend>When</legend>
      <div class="editor-field">
        <label class="label" for="automation-every">
          Every
        </label>
        <input
          type="text"
          id="automation-every"
          class="field"
          placeholder="every weekday at 8"
          autocomplete="off"
          spellcheck={false}
          value={every}
          aria-invalid={is_wrong || undefined}
          aria-describedby="automation-comes"
          onInput={(event) => type(event.currentTarget.value)}
        />
        <div id="automation-comes" class="editor-comes" aria-live="polite">
          <Comes preview={preview} every={every} />
        </div>
        {every.trim() === "" && (
          <div class="editor-tries">
            {kTried.map((words) => (
              <button key={words} type="button" class="editor-try" onClick={() => type(words)}>
                {words}
              </button>
            ))}
          </div>
        )}
      </div>
      <div class="editor-pair">
        <LineField
          id="automation-zone"
          label="Zone"
          list="automation-zones"
          value={zone}
          on_value={(value) => editor.change({ zone: value })}
        />
        <LineField
          id="automation-start"
          label="Begins (empty: now)"
          type="datetime-local"
          value={start.replace(/(T\d\d:\d\d):00$/, "$1")}
          on_value={(value) => editor.change({ start: value })}
        />
      </div>
      <datalist id="automation-zones">
        {kZones.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </fieldset>
  );
}

function Comes({ preview, every }: { preview: Preview; every: string }) {
  if (preview.at === "wrong") {
    return (
      <p class="editor-wrong">
        {preview.error.message} {preview.error.advice && <span class="faint">Try: {preview.error.advice}</span>}
      </p>
    );
  }
  const shown = preview.at === "good" ? preview.preview : preview.before;
  if (every.trim() === "") {
    return <p class="faint">Empty: no time starts it. Type a rule as you would say it, or take one of these:</p>;
  }
  if (!shown) return <p class="faint">Reading the rule…</p>;
  return (
    <>
      <p class="faint">It comes next at</p>
      <ol class={preview.at === "asking" ? "editor-next old" : "editor-next"}>
        {shown.next_local.map((local, index) => (
          <li key={local + index} title={when_exactly(shown.next[index] ?? "")}>
            <Icon name="clock" size={14} /> {local_words(local, shown.zone)}
          </li>
        ))}
      </ol>
      <p class="faint">
        {shown.zone} · kept as <code>{shown.rule}</code>
      </p>
    </>
  );
}

/** "2026-03-01 09:00 Europe/Berlin" as "Sun 1 Mar 2026, 09:00". */
function local_words(local: string, zone: string): string {
  const [day = "", clock = ""] = local.replace(` ${zone}`, "").split(" ");
  const date = new Date(`${day}T12:00:00Z`);
  if (Number.isNaN(date.getTime())) return local;
  const options = { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" } as const;
  return `${date.toLocaleDateString("en-GB", options)}, ${clock}`;
}
