#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "queue/rows.h"

namespace zo {
namespace {

std::string_view on_failure_name(Need::OnFailure what) {
  switch (what) {
    case Need::OnFailure::Cancel: return "cancel";
    case Need::OnFailure::Continue: return "continue";
    case Need::OnFailure::Hold: return "hold";
  }
  return "cancel";
}

// True when it must be waited for. The row of one that is not over is held, so that it cannot end beside us.
Result<bool> must_wait(Transaction& tx, const NewJob& job, const Need& need) {
  if (tx.change("UPDATE jobs SET is_needed = 1 WHERE id = ? AND person_id = ?", need.job, job.person_id) == 1) return true;
  const auto rows = tx.query("SELECT state FROM job_history WHERE id = ? AND person_id = ?", need.job, job.person_id);
  if (!rows->next()) return std::unexpected(no_such("job", need.job.text(), "zo job list"));
  if (rows->text(0) == "succeeded" || need.on_failure == Need::OnFailure::Continue) return false;
  if (need.on_failure == Need::OnFailure::Hold) return true;
  return fail(Code::Conflict, fmt::format("job {}, which this one needs, has ended as {}", need.job.text(), rows->text(0)), "zo job retry " + need.job.string());
}

}  // namespace

// What is smaller goes first: a level of priority is worth ten minutes of waiting, at every moment alike.
std::int64_t order_key(TimeMs ready_at, int priority) { return ready_at - priority * limits::kJobAgingMs; }

Result<> check_new(const NewJob& job) {
  ZO_OK(check_queue_name(job.queue));
  if (job.priority < 0 || job.priority >= limits::kJobPriorities)
    return fail(Code::Invalid, fmt::format("priority {} is outside of 0 to {}", job.priority, limits::kJobPriorities - 1));
  if (job.payload.size() > limits::kJobPayloadBytes)
    return fail(Code::Invalid, fmt::format("the job's payload has {} bytes, limit {}", job.payload.size(), limits::kJobPayloadBytes), "put it into a file, and name that");
  if (job.needs.size() > limits::kJobNeeds)
    return fail(Code::Invalid, fmt::format("the job needs {} others, limit {}", job.needs.size(), limits::kJobNeeds));
  if (job.failures_most < 1 || job.failures_most > limits::kJobTriesMost || job.losses_most < 0 || job.losses_most > limits::kJobTriesMost)
    return fail(Code::Invalid, fmt::format("a job is tried 1 to {} times", limits::kJobTriesMost));
  return {};
}

std::string story_line(TimeMs at, std::string_view what, std::string_view detail) {
  return detail.empty() ? fmt::format("{} {}\n", at, what) : fmt::format("{} {} {}\n", at, what, detail);
}

Result<Added> add_job(Transaction& tx, const NewJob& job, TimeMs now) {
  ZO_OK(check_new(job));
  std::vector<const Need*> open;
  for (const Need& need : job.needs) {
    ZO_TRY(const bool waits, must_wait(tx, job, need));
    if (waits) open.push_back(&need);
  }
  Added added{.id = job.id, .queue = job.queue, .ready_at = now + std::max<std::int64_t>(job.delay_ms, 0)};
  if (!open.empty()) added.state = JobState::Blocked;
  else if (added.ready_at > now) added.state = JobState::Scheduled;
  const std::int64_t inserted = tx.change(
      "INSERT INTO jobs (id, person_id, queue, state, priority, ready_at, order_key, payload, unique_key, waits_for, needs, attempt, freed_by, "
      "failures, failures_most, losses, losses_most, backoff_ms, run_ms_most, node, process, note, checkpoint, result, story, created_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, 0, '', 0, ?, 0, ?, ?, ?, '', '', '', '', '', '', ?) ON CONFLICT DO NOTHING",
      job.id, job.person_id, job.queue, job_state_name(added.state), job.priority, added.ready_at, order_key(added.ready_at, job.priority),
      job.payload, job.unique_key.empty() ? std::nullopt : std::optional(job.unique_key), open.size(), job.failures_most, job.losses_most,
      job.backoff_ms, job.run_ms_most, now);
  if (inserted == 0) {
    const auto rows = tx.query("SELECT id, state, ready_at FROM jobs WHERE person_id = ? AND queue = ? AND unique_key = ?", job.person_id, job.queue,
                               job.unique_key);
    if (!rows->next()) return fail(Code::Conflict, fmt::format("there is a job {} already", job.id.text()));
    return Added{rows->id<JobId>(0), job.queue, true, *job_state_from_name(rows->text(1)), rows->integer(2)};
  }
  for (const Need* need : open)
    tx.change("INSERT INTO job_needs (needs_id, job_id, person_id, on_failure) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", need->job, job.id,
              job.person_id, on_failure_name(need->on_failure));
  return added;
}

bool is_held(Transaction& tx, const Held& held) {
  return tx.change("UPDATE jobs SET attempt = attempt WHERE id = ? AND person_id = ? AND attempt = ? AND state = 'running'", held.job, held.person_id,
                   held.attempt) == 1;
}

Renewed renew_job(Transaction& tx, const Held& held, const Claimant& claimant) {
  const auto rows = tx.query("UPDATE jobs SET lease_until_at = ?, process = ? WHERE id = ? AND person_id = ? AND attempt = ? AND state = 'running' "
                             "RETURNING cancel_at", claimant.until_at(), claimant.process, held.job, held.person_id, held.attempt);
  if (!rows->next()) return {};
  return {true, !rows->is_null(0)};
}

JobOutcome end_job(Transaction& tx, const Held& held, const JobEnd& end, TimeMs now, std::uint64_t chance) {
  if (end.state == JobState::Failed && !end.is_final) {
    const std::int64_t whole_ms = std::min(limits::kJobBackoffMsMost, held.backoff_ms << std::min(held.failures, 20));
    const TimeMs again_at = now + whole_ms / 2 + static_cast<std::int64_t>(chance % static_cast<std::uint64_t>(whole_ms / 2 + 1));
    Error e = end.error.value_or(Error{Code::Internal, "it failed", ""});
    e.message = one_line(e.message, kErrorChars);
    const std::int64_t again = tx.change(
        "UPDATE jobs SET state = 'scheduled', freed_by = 'failure', failures = failures + 1, ready_at = ?, order_key = ?" ZO_AGED ", "
        "" ZO_LET_GO ", error_code = ?, error_message = ?, "
        ZO_TELL " "
        "WHERE id = ? AND person_id = ? AND attempt = ? AND state = 'running' AND failures + 1 < failures_most AND cancel_at IS NULL",
        again_at, again_at, code_name(e.code), e.message, story_line(now, "failed", e.message), held.job, held.person_id, held.attempt);
    if (again == 1) return {Ended::Again, again_at, false};
  }
  const int failures = end.state == JobState::Failed ? 1 : 0;
  const Moved moved = move_to_history(tx, {held.person_id, held.job, JobState::Running, held.attempt}, end, failures, now);
  return {moved.moved ? Ended::Over : Ended::Stale, 0, moved.freed_others};
}

bool block_job(Transaction& tx, const Held& held, std::string_view waits_for, TimeMs now) {
  return tx.change("UPDATE jobs SET state = 'blocked', waits_for = ?, " ZO_LET_GO ", "
                   ZO_TELL " "
                   "WHERE id = ? AND person_id = ? AND attempt = ? AND state = 'running'",
                   waits_for, story_line(now, "waits", waits_for), held.job, held.person_id, held.attempt) == 1;
}

bool unblock_job(Transaction& tx, const PersonId& person, const JobId& job, TimeMs now) {
  return tx.change("UPDATE jobs SET state = 'ready', waits_for = '', freed_by = 'answer', "
                   ZO_TELL " "
                   "WHERE id = ? AND person_id = ? AND state = 'blocked' AND needs = 0",
                   story_line(now, "answered"), job, person) == 1;
}

bool note_job(Transaction& tx, const Held& held, std::optional<int> percent, std::string_view note, std::string_view checkpoint) {
  return tx.change("UPDATE jobs SET percent = COALESCE(?, percent), note = CASE WHEN ? = '' THEN note ELSE ? END, "
                   "checkpoint = CASE WHEN ? = '' THEN checkpoint ELSE ? END WHERE id = ? AND person_id = ? AND attempt = ? AND state = 'running'",
                   percent, note, note, checkpoint, checkpoint, held.job, held.person_id, held.attempt) == 1;
}

Result<> log_job(Transaction& tx, const Held& held, std::string_view text, TimeMs now) {
  if (!is_held(tx, held)) return fail(Code::Conflict, fmt::format("job {} is no longer yours: it ended, or another attempt took it over", held.job.text()));
  const std::int64_t lines = tx.number("SELECT MAX(number) FROM job_log WHERE job_id = ? AND person_id = ?", held.job, held.person_id);
  if (lines >= limits::kJobLogLines)
    return fail(Code::Exhausted, fmt::format("the log of job {} has {} lines, limit {}", held.job.text(), lines, limits::kJobLogLines));
  tx.change("INSERT INTO job_log (job_id, number, person_id, at, text) VALUES (?, ?, ?, ?, ?)", held.job, lines + 1, held.person_id, now, text);
  return {};
}

}  // namespace zo
