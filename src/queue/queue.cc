#include "queue/queue.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/deadline.h"
#include "base/log.h"

namespace zo {
namespace {

constexpr std::int64_t kLookMs = 5'000;            // between two looks at leases and deadlines
constexpr std::int64_t kForgetMs = 60 * 60 * 1'000;  // between two looks at an old history
constexpr std::int64_t kFirstForgetMs = 60'000;    // after the start
constexpr std::int64_t kWallStepMs = 2'000;        // the wall clock was set, or the machine slept: by at least so much
constexpr std::int64_t kRetryMs = 1'000;           // after the store could not be reached

Error stale(const Held& held) {
  return {Code::Conflict, fmt::format("job {} is no longer yours: it ended, or another attempt took it over", held.job.text()), ""};
}

std::optional<TimeMs> next_scheduled(Transaction& tx) {
  const auto rows = tx.query("SELECT MIN(ready_at) FROM jobs WHERE state = 'scheduled'");
  return rows->next() ? rows->optional_integer(0) : std::nullopt;
}

}  // namespace

Queue::Queue(Executor executor, Clock& clock, Dice& dice, Store& store, Notices& notices, std::string node)
    : clock_(clock),
      dice_(dice),
      store_(store),
      notices_(notices),
      node_(std::move(node)),
      process_(Id<struct ProcessKind>::make(dice, clock.now()).string()),
      changed_(executor),
      keeping_(executor) {}

Queue::~Queue() = default;

void Queue::serve(Worker& worker) { workers_.push_back(&worker); }

Worker* Queue::worker_of(std::string_view queue) const {
  const auto found = std::ranges::find(workers_, queue, &Worker::queue);
  return found == workers_.end() ? nullptr : *found;
}

bool Queue::is_served(std::string_view queue) const { return worker_of(queue) != nullptr; }

std::vector<std::string> Queue::served() const {
  std::vector<std::string> names;
  for (const Worker* worker : workers_) names.emplace_back(worker->queue());
  return names;
}

Claimant Queue::claimant() const { return {node_, process_, clock_.now()}; }

Task<Result<>> Queue::start() {
  wall_ahead_ms_ = clock_.now() - clock_.steady_ms();
  forgot_at_ = clock_.steady_ms() - kForgetMs + kFirstForgetMs;
  auto rescue = [claimant = claimant()](Transaction& tx) -> Result<Rescued> { return rescue_jobs(tx, claimant, {}); };
  ZO_CO_TRY(const Rescued rescued, co_await store_.write(std::move(rescue)));
  if (!rescued.jobs.empty()) log_info("queue", fmt::format("{} jobs were freed that nobody works on any more", rescued.jobs.size()));
  co_await look();
  co_await hand_out();
  if (!stopping_) keeping_.spawn("keep jobs", keep());
  co_return Result<>{};
}

Task<void> Queue::stop() {
  stopping_ = true;
  co_await keeping_.stop();
}

// --- what others tell ------------------------------------------------------------------------------------------------------------

void Queue::note_added(const Added& added) {
  if (added.repeated) return;
  ++waiting_;
  if (added.state == JobState::Ready) return note_freed(added.queue);
  if (added.state != JobState::Scheduled || (next_at_ && *next_at_ <= added.ready_at)) return;
  wake_at(added.ready_at);
  changed_.notify_all();
}

void Queue::wake_at(TimeMs at) { next_at_ = std::min(next_at_.value_or(at), at); }

void Queue::note_freed(std::string_view queue) {
  if (queue == kAllQueues)
    for (const Worker* worker : workers_) wanted_.emplace(worker->queue());
  else if (!is_served(queue)) return;
  else wanted_.emplace(queue);
  changed_.notify_all();
}

void Queue::hold(const Held& held) {
  Holding holding{.held = held, .worker = worker_of(held.queue), .renewed_at = clock_.steady_ms()};
  if (held.run_ms_most > 0) holding.deadline_at = holding.renewed_at + held.run_ms_most;
  if (const auto before = holding_.find(held.job); before != holding_.end()) drop(before);
  ++places_taken_[holding.worker];
  holding_.emplace(held.job, std::move(holding));
}

void Queue::drop(std::map<JobId, Holding>::iterator holding) {
  --places_taken_[holding->second.worker];
  holding_.erase(holding);
}

void Queue::left(const Held& held) {
  const JobId& job = held.job;
  const auto found = holding_.find(job);
  if (found == holding_.end() || found->second.held.attempt != held.attempt) return;
  // More may have waited for the place.
  const Worker* worker = found->second.worker;
  const bool was_full = worker != nullptr && places(*worker) == 0;
  const std::string queue = found->second.held.queue;
  drop(found);
  if (was_full || limited_.erase(queue) > 0) note_freed(queue);
}

std::size_t Queue::places(const Worker& worker) const {
  const auto taken = places_taken_.find(&worker);
  const std::size_t held = taken == places_taken_.end() ? 0 : taken->second;
  return worker.at_once() > held ? worker.at_once() - held : 0;
}

void Queue::tell(const PersonId& person, const JobId& job) { notices_.tell(person, {Notice::What::Job, job.string()}); }

// --- producers, and workers elsewhere -----------------------------------------------------------------------------------------------

Task<Result<Added>> Queue::add(NewJob job) {
  if (waiting_ >= limits::kJobsOpen)
    co_return fail(Code::Exhausted, fmt::format("{} jobs wait already, limit {}", waiting_, limits::kJobsOpen), "wait until some have ended, or cancel some: zo job list");
  if (job.id.empty()) job.id = JobId::make(dice_, clock_.now());
  const PersonId person = job.person_id;
  auto change = [job = std::move(job), now = clock_.now()](Transaction& tx) { return add_job(tx, job, now); };
  ZO_CO_TRY(Added added, co_await store_.write(std::move(change)));
  note_added(added);
  if (!added.repeated) tell(person, added.id);
  co_return added;
}

Task<Result<Claims>> Queue::claim(std::string queue, std::size_t most) {
  auto change = [queue = std::move(queue), most, claimant = claimant()](Transaction& tx) -> Result<Claims> { return claim_jobs(tx, queue, most, claimant); };
  co_return co_await store_.write(std::move(change));
}

Task<Result<JobOutcome>> Queue::end(Held held, JobEnd end) {
  if (end.result.size() > limits::kJobPayloadBytes)
    co_return fail(Code::Invalid, fmt::format("the job's result has {} bytes, limit {}", end.result.size(), limits::kJobPayloadBytes), "put it into a file, and name that");
  const Held attempt{held.job, held.person_id, held.attempt};
  auto change = [held = std::move(held), end = std::move(end), now = clock_.now(), chance = dice_.below(1'000'000'000)](Transaction& tx) -> Result<JobOutcome> {
    return end_job(tx, held, end, now, chance);
  };
  Result<JobOutcome> outcome = co_await store_.write(std::move(change));
  left(attempt);  // if it could not be written down, its lease brings it back
  if (!outcome) co_return outcome;
  tell(attempt.person_id, attempt.job);
  if (outcome->ended == Ended::Stale) co_return std::unexpected(stale(attempt));
  if (outcome->ended == Ended::Again) note_added({.id = attempt.job, .state = JobState::Scheduled, .ready_at = outcome->again_at});
  if (outcome->freed_others) note_freed_others();
  co_return outcome;
}

// --- handing out -----------------------------------------------------------------------------------------------------------------------

Task<void> Queue::hand_out() {
  if (next_at_ && *next_at_ <= clock_.now()) {
    next_at_.reset();
    note_freed_others();
  }
  const std::set<std::string, std::less<>> wanted = std::exchange(wanted_, {});
  for (Worker* worker : workers_)
    if (wanted.contains(worker->queue()))
      while (!stopping_ && co_await hand_out(*worker)) {
      }
}

Task<bool> Queue::hand_out(Worker& worker) {
  const std::size_t most = std::min(places(worker), limits::kJobsInAClaim);
  if (most == 0) co_return false;  // left() says when there is a place
  struct Begun {
    Claims claims;
    bool ended_some = false;
    std::optional<TimeMs> next_at = {};  // of those that wait for their time
  };
  auto change = [&worker, most, claimant = claimant()](Transaction& tx) -> Result<Begun> {
    Begun begun{.claims = claim_jobs(tx, worker.queue(), most, claimant)};
    const auto cannot = [&](const Held& held) {
      const Result<> claimed = worker.on_claim(tx, held);
      if (claimed) return false;
      end_job(tx, held, {.state = JobState::Failed, .error = claimed.error(), .is_final = true}, claimant.now, 0);
      return begun.ended_some = true;
    };
    std::erase_if(begun.claims.held, cannot);
    begun.next_at = next_scheduled(tx);
    return begun;
  };
  Result<Begun> begun = co_await store_.write(std::move(change));
  if (!begun) {
    wake_at(clock_.now() + kRetryMs);
    co_return false;
  }
  for (const std::optional<TimeMs> at : {begun->next_at, begun->claims.again_at})
    if (at) wake_at(*at);
  if (begun->claims.is_limited) limited_.emplace(worker.queue());
  const bool may_be_more = !begun->claims.is_limited && (begun->claims.held.size() == most || begun->ended_some);
  for (Held& held : begun->claims.held) {
    hold(held);
    tell(held.person_id, held.job);
    const JobId job = held.job;
    Task<Result<>> beginning = worker.begin(std::move(held));
    if (const Result<> did = co_await std::move(beginning); !did) {
      log_error("queue", fmt::format("job {} could not begin: {}", job.text(), did.error().message));
      if (const auto found = holding_.find(job); found != holding_.end()) drop(found);
    }
  }
  co_return may_be_more;
}

Task<void> Queue::keep() {
  for (;;) {
    co_await hand_out();
    const std::int64_t since_ms = clock_.steady_ms() - looked_at_;
    if (since_ms >= kLookMs) {
      co_await look();
      continue;
    }
    if (!wanted_.empty()) continue;
    std::int64_t wait_ms = kLookMs - since_ms;
    if (next_at_) wait_ms = std::clamp<std::int64_t>(*next_at_ - clock_.now(), 0, wait_ms);
    if (wait_ms == 0) continue;
    co_await notified_within(clock_, wait_ms, changed_);
  }
}

// --- looking after -------------------------------------------------------------------------------------------------------------------

struct Queue::Looked {
  std::vector<std::string> ready = {};
  std::optional<TimeMs> next_at = {};
  std::set<std::string, std::less<>> bounded = {};
  bool has_lost = false;
  std::size_t waiting = 0;
};

// What other processes have changed is found here; what this one changes it is told of.
Task<void> Queue::look() {
  looked_at_ = clock_.steady_ms();
  co_await follow_wall_clock();
  const bool reached = co_await renew(claimant());
  stop_late_ones(reached);
  auto question = [queues = served(), claimant = claimant()](Transaction& tx) -> Result<Looked> {
    Looked looked;
    for (const std::string& queue : queues)
      if (tx.number("SELECT 1 FROM jobs WHERE queue = ? AND state = 'ready' LIMIT 1", queue) == 1) looked.ready.push_back(queue);
    looked.next_at = next_scheduled(tx);
    looked.has_lost = has_lost_jobs(tx, claimant);
    const auto rows = tx.query("SELECT name FROM queues WHERE paused_at IS NOT NULL OR at_once IS NOT NULL OR rate_count IS NOT NULL");
    while (rows->next()) looked.bounded.insert(rows->string(0));
    looked.waiting = static_cast<std::size_t>(tx.number("SELECT COUNT(*) FROM jobs"));
    return looked;
  };
  Result<Looked> looked = co_await store_.read(std::move(question));
  if (!looked) co_return;  // the next look asks again
  for (std::string& queue : looked->ready) wanted_.insert(std::move(queue));
  bounded_ = std::move(looked->bounded);
  next_at_ = looked->next_at;
  waiting_ = looked->waiting;
  if (looked->has_lost) co_await rescue(claimant());
  co_await forget_old_ones();
}

// A lease is a wall time, so that others can read it; who gave it goes by the steady clock, and keeps it as long as it was meant.
Task<void> Queue::follow_wall_clock() {
  const std::int64_t ahead_ms = clock_.now() - clock_.steady_ms();
  const std::int64_t step_ms = ahead_ms - wall_ahead_ms_;
  if (std::abs(step_ms) < kWallStepMs) co_return;
  log_warn("queue", fmt::format("the clock was set by {} ms, or the machine slept", step_ms));
  auto change = [claimant = claimant(), step_ms](Transaction& tx) -> Result<> {
    shift_leases(tx, claimant, step_ms);
    return {};
  };
  if (const Result<> shifted = co_await store_.write(std::move(change)); shifted) wall_ahead_ms_ = ahead_ms;
}

// Whoever could not say that it lives stops before another may begin; one that the store has just confirmed goes on, however late.
void Queue::stop_late_ones(bool reached) {
  const std::int64_t now_ms = clock_.steady_ms();
  std::vector<std::pair<Worker*, std::pair<JobId, Worker::Stop>>> late;
  for (const auto& [job, one] : holding_) {
    if (one.worker == nullptr) continue;
    if (!reached && now_ms - one.renewed_at >= limits::kJobLeaseMs - limits::kJobFenceMs) late.push_back({one.worker, {job, Worker::Stop::Lost}});
    else if (one.deadline_at && now_ms >= *one.deadline_at) late.push_back({one.worker, {job, Worker::Stop::TimeUp}});
  }
  for (const auto& [worker, what] : late) worker->stop(what.first, what.second);
}

Task<bool> Queue::renew(const Claimant& claimant) {
  const std::int64_t now_ms = clock_.steady_ms();
  std::vector<Held> due;
  for (const auto& [job, one] : holding_)
    if (now_ms - one.renewed_at >= limits::kJobRenewMs) due.push_back(one.held);
  if (due.empty()) co_return true;
  auto change = [due, claimant](Transaction& tx) -> Result<std::vector<Renewed>> {
    std::vector<Renewed> renewed;
    for (const Held& held : due) renewed.push_back(renew_job(tx, held, claimant));
    return renewed;
  };
  const Result<std::vector<Renewed>> renewed = co_await store_.write(std::move(change));
  if (!renewed) co_return false;  // tried again by the next look; a lease outlives several of them
  for (std::size_t i = 0; i < due.size(); ++i) {
    const auto found = holding_.find(due[i].job);
    if (found == holding_.end() || found->second.held.attempt != due[i].attempt) continue;
    Worker* worker = found->second.worker;
    found->second.renewed_at = now_ms;
    if (worker == nullptr) continue;
    if (!(*renewed)[i].is_ours) worker->stop(due[i].job, Worker::Stop::Lost);
    else if ((*renewed)[i].is_to_stop) worker->stop(due[i].job, Worker::Stop::Cancelled);
  }
  co_return true;
}

Task<void> Queue::rescue(const Claimant& claimant) {
  std::set<JobId> held_here;
  for (const auto& [job, one] : holding_) held_here.insert(job);
  auto change = [claimant, held_here = std::move(held_here)](Transaction& tx) -> Result<Rescued> { return rescue_jobs(tx, claimant, held_here); };
  const Result<Rescued> rescued = co_await store_.write(std::move(change));
  if (!rescued) co_return;
  for (const Job& job : rescued->jobs) {
    log_warn("queue", fmt::format("attempt {} of job {} is lost", job.attempt, job.id.text()));
    tell(job.person_id, job.id);
    note_freed(job.queue);
  }
  if (rescued->freed_others) note_freed_others();
}

Task<void> Queue::forget_old_ones() {
  if (clock_.steady_ms() - forgot_at_ < kForgetMs) co_return;
  forgot_at_ = clock_.steady_ms();
  auto is_old = [until = clock_.now() - limits::kJobHistoryMs](Transaction& tx) -> Result<bool> {
    return tx.number("SELECT 1 FROM (SELECT finished_at FROM job_history ORDER BY id LIMIT 1) AS oldest WHERE finished_at < ?", until) == 1 ||
           tx.number("SELECT COUNT(*) FROM job_history") > limits::kJobHistoryRows;
  };
  const Result<bool> old = co_await store_.read(is_old);
  if (!old || !*old) co_return;
  auto change = [until = clock_.now() - limits::kJobHistoryMs](Transaction& tx) -> Result<> {
    tx.change("DELETE FROM job_history WHERE id IN (SELECT id FROM job_history WHERE finished_at < ? ORDER BY id LIMIT 10000)", until);
    const std::int64_t more = tx.number("SELECT COUNT(*) FROM job_history") - limits::kJobHistoryRows;
    if (more > 0) tx.change("DELETE FROM job_history WHERE id IN (SELECT id FROM job_history ORDER BY id LIMIT ?)", more);
    tx.change("DELETE FROM job_log WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = job_log.job_id) "
              "AND NOT EXISTS (SELECT 1 FROM job_history WHERE job_history.id = job_log.job_id)");
    return {};
  };
  (void)co_await store_.write_to_make_room(std::move(change));
}

}  // namespace zo
