// All that waits for a person, and what was answered.
import type { Approval } from "../../api/types";
import { Button } from "../../ui/button";
import { when, when_exactly } from "../../ui/format";
import { ErrorNote } from "../../ui/note";
import type { Approvals } from "./approvals";
import { ask_for_notices, can_ask_for_notices } from "./notices";
import { QuestionView } from "./question_view";

const kShownAnswered = 50;

export function AskedView({ approvals }: { approvals: Approvals }) {
  const { all, asked } = approvals;
  const answered = (all.value ?? []).filter(({ state }) => state !== "asked").slice(0, kShownAnswered);
  return (
    <main class="main">
      <header class="head">
        <h1 class="head-title">Asked</h1>
        {can_ask_for_notices.value && <Button onClick={ask_for_notices}>Notify me</Button>}
      </header>
      <div class="scroll">
        <div class="page asked">
          {approvals.error.value && (
            <ErrorNote
              error={approvals.error.value}
              actions={<Button onClick={() => approvals.load()}>Read again</Button>}
            />
          )}
          {all.value === null && !approvals.error.value && <p class="faint">Reading what waits…</p>}
          {all.value !== null && asked.value.length === 0 && <p class="faint">Nothing waits for you.</p>}
          {asked.value.map((one) => (
            <section key={one.id} class="asked-one">
              <QuestionView approvals={approvals} of={one} />
              <a href={`/c/${one.conversation_id}`}>The conversation</a>
            </section>
          ))}
          {answered.length > 0 && <h2>Answered</h2>}
          {answered.map((one) => (
            <Answered key={one.id} of={one} />
          ))}
        </div>
      </div>
    </main>
  );
}

function Answered({ of: one }: { of: Approval }) {
  const at = one.answered_at ?? one.created_at;
  return (
    <p class="answered">
      <a href={`/c/${one.conversation_id}`}>{one.question}</a>{" "}
      <span class="faint">
        {one.state}{" "}
        <time dateTime={at} title={when_exactly(at)}>
          {when(at)}
        </time>
        {one.note && `: ${one.note}`}
      </span>
    </p>
  );
}
