#include "agent/journal_rows.h"

#include "base/limits.h"

namespace zo {

Error lost(const Run& run) {
  return {Code::Conflict, fmt::format("run {} is no longer ours: it ended, or another attempt took it over", run.id.text()), ""};
}

Result<> hold(Transaction& tx, const Run& run) {
  const std::int64_t held = tx.change("UPDATE runs SET attempt = attempt WHERE id = ? AND person_id = ? AND attempt = ? AND state = 'running'",
                                      run.id, run.person_id, run.attempt);
  if (held == 1) return {};
  return std::unexpected(lost(run));
}

void add_event(Transaction& tx, const Run& run, const JournalEvent& event) {
  const EventRow row = to_row(event.number, event.what);
  tx.change("INSERT INTO events (run_id, number, person_id, kind, body) VALUES (?, ?, ?, ?, ?)", run.id, row.number, run.person_id, row.kind,
            row.body);
}

bool is_told(Transaction& tx, const Run& run, const ToolCallId& call) {
  return tx.number("SELECT COUNT(*) FROM events WHERE run_id = ? AND person_id = ? AND kind = 'tool_finished' AND body = ?", run.id, run.person_id,
                   call) > 0;
}

void tell_call(Transaction& tx, const Run& run, std::int64_t number, const ToolCall& call) {
  add_event(tx, run, {number, event::ToolFinished{event::shared(call)}});
}

JobId job_of(const RunId& run) { return JobId::stored(run.text()); }

Held held_of(const Run& run) { return {.job = job_of(run.id), .person_id = run.person_id, .attempt = run.attempt + 1}; }

Result<JobOutcome> end_job_of(Transaction& tx, const Run& run, const JobEnd& end, TimeMs now) {
  const JobOutcome outcome = end_job(tx, held_of(run), end, now, 0);
  if (outcome.ended == Ended::Stale) return std::unexpected(lost(run));
  return outcome;
}

bool take(Transaction& tx, Run& run, const Held& held) {
  const std::int64_t attempt = held.attempt - 1;
  if (tx.change("UPDATE runs SET state = 'running', attempt = ? WHERE id = ? AND person_id = ? AND attempt < ? AND finished_at IS NULL", attempt, run.id,
                run.person_id, attempt) == 0)
    return false;
  run.attempt = attempt;
  run.state = RunState::Running;
  run.last_event = run.attempt * limits::kEventsInAnAttempt;
  tx.change("UPDATE tool_calls SET state = 'unknown', output = ? WHERE run_id = ? AND person_id = ? AND state = 'running'",
            "ZoClone stopped while this call worked. Its outcome is unknown: it may have happened or not. It was not repeated.", run.id,
            run.person_id);
  std::vector<ToolCall> ended;
  {
    const auto rows = tx.query("SELECT " ZO_CALL_COLUMNS " FROM tool_calls WHERE run_id = ? AND person_id = ? "
                               "AND (state = 'unknown' OR state = 'refused') ORDER BY step, place", run.id, run.person_id);
    while (rows->next()) ended.push_back(read_call(*rows));
  }
  for (const ToolCall& call : ended)
    if (!is_told(tx, run, call.id)) tell_call(tx, run, ++run.last_event, call);
  return true;
}

bool is_asked(Transaction& tx, const Run& run) {
  return tx.number("SELECT COUNT(*) FROM tool_calls WHERE run_id = ? AND person_id = ? AND state = 'asked'", run.id, run.person_id) > 0;
}

}  // namespace zo
