#include "queue/rows.h"

#include <array>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::array<std::pair<std::string_view, FreedBy>, 5> kFreed{{{"", FreedBy::Nothing},
                                                                      {"answer", FreedBy::Answer},
                                                                      {"loss", FreedBy::Loss},
                                                                      {"failure", FreedBy::Failure},
                                                                      {"redrive", FreedBy::Redrive}}};

FreedBy freed_by_from_name(std::string_view name) {
  for (const auto& [word, freed] : kFreed)
    if (word == name) return freed;
  return FreedBy::Nothing;
}

std::optional<int> optional_int(const Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return static_cast<int>(rows.integer(column));
}

// The row moves, if it is still as `move` says; whether others may wait for it.
enum class RowMoved { No, Alone, Needed };
RowMoved move_row(Transaction& tx, const Move& move, const JobEnd& end, int failures_more, TimeMs now) {
  // What may be tried again and was, as often as it may, is dead.
  const std::string_view failed = end.is_final ? "failed" : "dead";
  const std::string_view state = end.state == JobState::Failed ? failed : job_state_name(end.state);
  const std::optional<std::string> code = end.error ? std::optional(std::string(code_name(end.error->code))) : std::nullopt;
  const std::optional<std::string> message = end.error ? std::optional(one_line(end.error->message, kErrorChars)) : std::nullopt;
  const std::int64_t moved = tx.change(
      "INSERT INTO job_history (id, person_id, queue, state, priority, ready_at, payload, unique_key, attempt, failures, failures_most, losses, "
      "losses_most, backoff_ms, run_ms_most, node, percent, note, checkpoint, result, error_code, error_message, story, created_at, started_at, finished_at) "
      "SELECT id, person_id, queue, CASE WHEN ? = 'dead' AND failures_most = 1 THEN 'failed' ELSE ? END, priority, ready_at, payload, unique_key, attempt, "
      "failures + ?, failures_most, losses, losses_most, backoff_ms, run_ms_most, node, percent, note, checkpoint, ?, ?, ?, story, created_at, started_at, ? "
      "FROM jobs WHERE id = ? AND person_id = ? AND attempt = ? AND state = ?",
      state, state, failures_more, end.result, code, message, now, move.job, move.person, move.attempt, job_state_name(move.from));
  if (moved == 0) return RowMoved::No;
  const auto rows = tx.query("DELETE FROM jobs WHERE id = ? AND person_id = ? AND attempt = ? RETURNING is_needed", move.job, move.person, move.attempt);
  return rows->next() && rows->integer(0) == 1 ? RowMoved::Needed : RowMoved::Alone;
}

struct Waiter {
  JobId job;
  std::string on_failure;
};
std::vector<Waiter> waiters_of(Transaction& tx, const PersonId& person, const JobId& job) {
  std::vector<Waiter> waiters;
  const auto rows = tx.query("SELECT job_id, on_failure FROM job_needs WHERE needs_id = ? AND person_id = ?", job, person);
  while (rows->next()) waiters.push_back({rows->id<JobId>(0), rows->string(1)});
  return waiters;
}

// One need less.
void free_waiter(Transaction& tx, const PersonId& person, const JobId& needed, const JobId& waiter, TimeMs now) {
  if (tx.change("DELETE FROM job_needs WHERE needs_id = ? AND job_id = ? AND person_id = ?", needed, waiter, person) == 0) return;
  tx.change("UPDATE jobs SET needs = needs - 1, state = CASE WHEN needs > 1 OR waits_for <> '' THEN state WHEN ready_at <= ? THEN 'ready' ELSE 'scheduled' END "
            "WHERE id = ? AND person_id = ? AND state = 'blocked'", now, waiter, person);
}

std::optional<std::int64_t> attempt_of_blocked(Transaction& tx, const PersonId& person, const JobId& job) {
  const auto rows = tx.query("SELECT attempt FROM jobs WHERE id = ? AND person_id = ? AND state = 'blocked'", job, person);
  if (!rows->next()) return std::nullopt;
  return rows->integer(0);
}

}  // namespace

Held read_held(const Rows& rows) {
  Held held;
  held.job = rows.id<JobId>(0);
  held.person_id = rows.id<PersonId>(1);
  held.attempt = rows.integer(2);
  held.queue = rows.string(3);
  held.payload = rows.string(4);
  held.checkpoint = rows.string(5);
  held.freed_by = freed_by_from_name(rows.text(6));
  held.failures = static_cast<int>(rows.integer(7));
  held.losses = static_cast<int>(rows.integer(8));
  held.backoff_ms = rows.integer(9);
  held.run_ms_most = rows.integer(10);
  held.ready_at = rows.integer(11);
  held.is_to_stop = !rows.is_null(12);
  return held;
}

Job read_job(const Rows& rows) {
  Job job;
  job.id = rows.id<JobId>(0);
  job.person_id = rows.id<PersonId>(1);
  job.queue = rows.string(2);
  job.state = job_state_from_name(rows.text(3)).value_or(JobState::Blocked);
  job.priority = static_cast<int>(rows.integer(4));
  job.ready_at = rows.integer(5);
  job.payload = rows.string(6);
  job.unique_key = rows.string(7);
  job.attempt = rows.integer(8);
  job.failures = static_cast<int>(rows.integer(9));
  job.failures_most = static_cast<int>(rows.integer(10));
  job.losses = static_cast<int>(rows.integer(11));
  job.node = rows.string(12);
  job.percent = optional_int(rows, 13);
  job.note = rows.string(14);
  job.checkpoint = rows.string(15);
  job.result = rows.string(16);
  if (!rows.is_null(17)) job.error = Error{code_from_name(rows.text(17)), rows.string(18), ""};
  job.story = rows.string(19);
  job.created_at = rows.integer(20);
  job.started_at = rows.optional_integer(21);
  job.waits_for = rows.string(22);
  job.needs = static_cast<int>(rows.integer(23));
  job.lease_until_at = rows.optional_integer(24);
  job.deadline_at = rows.optional_integer(25);
  job.cancel_at = rows.optional_integer(26);
  job.finished_at = rows.optional_integer(27);
  return job;
}

Moved move_to_history(Transaction& tx, const Move& move, const JobEnd& end, int failures_more, TimeMs now) {
  const RowMoved row = move_row(tx, move, end, failures_more, now);
  if (row == RowMoved::No) return {};
  Moved moved{.moved = true};
  if (row == RowMoved::Alone) return moved;
  // Those that end with it may be waited for, too.
  std::vector<std::pair<JobId, JobState>> ended{{move.job, end.state}};
  while (!ended.empty()) {
    const auto [needed, state] = ended.back();
    ended.pop_back();
    for (const Waiter& waiter : waiters_of(tx, move.person, needed)) {
      if (state == JobState::Succeeded || waiter.on_failure == "continue") {
        free_waiter(tx, move.person, needed, waiter.job, now);
      } else if (waiter.on_failure == "cancel") {
        const std::optional<std::int64_t> attempt = attempt_of_blocked(tx, move.person, waiter.job);
        tx.change("DELETE FROM job_needs WHERE job_id = ? AND person_id = ?", waiter.job, move.person);
        const JobEnd with{.state = JobState::Cancelled, .error = Error{Code::Cancelled, "job " + needed.string() + ", which it needed, has ended badly", ""}};
        if (attempt && move_row(tx, {move.person, waiter.job, JobState::Blocked, *attempt}, with, 0, now) != RowMoved::No) ended.emplace_back(waiter.job, JobState::Cancelled);
      } else {
        continue;
      }
      moved.freed_others = true;
    }
  }
  return moved;
}

}  // namespace zo
