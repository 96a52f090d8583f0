// One question: what would be done, byte for byte, whom it tells something, and the answers that can be given.
import { useSignal } from "@preact/signals";
import type { Approval } from "../../api/types";
import { Button } from "../../ui/button";
import { when, when_exactly } from "../../ui/format";
import { ErrorNote } from "../../ui/note";
import type { Approvals } from "./approvals";

export function QuestionView({ approvals, of: approval }: { approvals: Approvals; of: Approval }) {
  const note = useSignal("");
  const refusing = useSignal(false);
  const working = approvals.answering.value === approval.id;
  const refused = approvals.refused.value[approval.id];
  const refuse = () => void approvals.answer(approval, { allow: false, note: note.value.trim() });
  const ask_why = () => {
    refusing.value = true;
  };
  return (
    <div class="question" role="group" aria-label={approval.question}>
      <p class="question-words">{approval.question}</p>
      <dl class="tool-arguments">
        <div>
          <dt>{approval.tool}</dt>
          <dd>{approval.arguments}</dd>
        </div>
        {approval.destination && (
          <div>
            <dt>tells</dt>
            <dd>{approval.destination}</dd>
          </div>
        )}
      </dl>
      {refusing.value && (
        <label class="question-note">
          <span>Why not? The model is told.</span>
          <input
            class="field"
            type="text"
            value={note.value}
            maxLength={500}
            onInput={(event) => (note.value = event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && refuse()}
          />
        </label>
      )}
      <div class="question-acts">
        {!refusing.value && (
          <>
            <Button
              look="primary"
              disabled={working}
              onClick={() => approvals.answer(approval, { allow: true, always: false })}
            >
              Allow once
            </Button>
            {approval.always && (
              <Button disabled={working} onClick={() => approvals.answer(approval, { allow: true, always: true })}>
                Always: {approval.always}
              </Button>
            )}
          </>
        )}
        <Button disabled={working} onClick={refusing.value ? refuse : ask_why}>
          {refusing.value ? "Refuse" : "Refuse…"}
        </Button>
        {refusing.value && <Button onClick={() => (refusing.value = false)}>Back</Button>}
        <time class="faint" dateTime={approval.expires_at} title={when_exactly(approval.expires_at)}>
          asked {when(approval.created_at)}; without an answer it is refused {when(approval.expires_at)}
        </time>
      </div>
      {refused && <ErrorNote error={refused} />}
    </div>
  );
}
