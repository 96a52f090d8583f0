#include "automation/firing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "automation/rows.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1'000;
constexpr std::size_t kLiveMost = 100;  // of one automation, that work or wait

std::string held_back(Transaction& tx, const Automation& a, TimeMs now) {
  if (a.held_until_at && *a.held_until_at > now) return fmt::format("skipped: it failed {} times in a row, and is held back for {}", a.failures, human_duration(*a.held_until_at - now));
  if (a.wish.tokens_a_day == 0) return "";
  const std::int64_t used = tokens_since(tx, a.person_id, a.id, now - now % kDayMs);
  return used < a.wish.tokens_a_day ? "" : fmt::format("skipped: its runs have used {} tokens today, limit {}", used, a.wish.tokens_a_day);
}

// Why one does not begin although its time has come; empty: it does.
std::string left_out(Transaction& tx, const Automation& a, const Trigger& trigger, const std::vector<LiveJob>& live, TimeMs now) {
  // A person who says now means now.
  const bool is_wished = trigger.cause == Cause::Person;
  if (trigger.depth > limits::kChainMost) return fmt::format("skipped: it would be number {} of a chain of automations, limit {}", trigger.depth + 1, limits::kChainMost + 1);
  if (!is_wished)
    if (std::string why = held_back(tx, a, now); !why.empty()) return why;
  if (live.empty()) return "";
  if (live.size() >= kLiveMost) return fmt::format("skipped: {} of it work or wait already", live.size());
  if (a.wish.overlap == Overlap::Skip) return "skipped: an earlier one still works";
  if (a.wish.overlap != Overlap::BufferOne) return "";
  for (const LiveJob& one : live)
    if (one.state != JobState::Running) return "skipped: one waits already for an earlier one";
  return "";
}

// One that is due or wished.
struct Wanted {
  TimeMs at = 0;
  Trigger trigger{.cause = Cause::Time};
};

Occurrence occurrence_of(const Automation& a, const Wanted& wanted, TimeMs now) {
  return {.automation_id = a.id, .at = wanted.at, .cause = wanted.trigger.cause, .cause_detail = wanted.trigger.detail, .late_ms = std::max<std::int64_t>(now - wanted.at, 0), .created_at = now,
          .input = head_and_tail(wanted.trigger.input, limits::kTriggerInputBytes), .depth = wanted.trigger.depth};
}

// The occurrence and its job; behind the jobs `after`.
bool begin(Transaction& tx, const Automation& a, const Wanted& wanted, const JobId& id, const std::vector<JobId>& after, TimeMs now, Fired& fired) {
  Occurrence one = occurrence_of(a, wanted, now);
  one.job_id = id;
  if (!insert_occurrence(tx, a.person_id, one, wanted.trigger.key)) return false;
  NewJob job{.id = id, .person_id = a.person_id, .queue = std::string(kAutomationsQueue), .payload = payload_of(a.id, wanted.at), .unique_key = payload_of(a.id, wanted.at),
             .failures_most = kStartsMost, .losses_most = 0, .backoff_ms = 10'000};
  for (const JobId& needed : after) job.needs.push_back({needed, Need::OnFailure::Continue});
  const Result<Added> added = add_job(tx, job, now);
  if (!added) throw SqlFailure{added.error()};  // undoes all of it
  fired.added.push_back(*added);
  fired.single = std::move(one);
  return true;
}

void leave_out(Transaction& tx, const Automation& a, const Wanted& wanted, OccurrenceState state, std::string reason, TimeMs now, Fired& fired) {
  Occurrence one = occurrence_of(a, wanted, now);
  one.state = state;
  one.reason = std::move(reason);
  one.finished_at = now;
  insert_occurrence(tx, a.person_id, one);  // without the trigger's key: it has started nothing, and may come again
  fired.single = std::move(one);
}

// Those that have not begun end here; those that work are told, by their job and then by whoever works on it.
void cancel_earlier(Transaction& tx, const Automation& a, const std::vector<LiveJob>& live, TimeMs now, Fired& fired) {
  for (const LiveJob& one : live) {
    if (!cancel_job(tx, a.person_id, one.job, now)) continue;  // over by now
    fired.to_cancel.push_back(one.job);
    if (one.state != JobState::Running)
      end_begun(tx, a.person_id, {.automation_id = a.id, .at = one.at, .state = OccurrenceState::Cancelled, .reason = "a newer one was due", .finished_at = now});
  }
}

// As its overlap says.
void fire_one(Transaction& tx, const Automation& a, const Wanted& wanted, const JobId& id, TimeMs now, Fired& fired) {
  const std::vector<LiveJob> live = live_jobs(tx, a.person_id, a.id);
  if (std::string why = left_out(tx, a, wanted.trigger, live, now); !why.empty()) return leave_out(tx, a, wanted, OccurrenceState::Skipped, std::move(why), now, fired);
  std::vector<JobId> after;  // those for which it waits; one that has not begun and is to be stopped is none
  for (const LiveJob& one : live)
    if (a.wish.overlap == Overlap::BufferOne || (a.wish.overlap == Overlap::CancelPrevious && one.state == JobState::Running)) after.push_back(one.job);
  if (begin(tx, a, wanted, id, after, now, fired) && a.wish.overlap == Overlap::CancelPrevious) cancel_earlier(tx, a, live, now, fired);
}

}  // namespace

bool is_held_back(Transaction& tx, const Automation& automation, TimeMs now) { return !held_back(tx, automation, now).empty(); }

std::string payload_of(const AutomationId& id, TimeMs at) { return fmt::format("{} {}", id.text(), at); }

Result<Payload> payload_from_text(std::string_view text) {
  Payload payload{AutomationId::stored(text.substr(0, text.find(' '))), 0};
  const std::string_view at = text.substr(std::min(text.size(), text.find(' ') + 1));
  const auto [end, error] = std::from_chars(at.data(), at.data() + at.size(), payload.at);
  if (payload.id.empty() || error != std::errc{} || end != at.data() + at.size()) return fail(Code::Corrupt, "this job names no occurrence");
  return payload;
}

Fired fire(Transaction& tx, const Automation& automation, const Plan& plan, const std::string& last_wall, const std::vector<JobId>& ids, TimeMs now) {
  Fired fired;
  if (!move_on(tx, automation, plan.next_at, last_wall)) return fired;
  std::size_t used = 0;
  std::vector<JobId> before;  // those that are made up for begin one behind the other
  for (const PlannedOccurrence& one : plan.occurrences) {
    const Wanted wanted{.at = one.at};
    if (!one.begins) {
      leave_out(tx, automation, wanted, OccurrenceState::Missed, one.reason, now, fired);
      continue;
    }
    const JobId& id = ids.at(used++);
    if (before.empty()) {
      fire_one(tx, automation, wanted, id, now, fired);
    } else {
      begin(tx, automation, wanted, id, before, now, fired);
    }
    if (!fired.added.empty() && fired.added.back().id == id) before = {id};
  }
  forget_old_occurrences(tx, automation.person_id, automation.id, now);
  return fired;
}

Fired fire_once(Transaction& tx, const Automation& automation, const Trigger& trigger, const JobId& id, TimeMs now) {
  Fired fired;
  if (!trigger.key.empty() && find_occurrence_of(tx, automation.person_id, automation.id, trigger.key)) return fired;
  // Times of a rule are whole seconds: these never are.
  Wanted wanted{.at = now % 1'000 == 0 ? now + 1 : now, .trigger = trigger};
  while (find_occurrence(tx, automation.person_id, automation.id, wanted.at)) wanted.at += wanted.at % 1'000 == 999 ? 2 : 1;
  fire_one(tx, automation, wanted, id, now, fired);
  forget_old_occurrences(tx, automation.person_id, automation.id, now);
  return fired;
}

std::vector<Fired> fire_followers(Transaction& tx, const Automation& ended, const Occurrence& occurrence, const std::string& said, const std::vector<JobId>& ids, TimeMs now) {
  std::vector<Fired> all;
  const bool well = occurrence.state == OccurrenceState::Succeeded;
  for (const Automation& follower : followers_of(tx, ended.person_id, ended.id)) {
    const bool is_meant = follower.wish.on_outcome == OnOutcome::Any || (follower.wish.on_outcome == OnOutcome::Succeeded) == well;
    if (!is_meant || follower.paused_at || all.size() == ids.size()) continue;
    const Trigger trigger{.cause = Cause::Automation, .detail = ended.wish.name, .key = "automation " + payload_of(ended.id, occurrence.at), .input = said, .depth = occurrence.depth + 1};
    Fired fired = fire_once(tx, follower, trigger, ids[all.size()], now);
    if (fired.single) all.push_back(std::move(fired));
  }
  return all;
}

}  // namespace zo
