#include "automation/firing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "automation/rows.h"

namespace zo {
namespace {

constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1'000;
constexpr std::size_t kLiveMost = 100;  // of one automation, that work or wait

// Why one does not begin although its time has come; empty: it does.
std::string left_out(Transaction& tx, const Automation& a, Cause cause, const std::vector<LiveJob>& live, TimeMs now) {
  // A person who says now means now.
  const bool is_wished = cause == Cause::Person;
  if (!is_wished && a.held_until_at && *a.held_until_at > now)
    return fmt::format("skipped: it failed {} times in a row, and is held back for {}", a.failures, human_duration(*a.held_until_at - now));
  if (!is_wished && a.wish.tokens_a_day > 0) {
    const std::int64_t used = tokens_since(tx, a.person_id, a.id, now - now % kDayMs);
    if (used >= a.wish.tokens_a_day) return fmt::format("skipped: its runs have used {} tokens today, limit {}", used, a.wish.tokens_a_day);
  }
  if (live.empty()) return "";
  if (live.size() >= kLiveMost) return fmt::format("skipped: {} of it work or wait already", live.size());
  if (a.wish.overlap == Overlap::Skip) return "skipped: an earlier one still works";
  if (a.wish.overlap != Overlap::BufferOne) return "";
  for (const LiveJob& one : live)
    if (one.state != JobState::Running) return "skipped: one waits already for an earlier one";
  return "";
}

struct Wanted {
  TimeMs at = 0;
  Cause cause = Cause::Time;
  std::string detail = {};
};

// The occurrence and its job; behind the jobs `after`.
bool begin(Transaction& tx, const Automation& a, const Wanted& wanted, const JobId& id, const std::vector<JobId>& after, TimeMs now, Fired& fired) {
  Occurrence one{.automation_id = a.id, .at = wanted.at, .cause = wanted.cause, .cause_detail = wanted.detail, .late_ms = std::max<std::int64_t>(now - wanted.at, 0), .job_id = id, .created_at = now};
  if (!insert_occurrence(tx, a.person_id, one)) return false;
  NewJob job{.id = id, .person_id = a.person_id, .queue = std::string(kAutomationsQueue), .payload = payload_of(a.id, wanted.at), .unique_key = payload_of(a.id, wanted.at),
             .failures_most = kStartsMost, .losses_most = 0, .backoff_ms = 10'000, .run_ms_most = a.wish.run_ms_most};
  for (const JobId& needed : after) job.needs.push_back({needed, Need::OnFailure::Continue});
  const Result<Added> added = add_job(tx, job, now);
  if (!added) throw SqlFailure{added.error()};  // undoes all of it
  fired.added.push_back(*added);
  fired.single = std::move(one);
  return true;
}

void leave_out(Transaction& tx, const Automation& a, const Wanted& wanted, OccurrenceState state, std::string reason, TimeMs now, Fired& fired) {
  Occurrence one{.automation_id = a.id, .at = wanted.at, .cause = wanted.cause, .cause_detail = wanted.detail, .state = state, .reason = std::move(reason), .late_ms = std::max<std::int64_t>(now - wanted.at, 0),
                 .created_at = now, .finished_at = now};
  insert_occurrence(tx, a.person_id, one);
  fired.single = std::move(one);
}

// Those that have not begun end here; those that work are told, by their job and then by whoever works on it.
void cancel_earlier(Transaction& tx, const Automation& a, const std::vector<LiveJob>& live, TimeMs now, Fired& fired) {
  for (const LiveJob& one : live) {
    if (!cancel_job(tx, a.person_id, one.job, now)) continue;  // over by now
    fired.to_cancel.push_back(one.job);
    if (one.state == JobState::Running) continue;
    tx.change("UPDATE occurrences SET state = 'cancelled', reason = 'a newer one was due', finished_at = ? WHERE automation_id = ? AND at = ? AND person_id = ? AND state = 'begun'", now, a.id,
              one.at, a.person_id);
  }
}

// As its overlap says.
void fire_one(Transaction& tx, const Automation& a, const Wanted& wanted, const JobId& id, TimeMs now, Fired& fired) {
  const std::vector<LiveJob> live = live_jobs(tx, a.person_id, a.id);
  if (std::string why = left_out(tx, a, wanted.cause, live, now); !why.empty()) return leave_out(tx, a, wanted, OccurrenceState::Skipped, std::move(why), now, fired);
  std::vector<JobId> after;  // those for which it waits; one that has not begun and is to be stopped is none
  for (const LiveJob& one : live)
    if (a.wish.overlap == Overlap::BufferOne || (a.wish.overlap == Overlap::CancelPrevious && one.state == JobState::Running)) after.push_back(one.job);
  if (begin(tx, a, wanted, id, after, now, fired) && a.wish.overlap == Overlap::CancelPrevious) cancel_earlier(tx, a, live, now, fired);
}

}  // namespace

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
  forget_old_occurrences(tx, automation.person_id, automation.id);
  return fired;
}

Fired fire_once(Transaction& tx, const Automation& automation, Cause cause, const std::string& detail, const JobId& id, TimeMs now) {
  Fired fired;
  // Times of a rule are whole seconds: these never are.
  Wanted wanted{.at = now % 1'000 == 0 ? now + 1 : now, .cause = cause, .detail = detail};
  while (find_occurrence(tx, automation.person_id, automation.id, wanted.at)) wanted.at += wanted.at % 1'000 == 999 ? 2 : 1;
  fire_one(tx, automation, wanted, id, now, fired);
  forget_old_occurrences(tx, automation.person_id, automation.id);
  return fired;
}

}  // namespace zo
