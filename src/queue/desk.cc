// The ledger's part for people: what there is, and what they change of it.
#include <fmt/format.h>

#include "queue/rows.h"

namespace zo {

std::optional<Job> find_job(Transaction& tx, const PersonId& person, const JobId& id) {
  {
    const auto rows = tx.query("SELECT " ZO_LIVE_COLUMNS " FROM jobs WHERE id = ? AND person_id = ?", id, person);
    if (rows->next()) return read_job(*rows);
  }
  const auto rows = tx.query("SELECT " ZO_PAST_COLUMNS " FROM job_history WHERE id = ? AND person_id = ?", id, person);
  if (rows->next()) return read_job(*rows);
  return std::nullopt;
}

std::vector<Job> list_jobs(Transaction& tx, const PersonId& person, std::optional<JobState> state, std::string_view queue, const JobId& before,
                           std::size_t most) {
  const std::string_view name = state ? job_state_name(*state) : "";
  const std::string_view until = before.empty() ? "~" : before.text();  // greater than every id
  const auto rows = tx.query(
      "SELECT * FROM (SELECT " ZO_LIVE_COLUMNS " FROM jobs WHERE person_id = ? AND id < ? AND (? = '' OR state = ?) AND (? = '' OR queue = ?) ORDER BY id DESC LIMIT ?) AS live "
      "UNION ALL SELECT * FROM (SELECT " ZO_PAST_COLUMNS " FROM job_history WHERE person_id = ? AND id < ? AND (? = '' OR state = ?) AND (? = '' OR queue = ?) "
      "ORDER BY id DESC LIMIT ?) AS past ORDER BY 1 DESC LIMIT ?",
      person, until, name, name, queue, queue, most, person, until, name, name, queue, queue, most, most);
  std::vector<Job> jobs;
  while (rows->next()) jobs.push_back(read_job(*rows));
  return jobs;
}

std::optional<QueueSettings> find_queue(Transaction& tx, std::string_view name) {
  const auto rows = tx.query("SELECT name, paused_at, at_once, rate_count, rate_ms FROM queues WHERE name = ?", name);
  if (!rows->next()) return std::nullopt;
  QueueSettings found{.name = rows->string(0), .paused_at = rows->optional_integer(1), .at_once = rows->optional_integer(2)};
  if (!rows->is_null(3)) found.rate = QueueSettings::Rate{rows->integer(3), rows->integer(4)};
  return found;
}

Result<Cancelled> cancel_job(Transaction& tx, const PersonId& person, const JobId& id, TimeMs now) {
  std::optional<Job> job = find_job(tx, person, id);
  if (!job) return std::unexpected(no_such("job", id.text(), "zo job list"));
  if (is_over(job->state)) return fail(Code::Conflict, fmt::format("job {} is over already: {}", id.text(), job_state_name(job->state)));
  Cancelled cancelled{.was = std::move(*job)};
  if (cancelled.was.state == JobState::Running) {
    tx.change("UPDATE jobs SET cancel_at = ? WHERE id = ? AND person_id = ? AND attempt = ? AND state = 'running' AND cancel_at IS NULL", now, id, person,
              cancelled.was.attempt);
    return cancelled;
  }
  tx.change("DELETE FROM job_needs WHERE job_id = ? AND person_id = ?", id, person);
  const Moved moved = move_to_history(tx, {person, id, cancelled.was.state, cancelled.was.attempt}, {.state = JobState::Cancelled}, 0, now);
  if (!moved.moved) return fail(Code::Conflict, fmt::format("job {} changed at this moment", id.text()), "try it again");
  cancelled.freed_others = moved.freed_others;
  return cancelled;
}

Result<Added> redrive_job(Transaction& tx, const PersonId& person, const JobId& id, TimeMs now) {
  const std::int64_t back = tx.change(
      "INSERT INTO jobs (id, person_id, queue, state, priority, ready_at, order_key, payload, unique_key, waits_for, needs, is_needed, attempt, freed_by, "
      "failures, failures_most, losses, losses_most, backoff_ms, run_ms_most, node, process, note, checkpoint, result, story, created_at) "
      "SELECT id, person_id, queue, 'ready', priority, ?, ?" ZO_AGED ", payload, unique_key, '', 0, 1, attempt, 'redrive', 0, failures_most, 0, losses_most, "
      "backoff_ms, run_ms_most, '', '', '', checkpoint, '', CASE WHEN LENGTH(story) < 8192 THEN story || ? ELSE story END, created_at "
      "FROM job_history WHERE id = ? AND person_id = ? AND state <> 'succeeded' ON CONFLICT DO NOTHING",
      now, now, story_line(now, "redriven"), id, person);
  if (back == 0) {
    const std::optional<Job> job = find_job(tx, person, id);
    if (!job) return std::unexpected(no_such("job", id.text(), "zo job list"));
    if (!is_over(job->state) || job->state == JobState::Succeeded)
      return fail(Code::Conflict, fmt::format("job {} is {}: only what has ended badly is tried again", id.text(), job_state_name(job->state)));
    return fail(Code::Conflict, fmt::format("another job of the queue '{}' has the key '{}'", job->queue, job->unique_key), "wait until it has ended");
  }
  tx.change("DELETE FROM job_history WHERE id = ? AND person_id = ?", id, person);
  const auto rows = tx.query("SELECT queue FROM jobs WHERE id = ? AND person_id = ?", id, person);
  rows->next();
  return Added{.id = id, .queue = rows->string(0), .ready_at = now};
}

}  // namespace zo
