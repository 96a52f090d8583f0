#include "automation/automations.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <map>

#include "async/offload.h"
#include "automation/deliveries.h"
#include "automation/file_watch.h"
#include "automation/rows.h"
#include "automation/scheduler.h"
#include "automation/wish.h"
#include "automation/worker.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr int kChangeTries = 5;

Result<Automation> found_or(std::optional<Automation> automation, std::string_view name) {
  if (automation) return std::move(*automation);
  return std::unexpected(no_such("automation", name, "zo automation list"));
}

// Nothing of one whose zone is gone.
std::vector<TimeMs> times_between(const Automation& automation, TimeMs from, TimeMs until, std::size_t most) {
  std::vector<TimeMs> times;
  if (automation.rule.empty()) return times;
  Result<RecurrencePlan> plan = plan_of(automation);
  if (!plan) return times;
  Occurrences occurrences(std::move(*plan));
  for (auto at = occurrences.after(from - 1); at && *at < until && times.size() < most; at = occurrences.after(*at)) times.push_back(*at);
  return times;
}

// In the same time, whatever is wrong.
bool is_same(std::string_view a, std::string_view b) { return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0; }

bool is_allowed(const Automation& automation, const HookCall& call) {
  if (automation.hook_secret.empty()) return false;
  if (!call.secret.empty()) return is_same(call.secret, automation.hook_secret);
  return is_same(call.signature, hook_signature(automation.hook_secret, call.body));
}

// Another automation by its id, whatever it was named by.
Result<> settle_follow(Transaction& tx, Automation& automation) {
  std::string& of = automation.wish.on_automation;
  if (of.empty()) return {};
  const std::optional<Automation> other = find_automation(tx, automation.person_id, of);
  if (!other) return std::unexpected(no_such("automation", of, "zo automation list"));
  if (other->id == automation.id) return fail(Code::Invalid, "an automation cannot start behind itself", "give it a rule: --every 'every hour'");
  of = other->id.string();
  const std::vector<Automation> followers = followers_of(tx, automation.person_id, other->id);
  const bool is_there = std::ranges::find(followers, automation.id, &Automation::id) != followers.end();
  if (!is_there && followers.size() >= limits::kFollowers)
    return fail(Code::Exhausted, fmt::format("{} automations start behind '{}', limit {}", followers.size(), other->wish.name, limits::kFollowers));
  return {};
}

}  // namespace

std::string hook_signature(std::string_view secret, std::string_view body) {
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(body.data()), body.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  std::string hex(mac.size() * 2 + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), mac.data(), mac.size());
  hex.pop_back();
  return "sha256=" + hex;
}

struct Automations::State {
  Clock& clock;
  Dice& dice;
  Store& store;
  Threads& threads;
  Notices& notices;
  const Workspaces& workspaces;
  AutomationWorker worker;
  Deliveries deliveries;
  Scheduler scheduler;
  FileWatch files;
  bool any = false;  // somebody has made one
  struct Calls {
    std::int64_t began_ms = 0;  // steady
    std::size_t count = 0;
  };
  std::map<AutomationId, Calls> calls;  // of links, within a minute

  State(Executor executor, Clock& c, Dice& d, Store& s, Threads& t, Notices& n, Queue& q, Agents& agents, const Workspaces& w, HttpClient& http, Mail& mail)
      : clock(c), dice(d), store(s), threads(t), notices(n), workspaces(w), worker(executor, c, d, s, n, q, agents), deliveries(executor, c, d, s, n, q, http, mail), scheduler(executor, c, d, s, t, n, worker),
        files(executor, c, d, s, w, worker) {}

  void note_changed(const PersonId& person, const AutomationId& id) {
    notices.tell(person, {Notice::What::Automation, id.string()});
    scheduler.look();
    files.look();
  }
  // Hands on what was begun, and says so.
  Result<Occurrence> begun(const PersonId& person, const Fired& fired) {
    if (!fired.single) return fail(Code::Conflict, "another time of it began at this moment", "try it again");
    worker.hand_on(person, fired, fired.single->automation_id);
    if (fired.single->state == OccurrenceState::Missed || fired.single->state == OccurrenceState::Skipped)
      return fail(Code::Conflict, "it was not begun; " + fired.single->reason, "zo automation edit NAME --overlap buffer_one");
    return *fired.single;
  }
  // So that whoever has a link cannot fill the history with it.
  Result<> count_call(const AutomationId& id) {
    constexpr std::int64_t kMinuteMs = 60'000;
    const std::int64_t now_ms = clock.steady_ms();
    std::erase_if(calls, [&](const auto& one) { return now_ms - one.second.began_ms >= kMinuteMs; });
    Calls& of = calls.try_emplace(id, Calls{now_ms, 0}).first->second;
    if (++of.count > limits::kHookCallsAMinute)
      return fail(Code::RateLimited, fmt::format("this link was called {} times within a minute, limit {}", of.count, limits::kHookCallsAMinute), "try it again in a minute");
    return {};
  }
  // What is there of its files, which is nothing new; empty where it watches none.
  Task<Result<std::string>> files_now(Automation automation) {
    if (automation.wish.on_file.empty()) co_return "";
    ZO_CO_TRY(Files& of, workspaces.of(automation.person_id));
    ZO_CO_TRY(const SeenFiles seen, co_await files_of(of, automation.wish.on_file));
    co_return text_of(seen);
  }
  // What a wish leaves to us.
  void settle_link(Automation& automation) {
    if (!automation.wish.on_hook) automation.hook_secret.clear();
    else if (automation.hook_secret.empty()) automation.hook_secret = dice.secret(20);
  }
  template <class Change>
  Task<Result<Automation>> change_one(PersonId person, std::string name, Change change);
};

Automations::Automations(Executor executor, Clock& clock, Dice& dice, Store& store, Threads& threads, Notices& notices, Queue& queue, Agents& agents, const Workspaces& workspaces, HttpClient& http, Mail& mail)
    : state_(std::make_unique<State>(std::move(executor), clock, dice, store, threads, notices, queue, agents, workspaces, http, mail)) {
  queue.serve(state_->worker);
  queue.serve(state_->deliveries);
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
    ZO_TRY(preview.next, next_times(automation, now, limits::kNextShown));
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
  state_->settle_link(made);
  ZO_CO_TRY(const std::string files, co_await state_->files_now(made));
  auto change = [made, files](Transaction& tx) -> Result<> {
    Automation whole = made;
    ZO_OK(settle_follow(tx, whole));
    ZO_OK(insert_automation(tx, whole));
    if (!files.empty()) set_first_files(tx, whole.person_id, whole.id, files);
    return {};
  };
  ZO_CO_OK(co_await state_->store.write(std::move(change)));
  state_->any = true;
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
    const std::string watched = automation.wish.on_file;
    auto work = [automation = std::move(automation), change]() mutable -> Result<Automation> {
      ZO_OK(change(automation));
      return std::move(automation);
    };
    ZO_CO_TRY(Automation changed_one, co_await offload(threads, std::move(work)));
    changed_one.updated_at = clock.now();
    settle_link(changed_one);
    std::string first_files;
    if (changed_one.wish.on_file != watched) {
      ZO_CO_TRY(first_files, co_await files_now(changed_one));
    }
    auto write = [changed_one, rev, first_files](Transaction& tx) -> Result<std::optional<Automation>> {
      Automation whole = changed_one;
      ZO_OK(settle_follow(tx, whole));
      if (update_automation(tx, whole, rev)) {
        if (!first_files.empty()) set_first_files(tx, whole.person_id, whole.id, first_files);
        return find_automation(tx, whole.person_id, whole.id);
      }
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

Task<Result<Occurrence>> Automations::run(PersonId person, std::string name) {
  auto change = [person, name, id = JobId::make(state_->dice, state_->clock.now()), now = state_->clock.now()](Transaction& tx) -> Result<Fired> {
    ZO_TRY(const Automation automation, found_or(find_automation(tx, person, name), name));
    return fire_once(tx, automation, {.cause = Cause::Person}, id, now);
  };
  ZO_CO_TRY(const Fired fired, co_await state_->store.write(std::move(change)));
  co_return state_->begun(person, fired);
}

Task<Result<Occurrence>> Automations::call_hook(AutomationId id, HookCall call) {
  auto question = [id](Transaction& tx) -> Result<std::optional<Automation>> { return find_automation_of_link(tx, id); };
  ZO_CO_TRY(const std::optional<Automation> found, co_await state_->store.read(std::move(question)));
  if (!found || !is_allowed(*found, call)) co_return fail(Code::NotFound, "there is no such link, or it is no longer in use");
  ZO_CO_OK(state_->count_call(id));
  if (found->paused_at) co_return fail(Code::Conflict, "this automation is paused");
  Trigger trigger{.cause = Cause::Hook, .key = call.key.empty() ? "" : "hook " + call.key, .input = to_valid_utf8(call.body)};
  auto change = [=, person = found->person_id, job = JobId::make(state_->dice, state_->clock.now()), now = state_->clock.now()](Transaction& tx) -> Result<Fired> {
    ZO_TRY(const Automation automation, found_or(find_automation(tx, person, id), id.text()));
    Fired fired = fire_once(tx, automation, trigger, job, now);
    if (!fired.single) fired.single = find_occurrence_of(tx, person, id, trigger.key);
    return fired;
  };
  ZO_CO_TRY(const Fired fired, co_await state_->store.write(std::move(change)));
  co_return state_->begun(found->person_id, fired);
}

Task<Result<Automation>> Automations::find(PersonId person, std::string name) {
  auto question = [=](Transaction& tx) { return found_or(find_automation(tx, person, name), name); };
  ZO_CO_TRY(Automation found, co_await state_->store.read(std::move(question)));
  found.problem = state_->files.problem(found.id);
  co_return found;
}

Task<Result<std::vector<Automation>>> Automations::list(PersonId person) {
  auto question = [person = std::move(person)](Transaction& tx) -> Result<std::vector<Automation>> { return list_automations(tx, person); };
  ZO_CO_TRY(std::vector<Automation> all, co_await state_->store.read(std::move(question)));
  for (Automation& one : all) one.problem = state_->files.problem(one.id);
  co_return all;
}

Task<Result<std::vector<Occurrence>>> Automations::history(PersonId person, std::string name, std::optional<TimeMs> before, std::size_t most) {
  auto question = [=](Transaction& tx) -> Result<std::vector<Occurrence>> {
    ZO_TRY(const Automation automation, found_or(find_automation(tx, person, name), name));
    return list_occurrences(tx, person, automation.id, before, std::min(most, limits::kPageItems));
  };
  co_return co_await state_->store.read(std::move(question));
}

Task<Result<Calendar>> Automations::calendar(PersonId person, TimeMs from, TimeMs until) {
  struct Found {
    std::vector<Automation> automations;
    std::vector<Occurrence> occurrences;
  };
  auto question = [=](Transaction& tx) -> Result<Found> { return Found{list_automations(tx, person), occurrences_between(tx, person, from, until, limits::kCalendarItems + 1)}; };
  ZO_CO_TRY(Found found, co_await state_->store.read(std::move(question)));
  auto work = [found = std::move(found), from = std::max(from, state_->clock.now()), until]() -> Result<Calendar> {
    Calendar calendar;
    std::map<AutomationId, std::string> names;
    for (const Automation& one : found.automations) names[one.id] = one.wish.name;
    for (const Occurrence& one : found.occurrences) calendar.items.push_back({one.automation_id, names[one.automation_id], one.at, one});
    for (const Automation& one : found.automations) {
      if (one.paused_at || !one.next_at) continue;
      for (const TimeMs at : times_between(one, std::max(from, *one.next_at), until, limits::kCalendarItems + 1)) calendar.items.push_back({one.id, one.wish.name, at, std::nullopt});
    }
    std::ranges::stable_sort(calendar.items, {}, &CalendarItem::at);
    calendar.is_cut = calendar.items.size() > limits::kCalendarItems;
    if (calendar.is_cut) calendar.items.resize(limits::kCalendarItems);
    return calendar;
  };
  co_return co_await offload(state_->threads, std::move(work));
}

Task<Result<std::vector<TimeMs>>> Automations::between(Automation automation, TimeMs from, TimeMs until, std::size_t most) {
  auto work = [=]() -> Result<std::vector<TimeMs>> { return times_between(automation, from, until, most); };
  co_return co_await offload(state_->threads, std::move(work));
}

bool Automations::any() const { return state_->any; }

Task<Result<>> Automations::start() {
  auto question = [](Transaction& tx) -> Result<bool> { return has_any_automation(tx); };
  ZO_CO_TRY(state_->any, co_await state_->store.read(std::move(question)));
  ZO_CO_OK(co_await state_->scheduler.start());
  state_->files.start();
  co_return Result<>{};
}

Task<void> Automations::stop() {
  co_await state_->files.stop();
  co_await state_->scheduler.stop();
  co_await state_->worker.end();
  co_await state_->deliveries.end();
}

}  // namespace zo
