#include "automation/day_set.h"

#include <bit>

namespace zo {
namespace {

// -1 if there is none.
int next_bit(std::uint64_t bits, int from) {
  if (from > 63) return -1;
  const std::uint64_t rest = bits & (~std::uint64_t{0} << from);
  return rest == 0 ? -1 : std::countr_zero(rest);
}

int nth_bit(std::uint64_t bits, std::int64_t place) {
  for (; place > 0; --place) bits &= bits - 1;
  return std::countr_zero(bits);
}

}  // namespace

std::uint64_t bits_of(const std::vector<int>& numbers) {
  std::uint64_t bits = 0;
  for (const int number : numbers) bits |= std::uint64_t{1} << number;
  return bits;
}

std::int64_t TimeSet::size() const { return std::int64_t{std::popcount(hours)} * std::popcount(minutes) * std::popcount(seconds); }

int TimeSet::at(std::int64_t place) const {
  const int in_minute = std::popcount(seconds);
  const int in_hour = std::popcount(minutes);
  return nth_bit(hours, place / in_minute / in_hour) * 3600 + nth_bit(minutes, place / in_minute % in_hour) * 60 + nth_bit(seconds, place % in_minute);
}

int TimeSet::at_or_after(int second) const {
  const int hour = second / 3600;
  const int minute = second / 60 % 60;
  const int first_second = std::countr_zero(seconds);
  if ((hours >> hour & 1) != 0) {
    const int same_minute = (minutes >> minute & 1) != 0 ? next_bit(seconds, second % 60) : -1;
    if (same_minute >= 0) return hour * 3600 + minute * 60 + same_minute;
    const int later_minute = next_bit(minutes, minute + 1);
    if (later_minute >= 0) return hour * 3600 + later_minute * 60 + first_second;
  }
  const int later_hour = next_bit(hours, hour + 1);
  return later_hour < 0 ? -1 : later_hour * 3600 + std::countr_zero(minutes) * 60 + first_second;
}

PlaceSet::PlaceSet(const std::vector<int>& places) {
  for (const int place : places) (place > 0 ? first_ : last_).set(static_cast<std::size_t>(place > 0 ? place : -place));
}

DayFilter::DayFilter(const Rule& rule)
    : months_(static_cast<std::uint32_t>(bits_of(rule.months))), month_days_(rule.month_days), year_days_(rule.year_days) {
  for (const RuleWeekday& day : rule.weekdays) weekdays_ |= 1u << day.weekday;
  all_ = months_ == 0 && weekdays_ == 0 && month_days_.empty() && year_days_.empty();
}

bool DayFilter::matches(std::int64_t day) const {
  if (all_) return true;
  if (weekdays_ != 0 && (weekdays_ >> weekday_of(day) & 1) == 0) return false;
  if (months_ == 0 && month_days_.empty() && year_days_.empty()) return true;
  const Date date = date_of(day);
  if (months_ != 0 && (months_ >> date.month & 1) == 0) return false;
  if (!month_days_.empty() && !month_days_.contains(date.day, days_in_month(date.year, date.month))) return false;
  return year_days_.empty() || year_days_.contains(static_cast<int>(day - day_of(Date{date.year, 1, 1})) + 1, days_in_year(date.year));
}

std::int64_t DayFilter::next(std::int64_t day, std::int64_t end, std::int64_t& steps) const {
  while (day < end && !matches(day)) {
    ++steps;
    const Date date = date_of(day);
    const bool other_month = months_ != 0 && (months_ >> date.month & 1) == 0;
    day += other_month ? days_in_month(date.year, date.month) - date.day + 1 : 1;
  }
  return std::min(day, end);
}

}  // namespace zo
