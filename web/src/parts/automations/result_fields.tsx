// Where it runs, and whom its result is told.

import type { Destination } from "../../api/types";
import { Button } from "../../ui/button";
import type { Editor } from "./editor";
import { ChoiceField } from "./field";
import { To } from "./link";
import { kDeliveries } from "./words";

const kDestinationsMax = 8;
const kKinds = Object.keys(kDeliveries) as Destination["kind"][];

export function ResultFields({ editor }: { editor: Editor }) {
  const { deliver, conversation_id } = editor.draft.value;
  const conversations = editor.conversations.value;
  const known = conversations.map(({ id, title }) => [id, title || "Untitled"] as const);
  const is_known = conversation_id === null || conversations.some(({ id }) => id === conversation_id);
  const change = (index: number, part: Partial<Destination>) =>
    editor.change({ deliver: deliver.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  const wrong = editor.tried.value ? editor.wrong.value.deliver : undefined;
  return (
    <fieldset class="editor-group">
      <legend>The result</legend>
      <ChoiceField
        id="automation-conversation"
        label="Runs in"
        value={conversation_id ?? ""}
        choices={[
          ["", "a new conversation each time"],
          ...(is_known ? [] : [[conversation_id ?? "", "the conversation chosen before"] as const]),
          ...known,
        ]}
        on_value={(value) => editor.change({ conversation_id: value || null })}
      />
      {deliver.map((one, index) => (
        <div key={index} class="deliver" role="group" aria-label={`Told to, ${index + 1}`}>
          <select
            class="field"
            aria-label="How it is told"
            value={one.kind}
            onChange={(event) => change(index, { kind: event.currentTarget.value as Destination["kind"] })}
          >
            {kKinds.map((kind) => (
              <option key={kind} value={kind}>
                {kDeliveries[kind].words}
              </option>
            ))}
          </select>
          <input
            class="field"
            type="text"
            aria-label="Where to"
            autocomplete="off"
            placeholder={kDeliveries[one.kind].placeholder}
            value={one.to}
            aria-invalid={wrong && !one.to.trim() ? true : undefined}
            onInput={(event) => change(index, { to: event.currentTarget.value })}
          />
          <Button
            look="quiet"
            icon="close"
            label={`Do not tell ${one.to || kDeliveries[one.kind].words}`}
            onClick={() => editor.change({ deliver: deliver.filter((_, at) => at !== index) })}
          />
        </div>
      ))}
      {wrong && (
        <p class="editor-wrong" role="alert">
          {wrong}
        </p>
      )}
      {deliver.length > 0 && <p class="faint">What failed is told there, too.</p>}
      {deliver.some(({ kind }) => kind === "email") && (
        <p class="faint">
          Mail leaves by the server in <To to="/settings#mail">Settings</To>.
        </p>
      )}
      <div>
        <Button
          icon="plus"
          disabled={deliver.length >= kDestinationsMax}
          onClick={() => editor.change({ deliver: [...deliver, { kind: "web_hook", to: "" }] })}
        >
          Tell somebody
        </Button>
      </div>
    </fieldset>
  );
}
