#include "automation/recurrence.h"

#include <fmt/core.h>

#include <algorithm>

#include "automation/wall_rule.h"
#include "automation/zone_clock.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr TimeMs kSecondMs = 1'000;
constexpr std::int64_t kFirstSecond = kFirstWallTime.seconds - kDaySeconds;
constexpr std::int64_t kLastSecond = kLastWallTime.seconds + kDaySeconds;

using Instant = std::optional<std::int64_t>;

Instant earlier(Instant a, Instant b) { return !a || (b && *b < *a) ? b : a; }

// Of a frequency within a day.
std::int64_t unit_seconds(Frequency frequency) { return frequency == Frequency::Hourly ? 3'600 : frequency == Frequency::Minutely ? 60 : 1; }

Instant instant_of(const Moment& moment, ZoneClock& clock, Gap gap) {
  if (moment.utc) return moment.time.seconds;
  const ZoneReading reading = clock.reading(moment.time);
  if (reading.in_gap && gap == Gap::Skip) return std::nullopt;
  return reading.instant;
}

std::vector<std::int64_t> instants_of(const std::vector<Moment>& moments, const Zone& zone, Gap gap) {
  ZoneClock clock(zone);
  std::vector<std::int64_t> instants;
  for (const Moment& moment : moments)
    if (const Instant instant = instant_of(moment, clock, gap)) instants.push_back(*instant);
  std::ranges::sort(instants);
  instants.erase(std::ranges::unique(instants).begin(), instants.end());
  return instants;
}

}  // namespace

Result<Recurrence> Recurrence::parse(std::string_view text) {
  Recurrence recurrence;
  if (text.size() > kRulesMax * kRuleBytes)
    return fail(Code::Invalid, fmt::format("the rule: {}, limit {}", human_size(text.size()), human_size(kRulesMax * kRuleBytes)));
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) continue;
    ZO_TRY(Rule rule, rule_from_text(line));
    if (std::ranges::find(recurrence.rules, rule) != recurrence.rules.end()) continue;
    if (recurrence.rules.size() == kRulesMax) return fail(Code::Invalid, fmt::format("the rule: more than {} rules", kRulesMax));
    recurrence.rules.push_back(std::move(rule));
  }
  return recurrence;
}

std::string Recurrence::text() const {
  std::string text;
  for (const Rule& rule : rules) text += (text.empty() ? "" : "\n") + to_text(rule);
  return text;
}

// The instants of one rule.
class Occurrences::Source {
 public:
  Source(const Rule& rule, const RecurrencePlan& plan)
      : rule_(rule), gap_(plan.gap), start_(plan.start), clock_(plan.zone), wall_rule_(rule, plan.start), days_(rule), begin_(clock_.reading(plan.start).instant), interval_(unit_seconds(rule.frequency) * rule.interval) {
    if (rule.until) until_ = instant_of(rule.until->last, clock_, Gap::Shift);
  }

  Instant after(std::int64_t second) {
    // What was found for an earlier instant still comes first.
    if (asked_ && second >= *asked_ && (!answer_ || second < *answer_)) return answer_;
    answer_ = rule_.count ? counted_after(second) : search(second);
    asked_ = second;
    return answer_;
  }
  std::int64_t steps() const { return steps_ + wall_rule_.steps(); }

 private:
  Instant counted_after(std::int64_t second) {
    if (rule_.is_elapsed() && days_.all()) {
      const Instant found = search(second);
      return found && (*found - begin_) / interval_ < *rule_.count ? found : std::nullopt;
    }
    if (passed_ > 0 && second < last_) passed_ = 0;
    while (passed_ < *rule_.count) {
      const Instant found = search(passed_ == 0 ? begin_ - kDaySeconds * 2 : last_);
      if (!found) break;
      last_ = *found;
      ++passed_;
      if (*found > second) return found;
    }
    return std::nullopt;
  }

  Instant search(std::int64_t second) {
    const Instant found = rule_.is_elapsed() ? elapsed_after(second) : shown_after(second);
    if (!found || (until_ && *found > *until_)) return std::nullopt;
    return found;
  }

  // On elapsed time: whole intervals behind the start, on the days that the wall's clock shows then.
  Instant elapsed_after(std::int64_t second) {
    // The set of a period is one instant.
    const bool chosen = rule_.positions.empty() || std::ranges::any_of(rule_.positions, [](int position) { return position == 1 || position == -1; });
    if (!chosen) return std::nullopt;
    const auto from = [&](std::int64_t at) { return at <= begin_ ? begin_ : begin_ + (at - begin_ + interval_ - 1) / interval_ * interval_; };
    std::int64_t at = from(second + 1);
    const std::int64_t end_day = std::min(day_of(clock_.wall(std::min(at, kLastSecond))) + kSearchDays, day_of(kLastWallTime) + 1);
    for (const std::int64_t steps_end = steps_ + kSearchSteps; steps_ < steps_end && at <= kLastSecond; ++steps_) {
      const std::int64_t day = day_of(clock_.wall(at));
      const std::int64_t match = days_.next(day, end_day, steps_);
      if (match >= end_day) return std::nullopt;
      if (match == day) return at;
      at = std::max(from(clock_.reading({match * kDaySeconds}).instant), at + interval_);
    }
    return std::nullopt;
  }

  // By what the wall's clock shows.
  Instant shown_after(std::int64_t second) {
    const std::int64_t from = std::clamp(second + 1, kFirstSecond, kLastSecond);
    const ZoneSpan span = clock_.span(from);
    const std::int64_t forward = span.offset - span.offset_before;
    WallTime wall{from + span.offset};
    // Put back: what it shows until it has caught up, it has shown before.
    if (forward < 0) wall = std::max(wall, WallTime{span.begin + span.offset_before});
    Instant moved;
    // Put forward a moment ago: what it did not show is moved to here.
    const WallTime gap_end{span.begin + span.offset};
    if (gap_ == Gap::Shift && forward > 0 && wall.seconds - forward < gap_end.seconds) {
      const auto in_gap = wall_rule_.next({wall.seconds - forward});
      if (in_gap && *in_gap < gap_end) moved = in_gap->seconds - span.offset_before;
    }
    return earlier(moved, first_shown(wall));
  }

  // Of the rule's times from `wall` on. One in a gap is moved behind times that the clock does show, so the first of those is looked at, too.
  Instant first_shown(WallTime wall) {
    const std::int64_t end = std::min(std::max(wall, start_).seconds + kSearchDays * kDaySeconds, until_.value_or(kLastSecond) + kDaySeconds * 2);
    const std::int64_t steps_end = wall_rule_.steps() + kSearchSteps;
    for (std::optional<WallTime> time = wall_rule_.next(wall); time && time->seconds <= end;) {
      const ZoneReading reading = clock_.reading(*time);
      if (!reading.in_gap) return reading.instant;
      time = wall_rule_.next(reading.gap_end);
      if (gap_ == Gap::Shift) return earlier(reading.instant, time ? Instant(clock_.reading(*time).instant) : std::nullopt);
      if (wall_rule_.steps() > steps_end) break;
    }
    return std::nullopt;
  }

  const Rule rule_;
  const Gap gap_;
  const WallTime start_;
  ZoneClock clock_;
  WallRule wall_rule_;
  DayFilter days_;
  std::int64_t begin_;
  std::int64_t interval_;  // of elapsed time
  Instant until_;
  std::optional<std::int64_t> asked_;  // with its answer
  Instant answer_;
  std::int64_t passed_ = 0;  // of a rule with COUNT: how many were walked over, and the last of them
  std::int64_t last_ = 0;
  std::int64_t steps_ = 0;
};

Occurrences::Occurrences(RecurrencePlan plan)
    : plan_(std::make_unique<const RecurrencePlan>(std::move(plan))),
      added_(instants_of(plan_->added, plan_->zone, plan_->gap)),
      excluded_(instants_of(plan_->excluded, plan_->zone, Gap::Shift)) {
  for (const Rule& rule : plan_->recurrence.rules) sources_.push_back(std::make_unique<Source>(rule, *plan_));
}
Occurrences::~Occurrences() = default;
Occurrences::Occurrences(Occurrences&&) noexcept = default;

std::optional<std::int64_t> Occurrences::second_after(std::int64_t second) {
  while (true) {
    const auto added = std::ranges::upper_bound(added_, second);
    Instant first = added == added_.end() ? std::nullopt : Instant(*added);
    for (const auto& source : sources_) first = earlier(first, source->after(second));
    if (!first || !std::ranges::binary_search(excluded_, *first)) return first;
    second = *first;
  }
}

std::optional<TimeMs> Occurrences::after(TimeMs at) {
  const Instant found = second_after(floor_divide(at, kSecondMs));
  if (!found) return std::nullopt;
  return *found * kSecondMs;
}

std::vector<TimeMs> Occurrences::first(std::size_t count) {
  std::vector<TimeMs> found;
  std::optional<std::int64_t> last = kFirstSecond;
  while (found.size() < count && (last = second_after(*last))) found.push_back(*last * kSecondMs);
  return found;
}

std::int64_t Occurrences::steps() const {
  std::int64_t steps = 0;
  for (const auto& source : sources_) steps += source->steps();
  return steps;
}

}  // namespace zo
