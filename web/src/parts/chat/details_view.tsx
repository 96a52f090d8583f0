// What the run costs and what it touched, beside the conversation.

import { useSignal } from "@preact/signals";
import type { Message, Run } from "../../api/types";
import { Button } from "../../ui/button";
import { useNow } from "../../ui/clock";
import { Confirm } from "../../ui/dialog";
import { bytes, count, duration, plural, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import type { Chat } from "./chat";
import type { OpenChat } from "./open_chat";
import { kRunStates } from "./run_words";
import { has_whole_outputs, type TouchedFile, touched_files, usage_of } from "./turns";

const kFileWords: Record<TouchedFile["how"], { sign: string; word: string }> = {
  given: { sign: "·", word: "given by you" },
  written: { sign: "+", word: "written" },
  changed: { sign: "~", word: "changed" },
};

export function DetailsView({ chat, open }: { chat: Chat; open: OpenChat }) {
  const { run, messages } = open.state.value;
  const files = touched_files(messages);
  return (
    <aside class="details" aria-label="Details">
      <div class="details-head">
        <h2>Details</h2>
        <Button look="quiet" small icon="close" label="Close details" onClick={() => chat.toggle_details()} />
      </div>
      <section>
        <h3>Run</h3>
        {run ? <RunFacts run={run} messages={messages} /> : <p class="faint">Nothing has run yet.</p>}
        {run && run.state !== "running" && <Outputs key={run.id} chat={chat} run={run} messages={messages} />}
      </section>
      <section>
        <h3>Files</h3>
        {files.length === 0 && <p class="faint">None touched by the file tools.</p>}
        <ul class="touched">
          {files.map((file) => (
            <li key={file.path}>
              <span class={`touched-sign ${file.how}`} aria-hidden="true">
                {kFileWords[file.how].sign}
              </span>
              <button type="button" title={`Download ${file.path}`} onClick={() => void chat.save_file(file.path)}>
                {file.path}
              </button>
              <span class="unseen">{kFileWords[file.how].word}</span>
            </li>
          ))}
        </ul>
      </section>
    </aside>
  );
}

/** The whole outputs of the run's commands take room that can be had back. */
function Outputs({ chat, run, messages }: { chat: Chat; run: Run; messages: Message[] }) {
  const asking = useSignal(false);
  const freed = useSignal("");
  if (freed.value) return <p class="faint">{freed.value}</p>;
  if (!has_whole_outputs(messages, run)) return null;
  return (
    <>
      <Button small icon="trash" onClick={() => (asking.value = true)}>
        Delete whole outputs…
      </Button>
      {asking.value && (
        <Confirm
          title="Delete the whole outputs of this run?"
          verb="Delete"
          act={async () => {
            const { outputs, freed_bytes } = await chat.free_outputs(run);
            freed.value = `${plural(outputs, "whole output")} deleted, ${bytes(freed_bytes)}.`;
          }}
          on_close={() => {
            asking.value = false;
          }}
        >
          The beginning and the end of each stay, as the model saw them. This makes room also where the disk is full.
        </Confirm>
      )}
    </>
  );
}

function RunFacts({ run, messages }: { run: Run; messages: Message[] }) {
  const running = run.state === "running";
  const now = useNow(running);
  const ended = run.finished_at ? Date.parse(run.finished_at) : now;
  const { icon, word } = kRunStates[run.state];
  const { input_tokens, output_tokens, estimated } = usage_of(run, messages);
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd class={`run-state ${run.state}`}>
        <Icon name={icon} size={14} spin={running} /> {word}
      </dd>
      <dt>Step</dt>
      <dd>
        {count(run.step)} of {count(run.steps_max)}
      </dd>
      <dt>Time</dt>
      <dd title={when_exactly(run.created_at)}>{duration(Math.max(ended - Date.parse(run.created_at), 0))}</dd>
      <dt>Tokens</dt>
      <dd title={estimated ? "Estimated: the provider has not counted them." : undefined}>
        {estimated && "about "}
        {count(input_tokens)} in · {count(output_tokens)} out
      </dd>
      <dt>Model</dt>
      <dd>{run.model}</dd>
      {run.attempt > 0 && (
        <>
          <dt>Resumed</dt>
          <dd>{plural(run.attempt, "time")}</dd>
        </>
      )}
    </dl>
  );
}
