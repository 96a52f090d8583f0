#include "automation/scheduler.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/deadline.h"
#include "async/offload.h"
#include "automation/planner.h"
#include "automation/rows.h"
#include "automation/wish.h"
#include "base/log.h"

namespace zo {
namespace {

constexpr std::int64_t kLookMs = 15'000;  // at the wall clock, which may be set
constexpr std::int64_t kZonesApartMs = 2LL * 24 * 60 * 60 * 1'000;  // the same time on two walls, at most
constexpr std::int64_t kWallStepMs = 2'000;  // the wall clock was set back by at least so much
constexpr std::int64_t kRetryMs = 1'000;  // after the store could not be reached

// What is planned of one that is due.
struct Due {
  Automation automation;
  Plan plan;
  std::string last_wall;
};

// Where it is next, with the tzdata of now. A time that lies, on the wall, not behind the latest that was due is not due again. Elapsed time is
// nothing that tzdata changes.
Result<std::optional<TimeMs>> next_anew(const Automation& automation) {
  ZO_TRY(RecurrencePlan plan, plan_of(automation));
  if (!automation.next_at || std::ranges::all_of(plan.recurrence.rules, &Rule::is_elapsed)) return automation.next_at;
  const Zone zone = plan.zone;
  Occurrences occurrences(std::move(plan));
  std::optional<TimeMs> next = occurrences.after(std::max(automation.updated_at, *automation.next_at - kZonesApartMs));
  while (next && to_text(zone.wall(floor_divide(*next, 1'000))) <= automation.last_wall) next = occurrences.after(*next);
  return next;
}

Result<Due> plan_one(Automation automation, TimeMs now) {
  ZO_TRY(RecurrencePlan plan, plan_of(automation));
  const Zone zone = plan.zone;
  Occurrences occurrences(std::move(plan));
  Due due{.automation = std::move(automation), .plan = {}, .last_wall = {}};
  due.plan = plan_due(due.automation, occurrences, now);
  due.last_wall = due.plan.occurrences.empty() ? due.automation.last_wall : to_text(zone.wall(floor_divide(due.plan.occurrences.back().at, 1'000)));
  return due;
}

}  // namespace

Task<Result<>> Scheduler::start() {
  ZO_CO_OK(co_await follow_tzdata());
  wall_ahead_ms_ = clock_.now() - clock_.steady_ms();
  keeping_.spawn("look at the clock", keep());
  co_return Result<>{};
}

Task<void> Scheduler::stop() { co_await keeping_.stop(); }

void Scheduler::look() {
  is_changed_ = true;
  changed_.notify_all();
}

// What was found with other tzdata is found anew.
Task<Result<>> Scheduler::follow_tzdata() {
  const std::string version = zone_version();
  auto question = [version](Transaction& tx) -> Result<std::vector<Automation>> { return automations_of_other_tzdata(tx, version); };
  ZO_CO_TRY(std::vector<Automation> stale, co_await store_.read(std::move(question)));
  for (Automation& automation : stale) {
    auto work = [automation, version]() mutable -> Result<Automation> {
      ZO_TRY(automation.next_at, next_anew(automation));
      automation.zone_version = version;
      return std::move(automation);
    };
    Result<Automation> anew = co_await offload(threads_, std::move(work));
    if (!anew) {
      log_error("automation", fmt::format("'{}' is as it was, though the zones have changed: {}", automation.wish.name, anew.error().message));
      continue;
    }
    auto write = [anew = *anew](Transaction& tx) -> Result<> {
      update_automation(tx, anew, anew.rev);
      return {};
    };
    ZO_CO_OK(co_await store_.write(std::move(write)));
  }
  co_return Result<>{};
}

Task<void> Scheduler::keep() {
  for (;;) {
    co_await follow_wall_clock();
    while (!co_await tick()) {
    }
    if (is_changed_) continue;
    const std::int64_t wait_ms = next_at_ ? std::clamp<std::int64_t>(*next_at_ - clock_.now(), 0, kLookMs) : kLookMs;
    if (wait_ms > 0) co_await notified_within(clock_, wait_ms, changed_);
  }
}

// A clock that was set forward has moved every next time; when it is set back they come in what is the near future again. Those that were begun
// already have their rows.
Task<void> Scheduler::follow_wall_clock() {
  const std::int64_t ahead_ms = clock_.now() - clock_.steady_ms();
  const std::int64_t step_ms = ahead_ms - wall_ahead_ms_;
  wall_ahead_ms_ = ahead_ms;
  if (step_ms > -kWallStepMs) co_return;
  auto question = [](Transaction& tx) -> Result<std::vector<Automation>> { return planned_automations(tx); };
  Result<std::vector<Automation>> all = co_await store_.read(std::move(question));
  if (!all) co_return log_error("automation", "the clock was set back, and times were not looked at anew: " + all.error().message);
  for (Automation& automation : *all) {
    auto work = [automation, now = clock_.now()] { return first_after(automation, now); };
    const Result<std::optional<TimeMs>> next = co_await offload(threads_, std::move(work));
    if (!next || !*next || *next >= automation.next_at) continue;
    auto write = [automation, next = *next](Transaction& tx) -> Result<> {
      move_on(tx, automation, next, automation.last_wall);
      return {};
    };
    if (const Result<> moved = co_await store_.write(std::move(write)); !moved) log_error("automation", moved.error().message);
  }
  is_changed_ = true;
}

Task<bool> Scheduler::tick() {
  if (!is_changed_ && (!next_at_ || *next_at_ > clock_.now())) co_return true;
  is_changed_ = false;
  struct Found {
    std::vector<Automation> due;
    std::optional<TimeMs> next_at;
  };
  auto question = [now = clock_.now()](Transaction& tx) -> Result<Found> { return Found{due_automations(tx, now), next_due(tx)}; };
  Result<Found> found = co_await store_.read(std::move(question));
  if (!found) {
    next_at_ = clock_.now() + kRetryMs;
    co_return true;
  }
  next_at_ = found->next_at;
  for (Automation& automation : found->due) {
    const std::string name = automation.wish.name;
    if (const Result<> fired = co_await fire_due(std::move(automation)); !fired) {
      log_error("automation", fmt::format("'{}' is due and could not begin: {}", name, fired.error().message));
      next_at_ = clock_.now() + kRetryMs;
      co_return true;
    }
  }
  is_changed_ = is_changed_ || !found->due.empty();
  co_return found->due.empty();
}

// Without its zone nothing says when it is next.
Task<Result<>> Scheduler::pause_broken(Automation automation, Error why) {
  const std::int64_t rev = automation.rev;
  automation.paused_at = automation.updated_at = clock_.now();
  automation.paused_reason = "paused: " + why.message;
  log_error("automation", fmt::format("'{}' is paused: {}", automation.wish.name, why.message));
  auto write = [automation, rev](Transaction& tx) -> Result<> {
    update_automation(tx, automation, rev);
    return {};
  };
  ZO_CO_OK(co_await store_.write(std::move(write)));
  notices_.tell(automation.person_id, {Notice::What::Automation, automation.id.string()});
  look();
  co_return Result<>{};
}

Task<Result<>> Scheduler::fire_due(Automation automation) {
  auto work = [automation, now = clock_.now()]() mutable { return plan_one(std::move(automation), now); };
  const Result<Due> planned = co_await offload(threads_, std::move(work));
  if (!planned) co_return co_await pause_broken(std::move(automation), planned.error());
  const Due& due = *planned;
  std::vector<JobId> ids;
  for (const PlannedOccurrence& one : due.plan.occurrences)
    if (one.begins) ids.push_back(JobId::make(dice_, clock_.now()));
  auto change = [due, ids, now = clock_.now()](Transaction& tx) -> Result<Fired> { return fire(tx, due.automation, due.plan, due.last_wall, ids, now); };
  ZO_CO_TRY(const Fired fired, co_await store_.write(std::move(change)));
  worker_.hand_on(due.automation.person_id, fired, due.automation.id);
  co_return Result<>{};
}

}  // namespace zo
