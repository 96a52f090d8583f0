// Which model answers: one line each, with a test that really calls it.
import { useSignal } from "@preact/signals";
import type { Model } from "../../api/types";
import { Button } from "../../ui/button";
import { bytes, count, duration } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { ErrorNote } from "../../ui/note";
import { SearchField } from "../../ui/search_field";
import { groups_of, is_long } from "./groups";
import type { Keys } from "./keys";
import { kStateWords, type Models, type TestState } from "./models";

interface Props {
  models: Models;
  keys: Keys;
  chosen: string | null;
  choose: (name: string) => void;
}

export function ModelChoice({ models, keys, chosen, choose }: Props) {
  const query = useSignal("");
  const whole = useSignal<string[]>([]);
  const list = models.list.value;
  if (!list) {
    if (!models.error.value) return <p class="faint">Looking for models…</p>;
    return <ErrorNote error={models.error.value} actions={<Button onClick={() => models.load()}>Look again</Button>} />;
  }
  const long = is_long(list.items);
  const groups = groups_of(list.items, { query: query.value, chosen, whole: whole.value });
  return (
    <>
      {long && (
        <SearchField
          label={`Search ${list.items.length} models`}
          value={query.value}
          on_value={(value) => {
            query.value = value;
          }}
        />
      )}
      <div class={long ? "models long" : "models"} role="radiogroup" aria-label="Which model answers">
        {groups.map(({ provider, total, shown, hidden }) => (
          <div key={provider} class="models" role="group" aria-label={of_provider(keys, provider)}>
            {(groups.length > 1 || long) && (
              <p class="models-of">
                {of_provider(keys, provider)}
                {long && <span class="models-count"> {total}</span>}
              </p>
            )}
            {shown.map((model) => (
              <ModelLine
                key={model.name}
                model={model}
                chosen={model.name === chosen}
                choose={() => choose(model.name)}
                test={models.tests.value[model.name]}
                run_test={() => models.test(model.name)}
              />
            ))}
            {hidden > 0 && (
              <div>
                {query.value.trim() === "" && !whole.value.includes(provider) ? (
                  <Button
                    small
                    onClick={() => {
                      whole.value = [...whole.value, provider];
                    }}
                  >
                    {hidden} more<span class="unseen"> of {of_provider(keys, provider)}</span>
                  </Button>
                ) : (
                  <span class="faint">{hidden} more: type to find them.</span>
                )}
              </div>
            )}
          </div>
        ))}
      </div>
      {list.items.length === 0 && (
        <p class="faint">
          No model was found. Add a provider’s key, or install the local one with <code>zo model install</code>.
        </p>
      )}
      {list.items.length > 0 && groups.length === 0 && <p class="faint">No model is called “{query.value}”.</p>}
      {models.error.value && <ErrorNote error={models.error.value} />}
    </>
  );
}

function of_provider(keys: Keys, provider: string): string {
  return provider === "local" ? "On this machine" : keys.label(provider);
}

interface LineProps {
  model: Model;
  chosen: boolean;
  choose: () => void;
  test: TestState | undefined;
  run_test: () => void;
}

function ModelLine({ model, chosen, choose, test, run_test }: LineProps) {
  const id = `model-${model.name}`;
  return (
    <div class={chosen ? "model chosen" : "model"}>
      <input type="radio" name="model" id={id} checked={chosen} onChange={choose} />
      <label for={id} class="model-words">
        <span class="model-name">{model.label}</span>
        <span class="model-facts">{facts(model)}</span>
        {model.detail && <span class="model-facts">{model.detail}</span>}
      </label>
      <Button small working={test?.at === "testing"} disabled={test?.at === "testing"} onClick={run_test}>
        {test?.at === "testing" ? "Asking…" : "Test"}
        <span class="unseen"> {model.label}</span>
      </Button>
      {test?.at === "answered" && (
        <p class="model-result ok" role="status">
          <Icon name="check" /> <span class="model-reply">“{test.reply.trim()}”</span>{" "}
          <span>{duration(test.elapsed_ms)}</span>
        </p>
      )}
      {test?.at === "failed" && (
        <div class="model-result">
          <ErrorNote error={test.error} />
        </div>
      )}
    </div>
  );
}

function facts(model: Model): string {
  // Where it is, its label says; of a program that listens here it does not say that here is this computer.
  return [
    model.source === "loopback" && "on this computer",
    model.size_bytes && bytes(model.size_bytes),
    model.context_tokens && `${count(model.context_tokens)} tokens of context`,
    model.state === "offered" && model.detail ? null : kStateWords[model.state],
  ]
    .filter(Boolean)
    .join(" · ");
}
