#include "automation/automations.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/deadline.h"
#include "async/offload.h"
#include "automation/rows.h"
#include "automation/wish.h"
#include "automation/worker.h"
#include "base/limits.h"
#include "base/log.h"

namespace zo {
namespace {

constexpr std::int64_t kLookMs = 15'000;  // at the wall clock, which may be set
constexpr std::int64_t kZonesApartMs = 2LL * 24 * 60 * 60 * 1'000;  // the same time on two walls, at most
constexpr std::int64_t kWallStepMs = 2'000;  // the wall clock was set back by at least so much
constexpr int kChangeTries = 5;
constexpr std::int64_t kRetryMs = 1'000;  // after the store could not be reached

Result<Automation> found_or(std::optional<Automation> automation, std::string_view name) {
  if (automation) return std::move(*automation);
  return std::unexpected(no_such("automation", name, "zo automation list"));
}

Task<bool> told(Condition& changed) {
  co_await changed.wait();
  co_return true;
}

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

struct Automations::State {
  Clock& clock;
  Dice& dice;
  Store& store;
  Threads& threads;
  Notices& notices;
  AutomationWorker worker;
  std::optional<TimeMs> next_at = {};
  std::int64_t wall_ahead_ms = 0;  // the wall clock against the steady one
  bool is_changed = true;  // next_at is to be read anew
  Condition changed;
  Scope keeping;

  State(Executor executor, Clock& c, Dice& d, Store& s, Threads& t, Notices& n, Queue& q, Agents& agents)
      : clock(c), dice(d), store(s), threads(t), notices(n), worker(executor, c, d, s, n, q, agents), changed(executor), keeping(executor) {}

  Task<void> keep();
  // Begins what is due; false when there may be more.
  Task<bool> tick();
  Task<Result<>> fire_due(Automation automation);
  Task<Result<>> pause_broken(Automation automation, Error why);
  Task<Result<>> follow_tzdata();
  Task<void> follow_wall_clock();
  void note_changed(const PersonId& person, const AutomationId& id) {
    notices.tell(person, {Notice::What::Automation, id.string()});
    is_changed = true;
    changed.notify_all();
  }
  template <class Change>
  Task<Result<Automation>> change_one(PersonId person, std::string name, Change change);
};

Automations::Automations(Executor executor, Clock& clock, Dice& dice, Store& store, Threads& threads, Notices& notices, Queue& queue, Agents& agents)
    : state_(std::make_unique<State>(std::move(executor), clock, dice, store, threads, notices, queue, agents)) {
  queue.serve(state_->worker);
}

Automations::~Automations() = default;

void Automations::on_failed(std::function<void(const AutomationNews&)> told) { state_->worker.on_failed(std::move(told)); }

// --- what a person says -----------------------------------------------------------------------------------------------------------

Task<Result<RulePreview>> Automations::preview(AutomationWish wish) {
  if (wish.name.empty()) wish.name = "preview";
  if (wish.prompt.empty()) wish.prompt = "preview";
  auto work = [wish = std::move(wish), now = state_->clock.now()]() -> Result<RulePreview> {
    Automation automation;
    ZO_OK(settle(automation, wish, now));
    RulePreview preview{.rule = automation.rule, .start = automation.wish.start, .zone = automation.wish.zone, .next = {}};
    if (automation.rule.empty()) return preview;
    ZO_TRY(RecurrencePlan plan, plan_of(automation));
    Occurrences occurrences(std::move(plan));
    preview.next = next_of(occurrences, now, limits::kNextShown);
    return preview;
  };
  co_return co_await offload(state_->threads, std::move(work));
}

Task<Result<Automation>> Automations::add(PersonId person, AutomationWish wish) {
  Automation automation;
  automation.id = AutomationId::make(state_->dice, state_->clock.now());
  automation.person_id = std::move(person);
  automation.created_at = automation.updated_at = state_->clock.now();
  auto settled = [automation = std::move(automation), wish = std::move(wish)]() mutable -> Result<Automation> {
    ZO_OK(settle(automation, std::move(wish), automation.created_at));
    ZO_TRY(automation.next_at, first_after(automation, automation.created_at));
    if (!automation.rule.empty() && !automation.next_at) return fail(Code::Invalid, "this rule never comes again: " + automation.rule, "look at its end, and at --start");
    return std::move(automation);
  };
  ZO_CO_TRY(Automation made, co_await offload(state_->threads, std::move(settled)));
  auto change = [made](Transaction& tx) { return insert_automation(tx, made); };
  ZO_CO_OK(co_await state_->store.write(std::move(change)));
  state_->note_changed(made.person_id, made.id);
  co_return co_await find(made.person_id, made.id.string());
}

template <class Change>
Task<Result<Automation>> Automations::State::change_one(PersonId person, std::string name, Change change) {
  // It may fire in between: then what was changed is changed once more, on what it is by then.
  for (int tries = kChangeTries;; --tries) {
    auto read = [person, name](Transaction& tx) { return found_or(find_automation(tx, person, name), name); };
    ZO_CO_TRY(Automation automation, co_await store.read(std::move(read)));
    const std::int64_t rev = automation.rev;
    auto work = [automation = std::move(automation), change]() mutable -> Result<Automation> {
      ZO_OK(change(automation));
      return std::move(automation);
    };
    ZO_CO_TRY(Automation changed_one, co_await offload(threads, std::move(work)));
    changed_one.updated_at = clock.now();
    auto write = [changed_one, rev](Transaction& tx) -> Result<std::optional<Automation>> {
      if (update_automation(tx, changed_one, rev)) return find_automation(tx, changed_one.person_id, changed_one.id);
      const std::optional<Automation> named = find_automation(tx, changed_one.person_id, changed_one.wish.name);
      if (named && named->id != changed_one.id) return fail(Code::Conflict, "there is an automation '" + changed_one.wish.name + "' already", "choose another name");
      return std::nullopt;
    };
    ZO_CO_TRY(const std::optional<Automation> kept, co_await store.write(std::move(write)));
    if (kept) {
      note_changed(kept->person_id, kept->id);
      co_return *kept;
    }
    if (tries == 0) co_return fail(Code::Conflict, "the automation '" + name + "' was changed meanwhile", "try it again");
  }
}

Task<Result<Automation>> Automations::edit(PersonId person, std::string name, AutomationWish wish, std::optional<std::int64_t> rev) {
  auto change = [wish = std::move(wish), rev, now = state_->clock.now()](Automation& automation) -> Result<> {
    if (rev && *rev != automation.rev) return fail(Code::Conflict, "the automation '" + automation.wish.name + "' was changed meanwhile", "look at it, and try again");
    const Automation before = automation;
    ZO_OK(settle(automation, wish, now));
    automation.failures = 0;
    automation.held_until_at.reset();
    // When it comes is looked at anew, from now on, only if that was changed: what is due already stays so.
    const AutomationWish &was = before.wish, &is = automation.wish;
    if (before.rule == automation.rule && was.zone == is.zone && was.start == is.start && was.gap == is.gap) return {};
    automation.last_wall.clear();
    ZO_TRY(automation.next_at, first_after(automation, now));
    return {};
  };
  co_return co_await state_->change_one(std::move(person), std::move(name), std::move(change));
}

Task<Result<Automation>> Automations::pause(PersonId person, std::string name, bool paused) {
  ZO_CO_TRY(const Automation found, co_await find(person, name));
  if (paused == found.paused_at.has_value()) co_return found;
  auto change = [paused, now = state_->clock.now()](Automation& automation) -> Result<> {
    automation.paused_at = paused ? std::optional(now) : std::nullopt;
    automation.paused_reason = paused ? "paused by you" : "";
    if (paused) return {};
    automation.failures = 0;
    automation.held_until_at.reset();
    ZO_TRY(automation.next_at, first_after(automation, now));
    return {};
  };
  co_return co_await state_->change_one(std::move(person), std::move(name), std::move(change));
}

Task<Result<>> Automations::remove(PersonId person, std::string name) {
  ZO_CO_TRY(const Automation automation, co_await find(person, name));
  auto change = [person, id = automation.id, now = state_->clock.now()](Transaction& tx) -> Result<std::vector<LiveJob>> {
    std::vector<LiveJob> live = live_jobs(tx, person, id);
    for (const LiveJob& one : live) (void)cancel_job(tx, person, one.job, now);  // one that is over by now needs none
    if (!delete_automation(tx, person, id)) return std::unexpected(no_such("automation", id.text(), "zo automation list"));
    return live;
  };
  ZO_CO_TRY(const std::vector<LiveJob> live, co_await state_->store.write(std::move(change)));
  for (const LiveJob& one : live) state_->worker.stop(one.job, Worker::Stop::Cancelled);
  state_->note_changed(person, automation.id);
  co_return Result<>{};
}

Task<Result<Occurrence>> Automations::run(PersonId person, std::string name, Cause cause, std::string detail) {
  auto change = [person, name, cause, detail, id = JobId::make(state_->dice, state_->clock.now()), now = state_->clock.now()](Transaction& tx) -> Result<Fired> {
    ZO_TRY(const Automation automation, found_or(find_automation(tx, person, name), name));
    return fire_once(tx, automation, cause, detail, id, now);
  };
  ZO_CO_TRY(Fired fired, co_await state_->store.write(std::move(change)));
  if (!fired.single) co_return fail(Code::Conflict, "another time of it began at this moment", "try it again");
  state_->worker.hand_on(person, fired, fired.single->automation_id);
  if (fired.single->state != OccurrenceState::Begun) co_return fail(Code::Conflict, "it was not begun; " + fired.single->reason, "zo automation edit " + name + " --overlap buffer_one");
  co_return std::move(*fired.single);
}

Task<Result<Automation>> Automations::find(PersonId person, std::string name) {
  auto question = [=](Transaction& tx) { return found_or(find_automation(tx, person, name), name); };
  co_return co_await state_->store.read(std::move(question));
}

Task<Result<std::vector<Automation>>> Automations::list(PersonId person) {
  auto question = [person = std::move(person)](Transaction& tx) -> Result<std::vector<Automation>> { return list_automations(tx, person); };
  co_return co_await state_->store.read(std::move(question));
}

Task<Result<std::vector<Occurrence>>> Automations::history(PersonId person, std::string name, std::optional<TimeMs> before, std::size_t most) {
  auto question = [=](Transaction& tx) -> Result<std::vector<Occurrence>> {
    ZO_TRY(const Automation automation, found_or(find_automation(tx, person, name), name));
    return list_occurrences(tx, person, automation.id, before, std::min(most, limits::kPageItems));
  };
  co_return co_await state_->store.read(std::move(question));
}

Task<Result<std::vector<TimeMs>>> Automations::between(Automation automation, TimeMs from, TimeMs until, std::size_t most) {
  auto work = [=]() -> Result<std::vector<TimeMs>> {
    if (automation.rule.empty()) return std::vector<TimeMs>{};
    ZO_TRY(RecurrencePlan plan, plan_of(automation));
    Occurrences occurrences(std::move(plan));
    std::vector<TimeMs> times;
    for (auto at = occurrences.after(from - 1); at && *at < until && times.size() < most; at = occurrences.after(*at)) times.push_back(*at);
    return times;
  };
  co_return co_await offload(state_->threads, std::move(work));
}

// --- the clock ----------------------------------------------------------------------------------------------------------------------

Task<Result<>> Automations::start() {
  ZO_CO_OK(co_await state_->follow_tzdata());
  state_->wall_ahead_ms = state_->clock.now() - state_->clock.steady_ms();
  state_->keeping.spawn("look at the clock", state_->keep());
  co_return Result<>{};
}

Task<void> Automations::stop() {
  co_await state_->keeping.stop();
  co_await state_->worker.end();
}

// What was found with other tzdata is found anew.
Task<Result<>> Automations::State::follow_tzdata() {
  const std::string version = zone_version();
  auto question = [version](Transaction& tx) -> Result<std::vector<Automation>> { return automations_of_other_tzdata(tx, version); };
  ZO_CO_TRY(std::vector<Automation> stale, co_await store.read(std::move(question)));
  for (Automation& automation : stale) {
    auto work = [automation, version]() mutable -> Result<Automation> {
      ZO_TRY(automation.next_at, next_anew(automation));
      automation.zone_version = version;
      return std::move(automation);
    };
    Result<Automation> anew = co_await offload(threads, std::move(work));
    if (!anew) {
      log_error("automation", fmt::format("'{}' is as it was, though the zones have changed: {}", automation.wish.name, anew.error().message));
      continue;
    }
    auto write = [anew = *anew](Transaction& tx) -> Result<> {
      update_automation(tx, anew, anew.rev);
      return {};
    };
    ZO_CO_OK(co_await store.write(std::move(write)));
  }
  co_return Result<>{};
}

Task<void> Automations::State::keep() {
  for (;;) {
    co_await follow_wall_clock();
    while (!co_await tick()) {
    }
    if (is_changed) continue;
    const std::int64_t wait_ms = next_at ? std::clamp<std::int64_t>(*next_at - clock.now(), 0, kLookMs) : kLookMs;
    if (wait_ms > 0) co_await within(clock, wait_ms, told(changed));
  }
}

// A clock that was set forward has moved every next time; when it is set back they come in what is the near future again. Those that were begun
// already have their rows.
Task<void> Automations::State::follow_wall_clock() {
  const std::int64_t ahead_ms = clock.now() - clock.steady_ms();
  const std::int64_t step_ms = ahead_ms - wall_ahead_ms;
  wall_ahead_ms = ahead_ms;
  if (step_ms > -kWallStepMs) co_return;
  auto question = [](Transaction& tx) -> Result<std::vector<Automation>> { return planned_automations(tx); };
  Result<std::vector<Automation>> all = co_await store.read(std::move(question));
  if (!all) co_return log_error("automation", "the clock was set back, and times were not looked at anew: " + all.error().message);
  for (Automation& automation : *all) {
    auto work = [automation, now = clock.now()] { return first_after(automation, now); };
    const Result<std::optional<TimeMs>> next = co_await offload(threads, std::move(work));
    if (!next || !*next || *next >= automation.next_at) continue;
    auto write = [automation, next = *next](Transaction& tx) -> Result<> {
      move_on(tx, automation, next, automation.last_wall);
      return {};
    };
    if (const Result<> moved = co_await store.write(std::move(write)); !moved) log_error("automation", moved.error().message);
  }
  is_changed = true;
}

Task<bool> Automations::State::tick() {
  if (!is_changed && (!next_at || *next_at > clock.now())) co_return true;
  is_changed = false;
  struct Found {
    std::vector<Automation> due;
    std::optional<TimeMs> next_at;
  };
  auto question = [now = clock.now()](Transaction& tx) -> Result<Found> { return Found{due_automations(tx, now), next_due(tx)}; };
  Result<Found> found = co_await store.read(std::move(question));
  if (!found) {
    next_at = clock.now() + kRetryMs;
    co_return true;
  }
  next_at = found->next_at;
  for (Automation& automation : found->due) {
    const std::string name = automation.wish.name;
    if (const Result<> fired = co_await fire_due(std::move(automation)); !fired) {
      log_error("automation", fmt::format("'{}' is due and could not begin: {}", name, fired.error().message));
      next_at = clock.now() + kRetryMs;
      co_return true;
    }
  }
  is_changed = is_changed || !found->due.empty();
  co_return found->due.empty();
}

// Without its zone nothing says when it is next.
Task<Result<>> Automations::State::pause_broken(Automation automation, Error why) {
  const std::int64_t rev = automation.rev;
  automation.paused_at = automation.updated_at = clock.now();
  automation.paused_reason = "paused: " + why.message;
  log_error("automation", fmt::format("'{}' is paused: {}", automation.wish.name, why.message));
  auto write = [automation, rev](Transaction& tx) -> Result<> {
    update_automation(tx, automation, rev);
    return {};
  };
  ZO_CO_OK(co_await store.write(std::move(write)));
  note_changed(automation.person_id, automation.id);
  co_return Result<>{};
}

Task<Result<>> Automations::State::fire_due(Automation automation) {
  auto work = [automation, now = clock.now()]() mutable { return plan_one(std::move(automation), now); };
  const Result<Due> planned = co_await offload(threads, std::move(work));
  if (!planned) co_return co_await pause_broken(std::move(automation), planned.error());
  const Due& due = *planned;
  std::vector<JobId> ids;
  for (const PlannedOccurrence& one : due.plan.occurrences)
    if (one.begins) ids.push_back(JobId::make(dice, clock.now()));
  auto change = [due, ids, now = clock.now()](Transaction& tx) -> Result<Fired> { return fire(tx, due.automation, due.plan, due.last_wall, ids, now); };
  ZO_CO_TRY(const Fired fired, co_await store.write(std::move(change)));
  worker.hand_on(due.automation.person_id, fired, due.automation.id);
  co_return Result<>{};
}

}  // namespace zo
