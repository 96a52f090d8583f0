// One key: what may be shown of it, a test that really asks its provider, and what became of that.
import type { Key } from "../../api/types";
import { Button } from "../../ui/button";
import { duration, plural, when, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { ErrorNote } from "../../ui/note";
import type { Keys } from "./keys";

interface Props {
  of: Key;
  keys: Keys;
  /** Its provider has no other. */
  alone: boolean;
}

export function KeyRow({ of: key, keys, alone }: Props) {
  const id = `key-${key.name}`;
  const testing = keys.tests.value[key.name]?.at === "testing";
  const of_environment = key.source === "environment";
  return (
    <div class={!alone && key.chosen ? "model key chosen" : "model key"}>
      {alone ? (
        <Icon name="key" />
      ) : (
        <input
          type="radio"
          name={`key-of-${key.provider}`}
          id={id}
          checked={key.chosen}
          onChange={() => keys.use(key.name)}
        />
      )}
      {alone ? <Words of={key} /> : <Words of={key} label_for={id} />}
      <div class="key-acts">
        <Button small working={testing} disabled={testing} onClick={() => keys.test(key.name)}>
          {testing ? "Asking…" : "Test"}
          <span class="unseen"> {key.name}</span>
        </Button>
        {of_environment ? (
          <Button small onClick={() => keys.take(key.name)}>
            Take into the vault<span class="unseen"> {key.name}</span>
          </Button>
        ) : (
          <Button
            small
            onClick={() => {
              keys.removing.value = key;
            }}
          >
            Remove<span class="unseen"> {key.name}</span>
          </Button>
        )}
      </div>
      <Outcome of={key} keys={keys} />
    </div>
  );
}

function Words({ of: key, label_for }: { of: Key; label_for?: string }) {
  const facts = [
    key.hint && `ends in ${key.hint}`,
    key.source === "environment" && "from the environment",
    key.base_url && `at ${key.base_url}`,
    key.headers.length > 0 && `sends ${key.headers.join(", ")}, too`,
  ].filter(Boolean);
  const words = (
    <>
      <span class="model-name">{key.name}</span>
      <span class="model-facts">
        {facts.join(" · ")}
        {key.last_used_at && (
          <time dateTime={key.last_used_at} title={when_exactly(key.last_used_at)}>
            {facts.length > 0 && " · "}last used {when(key.last_used_at)}
          </time>
        )}
      </span>
    </>
  );
  if (!label_for) return <div class="model-words still">{words}</div>;
  return (
    <label class="model-words" for={label_for}>
      {words}
    </label>
  );
}

function Outcome({ of: key, keys }: { of: Key; keys: Keys }) {
  const test = keys.tests.value[key.name];
  if (test?.at === "answered") {
    return (
      <p class="model-result ok" role="status">
        <Icon name="check" /> Works: {plural(test.models, "model")}, {duration(test.elapsed_ms)}. Choose one in the list
        of models.
      </p>
    );
  }
  if (test?.at !== "failed") return null;
  const actions = (
    <>
      <Button small onClick={() => keys.keep(key.name)}>
        Keep anyway
      </Button>
      <Button small onClick={() => void keys.remove(key.name).catch((cause) => keys.failed(cause))}>
        Remove it
      </Button>
    </>
  );
  return (
    <div class="model-result">
      <ErrorNote error={test.error} actions={keys.fresh.value === key.name ? actions : undefined} />
    </div>
  );
}
