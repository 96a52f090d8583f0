#include "automation/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

namespace zo {
namespace {

// What the rule said between the two, oldest first: the newest of it, and what came before those only as a number.
struct Walked {
  std::deque<TimeMs> newest;
  std::size_t before = 0;
  bool is_cut = false;  // there was more than is walked
  std::optional<TimeMs> next;
};

Walked walk(Occurrences& occurrences, TimeMs first, TimeMs until) {
  Walked walked;
  std::optional<TimeMs> at = first;
  for (std::size_t steps = 0; at && *at <= until; at = occurrences.after(*at)) {
    if (++steps > limits::kOccurrencesWalked) {
      if (walked.is_cut) break;
      // On to the end: as far before it as the newest reach back here.
      walked.is_cut = true;
      const std::int64_t span_ms = walked.newest.back() - walked.newest.front();
      walked.newest.clear();
      steps = 0;
      at = std::max(*at, until - span_ms);
      continue;
    }
    walked.newest.push_back(*at);
    if (walked.newest.size() <= limits::kMissedRows + 1) continue;
    walked.newest.pop_front();
    ++walked.before;
  }
  walked.next = at && *at <= until ? occurrences.after(until) : at;
  return walked;
}

std::int64_t window_of(const Automation& automation, TimeMs at, const std::optional<TimeMs>& next) {
  if (automation.wish.catch_up_ms > 0) return automation.wish.catch_up_ms;
  return next ? std::min(*next - at, limits::kCatchUpMs) : limits::kCatchUpMs;
}

std::string late_words(std::int64_t late_ms) { return fmt::format("it was noticed {} late", human_duration(late_ms)); }

}  // namespace

Plan plan_due(const Automation& automation, Occurrences& occurrences, TimeMs now) {
  const TimeMs until = now - jitter_of(automation.id, automation.wish.jitter_ms);
  Walked walked = walk(occurrences, *automation.next_at, until);
  Plan plan{.occurrences = {}, .next_at = walked.next};
  if (walked.newest.empty()) return plan;
  const TimeMs last = walked.newest.back();
  const bool all = automation.wish.catch_up == CatchUp::All;
  const bool skip = automation.wish.catch_up == CatchUp::Skip;
  const std::int64_t window_ms = std::max(limits::kOnTimeMs, window_of(automation, last, walked.next));
  const std::size_t made_up = all ? limits::kCatchUpMost : 1;
  for (std::size_t i = 0; i < walked.newest.size(); ++i) {
    const TimeMs at = walked.newest[i];
    const std::int64_t late_ms = until - at;
    PlannedOccurrence one{.at = at, .begins = i + made_up >= walked.newest.size(), .reason = ""};
    if (!one.begins) {
      one.reason = all ? fmt::format("missed: more than {} were, and only the newest are made up for", limits::kCatchUpMost)
                       : fmt::format("missed: {}, and a newer one was due", late_words(late_ms));
    } else if (late_ms > limits::kOnTimeMs && skip) {
      one = {at, false, fmt::format("missed: {}, and what is missed is left out", late_words(late_ms))};
    } else if (late_ms > window_ms && (!all || automation.wish.catch_up_ms > 0)) {
      one = {at, false, fmt::format("missed: {}, more than {}", late_words(late_ms), human_duration(window_ms))};
    }
    plan.occurrences.push_back(std::move(one));
  }
  // Those that are not told one by one.
  if (walked.before > 0 || walked.is_cut)
    plan.occurrences.front().reason += fmt::format("; so were {}{} before it", walked.is_cut ? "more than " : "", walked.before);
  return plan;
}

std::vector<TimeMs> next_of(Occurrences& occurrences, TimeMs after, std::size_t count) {
  std::vector<TimeMs> next;
  while (next.size() < count) {
    const std::optional<TimeMs> at = occurrences.after(next.empty() ? after : next.back());
    if (!at) break;
    next.push_back(*at);
  }
  return next;
}

}  // namespace zo
