// Which model answers: one line each, with a test that really calls it.
import type { Model } from "../../api/types";
import { Button } from "../../ui/button";
import { bytes, count, duration } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { ErrorNote } from "../../ui/note";
import { kStateWords, type Models, type TestState } from "./models";

interface Props {
  models: Models;
  chosen: string | null;
  choose: (name: string) => void;
}

export function ModelChoice({ models, chosen, choose }: Props) {
  const list = models.list.value;
  if (!list) {
    if (!models.error.value) return <p class="faint">Looking for models…</p>;
    return <ErrorNote error={models.error.value} actions={<Button onClick={() => models.load()}>Look again</Button>} />;
  }
  return (
    <>
      <div class="models" role="radiogroup" aria-label="Which model answers">
        {list.items.map((model) => (
          <ModelLine
            key={model.name}
            model={model}
            chosen={model.name === chosen}
            choose={() => choose(model.name)}
            test={models.tests.value[model.name]}
            run_test={() => models.test(model.name)}
          />
        ))}
      </div>
      {list.items.length === 0 && (
        <p class="faint">
          No model was found. Install the local one with <code>zo model install</code>, or start ZoClone with a
          provider's key in the environment.
        </p>
      )}
      {models.error.value && <ErrorNote error={models.error.value} />}
    </>
  );
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
