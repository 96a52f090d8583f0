// What waits, what runs, what became of the rest; and the queues that it stands in.
import { useSignal } from "@preact/signals";
import type { Automation, Job, JobState, Queue } from "../../api/types";
import { Button } from "../../ui/button";
import { duration, when, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { ErrorNote } from "../../ui/note";
import type { Automations } from "./automations";
import { automation_of, can_retry, is_over, type Jobs, queue_words } from "./jobs";
import { To } from "./link";
import { address_of } from "./where";
import type { State } from "./words";

const kStates: Record<JobState, State> = {
  blocked: { look: "still", icon: "pause", words: "blocked" },
  scheduled: { look: "still", icon: "clock", words: "scheduled" },
  ready: { look: "still", icon: "queue", words: "ready" },
  running: { look: "busy", icon: "work", words: "running" },
  succeeded: { look: "ok", icon: "check", words: "succeeded" },
  failed: { look: "bad", icon: "cross", words: "failed" },
  dead: { look: "bad", icon: "warn", words: "dead" },
  cancelled: { look: "still", icon: "stop", words: "cancelled" },
};

/** All queues, until something was set of them. */
const kAll: Queue = { name: "*", paused_at: null, at_once: null, rate: null, waiting: 0, running: 0, served: true };

export function JobsView({ jobs, automations }: { jobs: Jobs; automations: Automations }) {
  const list = jobs.list.value;
  const { state, queue } = jobs.filter.value;
  const is_all = state === "" && queue === "";
  return (
    <div class="jobs">
      <p class="faint">Everything that runs on its own time is a job: a run of an agent, a time of an automation.</p>
      {jobs.error.value && (
        <ErrorNote error={jobs.error.value} actions={<Button onClick={() => jobs.load()}>Read again</Button>} />
      )}
      <Queues jobs={jobs} />
      <Filters jobs={jobs} />
      {list === null && !jobs.error.value && <p class="faint">Reading jobs…</p>}
      {list?.length === 0 && <p class="faint">{is_all ? "There is no job yet." : "No job is like that."}</p>}
      <ul class="job-list">
        {list?.map((job) => (
          <Row key={job.id} of={job} jobs={jobs} automation={automations.find(automation_of(job) ?? "")} />
        ))}
      </ul>
      {jobs.older.value !== null && <Button onClick={() => jobs.read_older()}>Older</Button>}
    </div>
  );
}

function Queues({ jobs }: { jobs: Jobs }) {
  const queues = jobs.queues.value;
  if (!queues) return null;
  const others = queues.filter(({ name }) => name !== kAll.name);
  return (
    <ul class="job-queues" aria-label="Queues">
      {[queues.find(({ name }) => name === kAll.name) ?? kAll, ...others].map((queue) => (
        <li key={queue.name} class="job-queue">
          <span class="queue-words">
            <strong>{queue_words(queue.name)}</strong>
            <span class="faint">{queue_facts(queue)}</span>
          </span>
          <Button
            small
            icon={queue.paused_at ? "right" : "pause"}
            onClick={() => jobs.pause(queue, queue.paused_at === null)}
          >
            {queue.paused_at ? "Resume" : "Pause"}
            <span class="unseen"> {queue_words(queue.name)}</span>
          </Button>
        </li>
      ))}
    </ul>
  );
}

function queue_facts({ name, paused_at, waiting, running, at_once, rate, served }: Queue): string {
  return [
    paused_at && `paused since ${when(paused_at)}: nothing of it begins`,
    name !== "*" && `${waiting} waiting, ${running} running`,
    at_once !== null && `at most ${at_once} at once`,
    rate && `at most ${rate.count} within ${duration(rate.within_ms)}`,
    name !== "*" && !served && "nobody works on it here",
  ]
    .filter(Boolean)
    .join(" · ");
}

function Filters({ jobs }: { jobs: Jobs }) {
  const { state, queue } = jobs.filter.value;
  const names = (jobs.queues.value ?? []).map(({ name }) => name).filter((name) => name !== "*");
  return (
    <div class="job-filters">
      <select
        class="field"
        aria-label="State"
        value={state}
        onChange={(event) => void jobs.choose({ state: event.currentTarget.value as JobState | "" })}
      >
        <option value="">Every state</option>
        {Object.entries(kStates).map(([name, { words }]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
      <select
        class="field"
        aria-label="Queue"
        value={queue}
        onChange={(event) => void jobs.choose({ queue: event.currentTarget.value })}
      >
        <option value="">Every queue</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

interface RowProps {
  of: Job;
  jobs: Jobs;
  automation: Automation | undefined;
}

function Row({ of: job, jobs, automation }: RowProps) {
  const open = useSignal(false);
  const { look, icon, words } = kStates[job.state];
  const at = job.finished_at ?? job.started_at ?? job.created_at;
  const toggle = () => {
    open.value = !open.value;
    if (open.value) void jobs.ask_why(job);
  };
  return (
    <li class="job">
      <div class="job-line">
        <span class={`stand ${look}`}>
          <Icon name={icon} size={14} spin={job.state === "running"} />
          {words}
        </span>
        <span class="job-words">
          <span>
            {job.queue}
            {automation && (
              <>
                : <To to={address_of({ at: "one", id: automation.id })}>{automation.name}</To>
              </>
            )}
          </span>
          <span class="faint">
            {[
              <time key="at" dateTime={at} title={when_exactly(at)}>
                {when(at)}
              </time>,
              job.percent !== undefined && ` · ${job.percent} %`,
              job.attempt > 1 && ` · attempt ${job.attempt}`,
              job.cancel_at && !is_over(job) && " · is told to stop",
              job.note && ` · ${job.note}`,
            ]}
          </span>
          {job.error && <span class="history-reason">{job.error.message}</span>}
        </span>
        <span class="job-acts">
          <Button small aria-expanded={open.value} onClick={toggle}>
            Why?
            <span class="unseen">
              {" "}
              {job.queue}, {words}
            </span>
          </Button>
          {!is_over(job) && (
            <Button small onClick={() => jobs.cancel(job)}>
              Cancel<span class="unseen"> {job.queue}</span>
            </Button>
          )}
          {can_retry(job) && (
            <Button small onClick={() => jobs.retry(job)}>
              Retry<span class="unseen"> {job.queue}</span>
            </Button>
          )}
        </span>
      </div>
      {open.value && <Why of={job} jobs={jobs} />}
    </li>
  );
}

function Why({ of: job, jobs }: { of: Job; jobs: Jobs }) {
  const why = jobs.whys.value[job.id];
  const conversation = jobs.conversations.value[job.id];
  return (
    <div class="job-why">
      <p role="status">
        {why === undefined
          ? "Asking…"
          : typeof why === "string"
            ? why
            : [why.why, why.try && `Try: ${why.try}`].filter(Boolean).join(" ")}
      </p>
      <ol class="job-story">
        {job.story.map((moment, index) => (
          <li key={index}>
            <time dateTime={moment.at} title={when_exactly(moment.at)} class="faint">
              {when(moment.at)}
            </time>{" "}
            {moment.what}
            {moment.detail && <span class="faint">: {moment.detail}</span>}
          </li>
        ))}
      </ol>
      <p class="faint">
        {conversation && (
          <>
            <To to={`/c/${conversation}`}>Conversation</To> ·{" "}
          </>
        )}
        <code>{job.id}</code>
      </p>
    </div>
  );
}
