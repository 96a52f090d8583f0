// The ledger's part that looks at all persons' jobs: which begin next, whether their queue lets them, and what the dead have left.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "queue/rows.h"

namespace zo {
namespace {

// What of a queue may begin now.
struct Gate {
  std::size_t places = std::numeric_limits<std::size_t>::max();
  std::optional<TimeMs> again_at = {};
  bool is_rated = false;
};

std::size_t places_of(std::int64_t number) { return number > 0 ? static_cast<std::size_t>(number) : 0; }

// A bucket that `count` beginnings fill and `within_ms` empties (the generic cell rate algorithm); `full_until` is when it is empty.
void apply_rate(Gate& gate, const QueueSettings::Rate& rate, TimeMs full_until, TimeMs now) {
  full_until = std::min(full_until, now + rate.within_ms);  // the clock may have been set back
  const std::int64_t free_ms = now + rate.within_ms - std::max(full_until, now);
  const std::size_t places = places_of(free_ms * rate.count / rate.within_ms);
  gate.is_rated = true;
  gate.places = std::min(gate.places, places);
  if (places == 0) gate.again_at = std::max(full_until, now) - rate.within_ms + (rate.within_ms + rate.count - 1) / rate.count;
}

// The row of a queue that has a bound is held, so that two who claim count one after the other.
Gate gate_of(Transaction& tx, std::string_view queue, TimeMs now) {
  Gate gate;
  std::optional<std::int64_t> at_once;
  {
    const auto rows = tx.query("SELECT paused_at, at_once, rate_count, rate_ms, rate_at, name FROM queues WHERE name = ? OR name = '*'", queue);
    while (rows->next()) {
      if (!rows->is_null(0)) gate.places = 0;
      if (rows->text(5) == kAllQueues) continue;
      at_once = rows->optional_integer(1);
      if (!rows->is_null(2)) apply_rate(gate, {rows->integer(2), rows->integer(3)}, rows->integer(4), now);
    }
  }
  if (!at_once || gate.places == 0) return gate;
  tx.change("UPDATE queues SET at_once = at_once WHERE name = ?", queue);
  const std::int64_t running = running_of(tx, queue);
  gate.places = std::min(gate.places, places_of(*at_once - running));
  return gate;
}

void count_rate(Transaction& tx, const Gate& gate, std::string_view queue, std::size_t begun, TimeMs now) {
  if (!gate.is_rated || begun == 0) return;
  tx.change("UPDATE queues SET rate_at = CASE WHEN rate_at > ? THEN rate_at ELSE ? END + (? * rate_ms + rate_count - 1) / rate_count WHERE name = ?", now, now,
            begun, queue);
}

// What a claim makes of a job; parameters: node, process, lease_until_at, now, now, the story's line.
#define ZO_CLAIM                                                                                     \
  "UPDATE jobs SET state = 'running', attempt = attempt + 1, node = ?, process = ?, lease_until_at = ?, " \
  "deadline_at = CASE WHEN run_ms_most > 0 THEN ? + run_ms_most END, started_at = COALESCE(started_at, ?), waits_for = '', " ZO_TELL " "

}  // namespace

std::int64_t running_of(Transaction& tx, std::string_view queue) {
  return tx.number("SELECT COUNT(*) FROM jobs WHERE queue = ? AND state = 'running'", queue);
}

std::optional<Held> claim_job(Transaction& tx, const PersonId& person, const JobId& job, const Claimant& c, ClaimHow how) {
  std::string queue;
  Gate gate;
  if (how == ClaimHow::AsItsQueueLets) {
    const auto rows = tx.query("SELECT queue FROM jobs WHERE id = ? AND person_id = ? AND state = 'ready'", job, person);
    if (!rows->next()) return std::nullopt;
    queue = rows->string(0);
  }
  if (!queue.empty()) gate = gate_of(tx, queue, c.now);
  if (gate.places == 0) return std::nullopt;
  std::optional<Held> held;
  {
    const auto rows = tx.query(ZO_CLAIM "WHERE id = ? AND person_id = ? AND (state = 'ready' OR (? = '' AND (state = 'blocked' OR state = 'scheduled'))) "
                               "RETURNING " ZO_HELD_COLUMNS,
                               c.node, c.process, c.until_at(), c.now, c.now, story_line(c.now, "claimed", c.node), job, person, queue);
    if (rows->next()) held = read_held(*rows);
  }
  if (held) count_rate(tx, gate, queue, 1, c.now);
  return held;
}

Result<std::optional<Held>> add_and_claim_job(Transaction& tx, const NewJob& job, const Claimant& c, ClaimHow how) {
  ZO_OK(check_new(job));
  ZO_CHECK(job.needs.empty() && job.delay_ms == 0);
  const Gate gate = how == ClaimHow::Whatever ? Gate{} : gate_of(tx, job.queue, c.now);
  if (gate.places == 0) {
    ZO_OK(add_job(tx, job, c.now));
    return std::nullopt;
  }
  const std::int64_t inserted = tx.change(
      "INSERT INTO jobs (id, person_id, queue, state, priority, ready_at, order_key, payload, unique_key, waits_for, needs, attempt, freed_by, "
      "failures, failures_most, losses, losses_most, backoff_ms, run_ms_most, node, process, lease_until_at, deadline_at, note, checkpoint, result, story, "
      "created_at, started_at) VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, '', 0, 1, '', 0, ?, 0, ?, ?, ?, ?, ?, ?, ?, '', '', '', ?, ?, ?) ON CONFLICT DO NOTHING",
      job.id, job.person_id, job.queue, job.priority, c.now, order_key(c.now, job.priority), job.payload,
      job.unique_key.empty() ? std::nullopt : std::optional(job.unique_key), job.failures_most, job.losses_most, job.backoff_ms, job.run_ms_most, c.node, c.process,
      c.until_at(), job.run_ms_most > 0 ? std::optional(c.now + job.run_ms_most) : std::nullopt, story_line(c.now, "claimed", c.node), c.now, c.now);
  if (inserted == 0) return fail(Code::Conflict, fmt::format("there is a job {} already, or one with its key", job.id.text()));
  count_rate(tx, gate, job.queue, 1, c.now);
  return Held{.job = job.id, .person_id = job.person_id, .attempt = 1, .queue = job.queue, .payload = job.payload, .backoff_ms = job.backoff_ms, .run_ms_most = job.run_ms_most, .ready_at = c.now};
}

Claims claim_jobs(Transaction& tx, std::string_view queue, std::size_t most, const Claimant& c) {
  tx.change("UPDATE jobs SET state = 'ready' WHERE state = 'scheduled' AND ready_at <= ?", c.now);
  const Gate gate = gate_of(tx, queue, c.now);
  most = std::min(most, limits::kJobsInAClaim);
  Claims claims{.held = {}, .is_limited = gate.places < most, .again_at = gate.again_at};
  most = std::min(most, gate.places);
  if (most == 0) return claims;
  std::vector<std::pair<std::int64_t, Held>> found;
  {
    const auto rows = tx.query(ZO_CLAIM "WHERE id IN (SELECT id FROM jobs WHERE queue = ? AND state = 'ready' ORDER BY order_key, id LIMIT ?) "
                               "AND state = 'ready' RETURNING " ZO_HELD_COLUMNS ", order_key",
                               c.node, c.process, c.until_at(), c.now, c.now, story_line(c.now, "claimed", c.node), queue, most);
    while (rows->next()) found.emplace_back(rows->integer(kHeldColumns), read_held(*rows));
  }
  std::ranges::sort(found, {}, [](const auto& one) { return std::pair(one.first, one.second.job); });
  for (auto& [key, held] : found) claims.held.push_back(std::move(held));
  count_rate(tx, gate, queue, claims.held.size(), c.now);
  return claims;
}

void shift_leases(Transaction& tx, const Claimant& claimant, std::int64_t by_ms) {
  tx.change("UPDATE jobs SET lease_until_at = lease_until_at + ?, deadline_at = deadline_at + ? WHERE process = ? AND state = 'running'", by_ms, by_ms,
            claimant.process);
}

// What gives no sign of life, or was this node's in another process; parameters: now, node, process.
#define ZO_LOST "(lease_until_at < ? OR (node = ? AND process <> ?))"

bool has_lost_jobs(Transaction& tx, const Claimant& claimant) {
  return tx.number("SELECT 1 FROM jobs WHERE state = 'running' AND " ZO_LOST " LIMIT 1", claimant.now, claimant.node, claimant.process) == 1;
}

Rescued rescue_jobs(Transaction& tx, const Claimant& claimant, const std::set<JobId>& held_here) {
  Rescued rescued;
  {
    const auto rows = tx.query("SELECT " ZO_LIVE_COLUMNS " FROM jobs WHERE state = 'running' AND " ZO_LOST " LIMIT 1000", claimant.now, claimant.node, claimant.process);
    while (rows->next()) rescued.jobs.push_back(read_job(*rows));
  }
  std::erase_if(rescued.jobs, [&](const Job& job) { return held_here.contains(job.id); });
  const auto was_taken = [&](const Job& job) {
    const std::string line = story_line(claimant.now, "lost", job.node);
    // One whose worker counts its losses is ended by it, too: more than the job may have to end.
    if (tx.change("UPDATE jobs SET state = 'ready', freed_by = 'loss', losses = losses + 1, " ZO_LET_GO ", " ZO_TELL " "
                  "WHERE id = ? AND person_id = ? AND attempt = ? AND state = 'running' AND (losses_most = 0 OR (losses + 1 < losses_most AND cancel_at IS NULL))",
                  line, job.id, job.person_id, job.attempt) == 1)
      return false;
    const JobEnd end{.state = job.cancel_at ? JobState::Cancelled : JobState::Dead,
                     .error = Error{Code::Unavailable, fmt::format("whoever worked on it was lost, {} times", job.losses + 1), ""}};
    const Moved moved = move_to_history(tx, {job.person_id, job.id, JobState::Running, job.attempt}, end, 0, claimant.now);
    rescued.freed_others = rescued.freed_others || moved.freed_others;
    return !moved.moved;
  };
  std::erase_if(rescued.jobs, was_taken);
  return rescued;
}

}  // namespace zo
