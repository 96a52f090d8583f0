#include "automation/wall_rule.h"

#include <algorithm>
#include <numeric>

namespace zo {
namespace {

constexpr std::uint64_t kAllHours = (std::uint64_t{1} << 24) - 1;
constexpr std::uint64_t kAllMinutes = (std::uint64_t{1} << 60) - 1;

// What RFC 5545 takes from the start where the rule leaves it open.
Rule completed(Rule rule, WallTime start) {
  const std::int64_t day = day_of(start);
  const Date date = date_of(day);
  const bool no_days = rule.month_days.empty() && rule.weekdays.empty() && rule.year_days.empty();
  const std::vector<RuleWeekday> same_weekday{{0, weekday_of(day)}};
  if (rule.frequency == Frequency::Yearly && no_days) {
    if (!rule.week_numbers.empty()) rule.weekdays = same_weekday;
    else rule.month_days = {date.day};
    if (rule.week_numbers.empty() && rule.months.empty()) rule.months = {date.month};
  }
  if (rule.frequency == Frequency::Monthly && no_days) rule.month_days = {date.day};
  if (rule.frequency == Frequency::Weekly && rule.weekdays.empty()) rule.weekdays = same_weekday;
  const int second = second_of_day(start);
  if (rule.frequency >= Frequency::Daily && rule.hours.empty()) rule.hours = {second / 3600};
  if (rule.frequency >= Frequency::Hourly && rule.minutes.empty()) rule.minutes = {second / 60 % 60};
  if (rule.frequency >= Frequency::Minutely && rule.seconds.empty()) rule.seconds = {second % 60};
  return rule;
}

std::int64_t unit_of(Frequency frequency) {
  switch (frequency) {
    case Frequency::Secondly: return 1;
    case Frequency::Minutely: return 60;
    case Frequency::Hourly: return 3'600;
    default: return kDaySeconds;
  }
}

std::uint64_t bits_or(const std::vector<int>& numbers, std::uint64_t all) { return numbers.empty() ? all : bits_of(numbers); }

// The first number from `at` on that is whole intervals behind `start`.
std::int64_t aligned(std::int64_t at, std::int64_t start, std::int64_t interval) {
  if (at <= start) return start;
  return start + (at - start + interval - 1) / interval * interval;
}

// Months since the year 0.
std::int64_t month_index(const Date& date) { return std::int64_t{date.year} * 12 + date.month - 1; }

std::int64_t week_begin(std::int64_t day, int week_start) { return day - (weekday_of(day) - week_start + 7) % 7; }

}  // namespace

WallRule::WallRule(const Rule& rule, WallTime start)
    : rule_(completed(rule, start)),
      start_(start.seconds),
      filter_(rule_),
      month_days_(rule_.month_days),
      year_days_(rule_.year_days),
      week_numbers_(rule_.week_numbers),
      months_(bits_of(rule_.months)),
      unit_(unit_of(rule_.frequency)) {
  std::array<std::vector<int>, 7> ordinals;
  for (const RuleWeekday& day : rule_.weekdays) {
    if (day.ordinal == 0) weekdays_ |= 1u << day.weekday;
    else ordinals[static_cast<std::size_t>(day.weekday)].push_back(day.ordinal);
    has_numbered_ = has_numbered_ || day.ordinal != 0;
  }
  for (std::size_t i = 0; i < ordinals.size(); ++i) numbered_[i] = PlaceSet(ordinals[i]);
  const TimeSet all{bits_or(rule_.hours, kAllHours), bits_or(rule_.minutes, kAllMinutes), bits_or(rule_.seconds, kAllMinutes)};
  times_ = {unit_ > 3'600 ? all.hours : 1, unit_ > 60 ? all.minutes : 1, unit_ > 1 ? all.seconds : 1};
  periods_ = {all.hours, unit_ > 60 ? 1 : all.minutes, unit_ > 1 ? 1 : all.seconds};
  start_period_ = unit_ < kDaySeconds ? floor_divide(start_, unit_) : period_of(day_of(start));
  never_ = unit_ < kDaySeconds && !meets_a_time();
}

std::optional<WallTime> WallRule::next(WallTime from) {
  const std::int64_t first = std::max(from.seconds, start_);
  if (never_ || first > kLastWallTime.seconds) return std::nullopt;
  return unit_ < kDaySeconds ? next_in_times(first) : next_in_days(first);
}

template <class Days>
std::optional<std::int64_t> WallRule::choose(const Days& begins, std::int64_t from) const {
  if (rule_.positions.empty()) {
    auto at = std::ranges::upper_bound(begins, from);
    if (at != begins.begin() && from - *(at - 1) < kDaySeconds) {
      const int second = times_.at_or_after(static_cast<int>(from - *(at - 1)));
      if (second >= 0) return *(at - 1) + second;
    }
    if (at == begins.end()) return std::nullopt;
    return *at + times_.at(0);
  }
  const std::int64_t in_a_day = times_.size();
  const std::int64_t size = in_a_day * static_cast<std::int64_t>(begins.size());
  std::optional<std::int64_t> first;
  for (const int position : rule_.positions) {
    const std::int64_t place = position > 0 ? position - 1 : size + position;
    if (place < 0 || place >= size) continue;
    const std::int64_t time = begins[static_cast<std::size_t>(place / in_a_day)] + times_.at(place % in_a_day);
    if (time >= from && (!first || time < *first)) first = time;
  }
  return first;
}

// Every day begins with the same remainder of what the interval and a day's periods have in common.
bool WallRule::meets_a_time() const {
  const std::int64_t common = std::gcd(rule_.interval, kDaySeconds / unit_);
  if (common == 1) return true;
  for (std::int64_t second = periods_.at(0); second >= 0 && second < kDaySeconds;) {
    if ((second / unit_ - start_period_) % common == 0) return true;
    second += unit_;
    if (second < kDaySeconds) second = periods_.at_or_after(static_cast<int>(second));
  }
  return false;
}

// Rules within a day. A time of the day that the rule does not look at, and a day that it leaves out, are leapt over to the next
// period that may hold one and is whole intervals behind the start's.
std::optional<WallTime> WallRule::next_in_times(std::int64_t from) {
  const std::int64_t end = std::min(floor_divide(from, kDaySeconds) + kSearchDays, day_of(kLastWallTime) + 1);
  const auto period_at = [&](std::int64_t second) { return aligned(floor_divide(second + unit_ - 1, unit_), start_period_, rule_.interval); };
  const std::int64_t steps_end = steps_ + kSearchSteps;
  std::int64_t period = aligned(floor_divide(from, unit_), start_period_, rule_.interval);
  for (; steps_ < steps_end; ++steps_) {
    const std::int64_t begin = period * unit_;
    const std::int64_t day = floor_divide(begin, kDaySeconds);
    const std::int64_t match = filter_.next(day, end, steps_);
    if (match >= end) return std::nullopt;
    const std::int64_t second = match == day ? periods_.at_or_after(static_cast<int>(begin - day * kDaySeconds)) : periods_.at(0);
    const std::int64_t wanted = second < 0 ? (day + 1) * kDaySeconds : match * kDaySeconds + second;
    if (wanted != begin) {
      period = period_at(wanted);
      continue;
    }
    if (const auto found = choose(std::array{begin}, from)) return WallTime{*found};
    period += rule_.interval;
  }
  return std::nullopt;
}

std::optional<WallTime> WallRule::next_in_days(std::int64_t from) {
  const std::int64_t day = floor_divide(from, kDaySeconds);
  const std::int64_t end = std::min(day + kSearchDays, day_of(kLastWallTime)) + 1;
  const std::int64_t steps_end = steps_ + kSearchSteps;
  const bool daily = rule_.frequency == Frequency::Daily;
  const bool strays = rule_.skip != Skip::Omit;
  const auto earlier = [](std::optional<std::int64_t> a, std::optional<std::int64_t> b) { return !a || (b && *b < *a) ? b : a; };
  // With SKIP, a period may hold a day of the one behind it or before it, so a neighbour is asked too.
  std::int64_t period = aligned(period_of(day) - (strays ? 1 : 0), start_period_, rule_.interval);
  for (; steps_ < steps_end; ++steps_, period += rule_.interval) {
    if (first_day_of(period) - (strays ? 1 : 0) >= end) break;
    if (daily && rule_.interval == 1) period = filter_.next(period, end, steps_);
    std::optional<std::int64_t> found = choose(days_of(period), from);
    if (found && strays) found = earlier(found, choose(days_of(period + rule_.interval), from));
    if (!found) continue;
    if (*found >= end * kDaySeconds) break;
    return WallTime{*found};
  }
  return std::nullopt;
}

// In the frequency's own count: years, months since the year 0, the first days of weeks by sevens, days.
std::int64_t WallRule::period_of(std::int64_t day) const {
  switch (rule_.frequency) {
    case Frequency::Yearly: return date_of(day).year;
    case Frequency::Monthly: return month_index(date_of(day));
    case Frequency::Weekly: return floor_divide(week_begin(day, rule_.week_start) - rule_.week_start - 4, 7);
    default: return day;
  }
}

std::int64_t WallRule::first_day_of(std::int64_t period) const {
  const std::int64_t last = day_of(kLastWallTime) + 1;
  switch (rule_.frequency) {
    case Frequency::Yearly: return period > 9999 ? last : day_of(Date{static_cast<int>(period), 1, 1});
    case Frequency::Monthly: return period / 12 > 9999 ? last : day_of(Date{static_cast<int>(period / 12), static_cast<int>(period % 12) + 1, 1});
    case Frequency::Weekly: return period * 7 + rule_.week_start + 4;
    default: return period;
  }
}

// As seconds at which the days begin.
const std::vector<std::int64_t>& WallRule::days_of(std::int64_t period) {
  Period& kept = kept_[static_cast<std::size_t>(floor_divide(period - start_period_, rule_.interval) & 1)];
  if (kept.index == period) return kept.days;
  kept.index = period;
  kept.days.clear();
  if (first_day_of(period) <= day_of(kLastWallTime)) collect(period, kept.days);
  return kept.days;
}

void WallRule::collect(std::int64_t period, std::vector<std::int64_t>& days) {
  const std::int64_t first = first_day_of(period);
  switch (rule_.frequency) {
    case Frequency::Yearly:
      for (int month = 1; month <= 12; ++month) collect_month(static_cast<int>(period), month, days);
      break;
    case Frequency::Monthly: collect_month(static_cast<int>(period / 12), static_cast<int>(period % 12) + 1, days); break;
    case Frequency::Weekly:
      for (std::int64_t day = first; day < first + 7; ++day)
        if (filter_.matches(day)) days.push_back(day);
      steps_ += 7;
      break;
    default:
      if (filter_.matches(first)) days.push_back(first);
      break;
  }
  std::ranges::sort(days);
  days.erase(std::ranges::unique(days).begin(), days.end());
  for (std::int64_t& day : days) day *= kDaySeconds;
}

void WallRule::collect_month(int year, int month, std::vector<std::int64_t>& days) {
  if (months_ != 0 && (months_ >> month & 1) == 0) return;
  const int length = days_in_month(year, month);
  const std::int64_t first = day_of(Date{year, month, 1});
  steps_ += length;
  for (int day = 1; day <= length; ++day) {
    const Date date{year, month, day};
    if ((month_days_.empty() || matches_month_day(date)) && matches(first + day - 1, date)) days.push_back(first + day - 1);
  }
  if (rule_.skip != Skip::Omit) collect_strays(year, month, days);
}

// The days that SKIP moves out of their month: a day behind its end to the next month, a day before its beginning to the last.
void WallRule::collect_strays(int year, int month, std::vector<std::int64_t>& days) {
  const int length = days_in_month(year, month);
  const std::int64_t first = day_of(Date{year, month, 1});
  const bool forward = rule_.skip == Skip::Forward;
  const auto add = [&](std::int64_t day) {
    if (matches(day, date_of(day))) days.push_back(day);
  };
  if (forward && month_days_.names_behind(length)) add(first + length);
  if (!forward && month_days_.names_before(length)) add(first - 1);
  // A 366th day of the year, counted from either end. It must be a day of the month too, where the rule says which.
  const int year_length = days_in_year(year);
  const auto add_year_day = [&](std::int64_t day) {
    const Date date = date_of(day);
    if ((month_days_.empty() || matches_month_day(date)) && matches_weekday(day, date) && (week_numbers_.empty() || matches_week_number(day))) days.push_back(day);
  };
  if (forward && month == 12 && year_days_.names_behind(year_length)) add_year_day(first + length);
  if (!forward && month == 1 && year_days_.names_before(year_length)) add_year_day(first - 1);
}

// Of a month's day, with what SKIP moves within the month.
bool WallRule::matches_month_day(const Date& date) const {
  const int length = days_in_month(date.year, date.month);
  if (month_days_.contains(date.day, length)) return true;
  if (rule_.skip == Skip::Backward) return date.day == length && month_days_.names_behind(length);
  return rule_.skip == Skip::Forward && date.day == 1 && month_days_.names_before(length);
}

bool WallRule::matches_year_day(std::int64_t day, const Date& date) const {
  const int length = days_in_year(date.year);
  const int place = static_cast<int>(day - day_of(Date{date.year, 1, 1})) + 1;
  if (year_days_.contains(place, length)) return true;
  if (rule_.skip == Skip::Backward) return place == length && year_days_.names_behind(length);
  return rule_.skip == Skip::Forward && place == 1 && year_days_.names_before(length);
}

// All that a rule by years or months says of a day, but for months and days of the month.
bool WallRule::matches(std::int64_t day, const Date& date) const {
  if (!rule_.weekdays.empty() && !matches_weekday(day, date)) return false;
  if (!year_days_.empty() && !matches_year_day(day, date)) return false;
  return week_numbers_.empty() || matches_week_number(day);
}

bool WallRule::matches_weekday(std::int64_t day, const Date& date) const {
  if (rule_.weekdays.empty()) return true;
  const int weekday = weekday_of(day);
  if ((weekdays_ >> weekday & 1) != 0) return true;
  if (!has_numbered_) return false;
  // The number counts within the month where the rule speaks of months, else within the year.
  const bool in_month = rule_.frequency == Frequency::Monthly || months_ != 0;
  const int length = in_month ? days_in_month(date.year, date.month) : days_in_year(date.year);
  const int place = in_month ? date.day : static_cast<int>(day - day_of(Date{date.year, 1, 1})) + 1;
  const int from_end = (length - place) / 7 + 1;
  const int ordinal = (place - 1) / 7 + 1;
  return numbered_[static_cast<std::size_t>(weekday)].contains(ordinal, ordinal + from_end - 1);
}

// A week belongs to the year that has most of its days: that of its fourth day.
bool WallRule::matches_week_number(std::int64_t day) const {
  const std::int64_t fourth = week_begin(day, rule_.week_start) + 3;
  const int year = date_of(fourth).year;
  const std::int64_t new_year = day_of(Date{year, 1, 1});
  const int number = static_cast<int>(fourth - new_year) / 7 + 1;
  const int weeks = static_cast<int>(week_begin(day_of(Date{year, 12, 28}), rule_.week_start) + 3 - new_year) / 7 + 1;
  return week_numbers_.contains(number, weeks);
}

}  // namespace zo
