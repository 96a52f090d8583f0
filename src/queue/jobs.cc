#include "queue/jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/limits.h"
#include "queue/rows.h"

namespace zo {
namespace {

constexpr std::int64_t kQueuesMost = 1'000;  // that something was set of
constexpr std::int64_t kAtOnceMost = 10'000;
constexpr std::int64_t kRateCountMost = 1'000'000;
constexpr std::int64_t kRateMsMost = 24LL * 60 * 60 * 1'000;

Result<Job> found_or(std::optional<Job> job, const JobId& id) {
  if (job) return std::move(*job);
  return std::unexpected(no_such("job", id.text(), "zo job list"));
}

std::string in_words(std::int64_t count, std::string_view one, std::string_view many) { return fmt::format("{} {}", count, count == 1 ? one : many); }

Why why_blocked(Transaction& tx, const Job& job) {
  if (!job.waits_for.empty()) return {"It waits for " + job.waits_for + ".", ""};
  std::string names;
  const auto rows = tx.query("SELECT job_needs.needs_id, COALESCE(jobs.state, job_history.state) FROM job_needs LEFT JOIN jobs ON jobs.id = job_needs.needs_id "
                             "LEFT JOIN job_history ON job_history.id = job_needs.needs_id WHERE job_needs.job_id = ? AND job_needs.person_id = ? LIMIT 5",
                             job.id, job.person_id);
  while (rows->next()) names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", rows->text(0), rows->is_null(1) ? "gone" : rows->text(1));
  return {fmt::format("It waits for {}: {}{}.", in_words(job.needs, "job that must end first", "jobs that must end first"), names, job.needs > 5 ? ", …" : ""),
          "zo job why JOB says why that one waits"};
}

Why why_ready(Transaction& tx, const Job& job, bool is_served) {
  const auto all = find_queue(tx, kAllQueues);
  if (all && all->paused_at) return {"All queues are paused.", "zo queue resume"};
  const auto own = find_queue(tx, job.queue);
  if (own && own->paused_at) return {fmt::format("The queue '{}' is paused.", job.queue), "zo queue resume " + job.queue};
  if (!is_served) return {fmt::format("Nobody works on the queue '{}' here.", job.queue), ""};
  const std::int64_t running = running_of(tx, job.queue);
  if (own && own->at_once && running >= *own->at_once)
    return {fmt::format("{} of the queue '{}' run, and {} may.", in_words(running, "job", "jobs"), job.queue, *own->at_once), fmt::format("zo queue set {} --at-once N", job.queue)};
  const std::int64_t before = tx.number(
      "SELECT COUNT(*) FROM jobs, (SELECT order_key AS own_key FROM jobs WHERE id = ? AND person_id = ?) AS own "
      "WHERE queue = ? AND state = 'ready' AND (order_key < own_key OR (order_key = own_key AND id < ?))",
      job.id, job.person_id, job.queue, job.id);
  if (before > 0) return {fmt::format("{} before it in the queue '{}'; {} running.", in_words(before, "job is", "jobs are"), job.queue, running), ""};
  if (own && own->rate) return {fmt::format("It is next; of the queue '{}' {} may begin in {}.", job.queue, in_words(own->rate->count, "job", "jobs"), human_duration(own->rate->within_ms)), ""};
  return {"It is next, and begins as soon as there is a place.", ""};
}

Why why_of(Transaction& tx, const Job& job, bool is_served, TimeMs now) {
  switch (job.state) {
    case JobState::Blocked: return why_blocked(tx, job);
    case JobState::Scheduled: {
      const std::string in = human_duration(std::max<std::int64_t>(job.ready_at - now, 0));
      if (job.failures == 0) return {fmt::format("It is to begin in {}.", in), ""};
      return {fmt::format("It failed {} of {} times, and is tried again in {}: {}", job.failures, job.failures_most, in, job.error ? job.error->message : "no reason was given"), ""};
    }
    case JobState::Ready: return why_ready(tx, job, is_served);
    case JobState::Running:
      return {fmt::format("It does not wait: it runs, in attempt {}{}.", job.attempt, job.cancel_at ? ", and was told to stop" : ""), ""};
    default: break;
  }
  const std::string how = fmt::format("It is over: {}{}{}", job_state_name(job.state), job.error ? ": " : ".", job.error ? job.error->message : "");
  return {how, job.state == JobState::Succeeded ? "" : "zo job retry " + job.id.string()};
}

}  // namespace

Task<Result<std::vector<Job>>> Jobs::list(PersonId person, JobFilter wanted) {
  auto question = [person = std::move(person), wanted = std::move(wanted)](Transaction& tx) -> Result<std::vector<Job>> {
    return list_jobs(tx, person, wanted.state, wanted.queue, wanted.before, std::min(wanted.most, limits::kPageItems));
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<Job>> Jobs::find(PersonId person, JobId id) {
  auto question = [=](Transaction& tx) { return found_or(find_job(tx, person, id), id); };
  co_return co_await store_.read(std::move(question));
}

Task<Result<Why>> Jobs::why(PersonId person, JobId id) {
  auto question = [this, person = std::move(person), id, now = clock_.now()](Transaction& tx) -> Result<Why> {
    ZO_TRY(const Job job, found_or(find_job(tx, person, id), id));
    Why why = why_of(tx, job, queue_.is_served(job.queue), now);
    why.state = job.state;
    return why;
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<std::vector<JobLine>>> Jobs::log(PersonId person, JobId id, std::int64_t after) {
  auto question = [=](Transaction& tx) -> Result<std::vector<JobLine>> {
    std::vector<JobLine> lines;
    const auto rows = tx.query("SELECT number, at, text FROM job_log WHERE job_id = ? AND person_id = ? AND number > ? ORDER BY number LIMIT ?", id, person, after,
                               limits::kPageItems);
    while (rows->next()) lines.push_back({rows->integer(0), rows->integer(1), rows->string(2)});
    return lines;
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<Job>> Jobs::cancel(PersonId person, JobId id) {
  ZO_CO_TRY(const Job job, co_await find(person, id));
  // Of what waits for somebody its worker knows how it ends.
  Worker* worker = queue_.worker_of(job.queue);
  if (!is_over(job.state) && worker != nullptr) {
    Task<Result<bool>> ending = worker->cancel(person, id);
    ZO_CO_TRY(const bool did, co_await std::move(ending));
    if (did) co_return co_await find(person, id);
  }
  auto change = [person, id, now = clock_.now()](Transaction& tx) { return cancel_job(tx, person, id, now); };
  ZO_CO_TRY(const Cancelled cancelled, co_await store_.write(std::move(change)));
  if (cancelled.was.state == JobState::Running && worker != nullptr) worker->stop(id, Worker::Stop::Cancelled);
  if (cancelled.freed_others) queue_.note_freed_others();
  queue_.tell(person, id);
  co_return co_await find(person, id);
}

Task<Result<Job>> Jobs::retry(PersonId person, JobId id) {
  ZO_CO_TRY(const Job job, co_await find(person, id));
  if (Worker* worker = queue_.worker_of(job.queue); worker != nullptr && is_over(job.state) && job.state != JobState::Succeeded) {
    Task<Result<std::optional<JobId>>> again = worker->retry(person, id);
    ZO_CO_TRY(const std::optional<JobId> instead, co_await std::move(again));
    if (instead) co_return co_await find(person, *instead);
  }
  auto change = [person, id, now = clock_.now()](Transaction& tx) { return redrive_job(tx, person, id, now); };
  ZO_CO_TRY(const Added added, co_await store_.write(std::move(change)));
  queue_.note_added(added);
  queue_.tell(person, id);
  co_return co_await find(person, id);
}

Task<Result<std::vector<QueueState>>> Jobs::queues(PersonId person) {
  auto question = [person = std::move(person)](Transaction& tx) -> Result<std::vector<QueueState>> {
    std::map<std::string, QueueState> all;
    {
      const auto rows = tx.query("SELECT queue, COUNT(*), SUM(CASE WHEN state = 'running' THEN 1 ELSE 0 END) FROM jobs WHERE person_id = ? GROUP BY queue", person);
      while (rows->next()) {
        QueueState& state = all[rows->string(0)];
        state.running = rows->integer(2);
        state.waiting = rows->integer(1) - state.running;
      }
    }
    std::vector<std::string> named;
    {
      const auto rows = tx.query("SELECT name FROM queues");
      while (rows->next()) named.push_back(rows->string(0));
    }
    for (const std::string& name : named)
      if (auto settings = find_queue(tx, name)) all[name].settings = std::move(*settings);
    std::vector<QueueState> states;
    for (auto& [name, state] : all) {
      state.settings.name = name;
      states.push_back(std::move(state));
    }
    return states;
  };
  ZO_CO_TRY(std::vector<QueueState> states, co_await store_.read(std::move(question)));
  for (const std::string& name : queue_.served())
    if (std::ranges::none_of(states, [&](const QueueState& one) { return one.settings.name == name; })) states.push_back({.settings = {.name = name}});
  for (QueueState& state : states) state.is_served = queue_.is_served(state.settings.name);
  std::ranges::sort(states, {}, [](const QueueState& one) { return one.settings.name; });
  co_return states;
}

namespace {

Result<> check_change(const QueueChange& change) {
  const bool is_all = change.name == kAllQueues;
  if (is_all && (change.at_once || change.rate)) return fail(Code::Invalid, "a bound is of one queue, and not of all", "zo queue set QUEUE --at-once N");
  if (!is_all) ZO_OK(check_queue_name(change.name));
  if (change.at_once && *change.at_once && (**change.at_once < 1 || **change.at_once > kAtOnceMost))
    return fail(Code::Invalid, fmt::format("{} at once is outside of 1 to {}", **change.at_once, kAtOnceMost), "zo queue pause lets none begin");
  if (!change.rate || !*change.rate) return {};
  const QueueSettings::Rate& rate = **change.rate;
  if (rate.count >= 1 && rate.count <= kRateCountMost && rate.within_ms >= 1 && rate.within_ms <= kRateMsMost) return {};
  return fail(Code::Invalid, fmt::format("a rate is 1 to {} jobs within 1 ms to {}", kRateCountMost, human_duration(kRateMsMost)));
}

}  // namespace

Task<Result<>> Jobs::change(QueueChange wanted) {
  ZO_CO_OK(check_change(wanted));
  auto change = [wanted, now = clock_.now()](Transaction& tx) -> Result<> {
    const std::string& name = wanted.name;
    tx.change("INSERT INTO queues (name, rate_at) SELECT ?, 0 FROM (SELECT COUNT(*) AS many FROM queues) AS named WHERE many < ? ON CONFLICT DO NOTHING", name, kQueuesMost);
    if (tx.number("SELECT COUNT(*) FROM queues WHERE name = ?", name) == 0)
      return fail(Code::Exhausted, fmt::format("{} queues have been set already, limit {}", kQueuesMost, kQueuesMost));
    if (wanted.paused == true) tx.change("UPDATE queues SET paused_at = COALESCE(paused_at, ?) WHERE name = ?", now, name);
    if (wanted.paused == false) tx.change("UPDATE queues SET paused_at = NULL WHERE name = ?", name);
    if (wanted.at_once) tx.change("UPDATE queues SET at_once = ? WHERE name = ?", *wanted.at_once, name);
    if (wanted.rate) {
      const auto& rate = *wanted.rate;
      tx.change("UPDATE queues SET rate_count = ?, rate_ms = ?, rate_at = 0 WHERE name = ?", rate ? std::optional(rate->count) : std::nullopt,
                rate ? std::optional(rate->within_ms) : std::nullopt, name);
    }
    return {};
  };
  queue_.note_bounded(wanted.name);
  ZO_CO_OK(co_await store_.write(std::move(change)));
  queue_.note_bounded(wanted.name);  // once more: a look may have read before it
  queue_.note_freed(wanted.name);
  co_return Result<>{};
}

}  // namespace zo
