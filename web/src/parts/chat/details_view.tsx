// What the run costs and what it touched, beside the conversation.

import type { Run } from "../../api/types";
import { Button } from "../../ui/button";
import { useNow } from "../../ui/clock";
import { count, duration, plural, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import type { Chat } from "./chat";
import type { OpenChat } from "./open_chat";
import { kRunStates } from "./run_words";
import { type TouchedFile, touched_files } from "./turns";

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
        {run ? <RunFacts run={run} /> : <p class="faint">Nothing has run yet.</p>}
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

function RunFacts({ run }: { run: Run }) {
  const running = run.state === "running";
  const now = useNow(running);
  const ended = run.finished_at ? Date.parse(run.finished_at) : now;
  const { icon, word } = kRunStates[run.state];
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
      <dd>
        {count(run.usage.input_tokens)} in · {count(run.usage.output_tokens)} out
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
