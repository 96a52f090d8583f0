// The section of the settings with the keys: those there are, and a form for another.
import { useEffect } from "preact/hooks";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/dialog";
import { ErrorNote, Note } from "../../ui/note";
import { KeyRow } from "./key_row";
import { by_provider, type Keys } from "./keys";
import { NewKey } from "./new_key";

export function KeysView({ keys }: { keys: Keys }) {
  const list = keys.list.value;
  return (
    <>
      {list?.problem && <Note look="warn">{list.problem}</Note>}
      {keys.error.value && <ErrorNote error={keys.error.value} />}
      {list === null && !keys.error.value && <p class="faint">Reading keys…</p>}
      {list?.items.length === 0 && (
        <p class="faint">There is none yet: with one, a provider’s models can answer here, too.</p>
      )}
      {by_provider(list?.items ?? []).map(({ provider, keys: its }) => (
        // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have a name
        <div
          key={provider}
          class="models"
          role={its.length > 1 ? "radiogroup" : "group"}
          aria-label={its.length > 1 ? `The key that ${keys.label(provider)} is asked with` : keys.label(provider)}
        >
          {its[0]?.name !== keys.label(provider) && <p class="models-of">{keys.label(provider)}</p>}
          {its.map((key) => (
            <KeyRow key={key.name} of={key} keys={keys} alone={its.length === 1} />
          ))}
        </div>
      ))}
      <p class="key-done faint" role="status">
        {keys.done.value}
      </p>
      <NewKey keys={keys} />
      <details class="fold">
        <summary>How keys are kept</summary>
        <p class="faint">
          Sealed, on this computer. They are opened only to ask their provider, and are never shown again. Sealing anew
          makes a new master key and seals every key with it: of use when somebody may have a copy of the old one. It
          does not change the keys at their providers.
        </p>
        <p class="key-seal">
          <Button working={keys.sealing.value} disabled={keys.sealing.value} onClick={() => keys.rotate()}>
            Seal anew
          </Button>
        </p>
      </details>
      <Removing keys={keys} />
    </>
  );
}

/** Where one begins: a form for a key, and what became of those given here. */
export function FirstKey({ keys }: { keys: Keys }) {
  useEffect(() => void keys.load(), []);
  const given = keys.list.value?.items.filter(({ name }) => keys.tests.value[name]) ?? [];
  return (
    <>
      {keys.error.value && (
        <ErrorNote error={keys.error.value} actions={<Button onClick={() => keys.load()}>Look again</Button>} />
      )}
      {given.map((key) => (
        <KeyRow key={key.name} of={key} keys={keys} alone />
      ))}
      <NewKey keys={keys} />
      <Removing keys={keys} />
    </>
  );
}

function Removing({ keys }: { keys: Keys }) {
  const key = keys.removing.value;
  if (!key) return null;
  const next = keys.list.value?.items.some((other) => other.provider === key.provider && other.name !== key.name);
  return (
    <Confirm
      title={`Remove the key ${key.name}?`}
      verb="Remove"
      act={() => keys.remove(key.name)}
      on_close={() => {
        keys.removing.value = null;
      }}
    >
      It is erased here and cannot be brought back.{" "}
      {next
        ? `${keys.label(key.provider)} is then asked with another of its keys.`
        : `${keys.label(key.provider)} answers no more until it has another.`}
    </Confirm>
  );
}
