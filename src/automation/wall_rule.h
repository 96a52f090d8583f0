// Where a recurrence rule's times lie on the wall's clock, without a zone: RFC 5545 section 3.3.10, read as a definition. A period
// (year, month, week, day; or hour, minute, second) that INTERVAL leaves is looked at; its set is what the BY parts make of it; BYSETPOS
// chooses from the whole set. Periods that cannot hold a time are leapt over, and a search ends: after 400 years, which is the whole
// cycle of the calendar, or when it has taken too many steps.
//
// Where readings differ: a start that does not match is no time of the rule; what the rule leaves open comes from the start; a week
// number counts for the days of the calendar year that the rule looks at; BYWEEKNO without days means the start's weekday.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "automation/civil.h"
#include "automation/day_set.h"
#include "automation/rule.h"

namespace zo {

inline constexpr std::int64_t kSearchDays = 146'097;      // 400 years
inline constexpr std::int64_t kSearchSteps = 1'000'000;   // days and times looked at in one search; some 40 ns each at worst

class WallRule {
 public:
  WallRule(const Rule& rule, WallTime start);

  // The first time that is not before `from`; nothing: never. COUNT and UNTIL are not looked at.
  std::optional<WallTime> next(WallTime from);
  // What the searches have looked at until now.
  std::int64_t steps() const { return steps_; }

 private:
  // The days of one period, in order.
  struct Period {
    std::int64_t index = INT64_MIN;  // as period_of() counts; INT64_MIN: none yet
    std::vector<std::int64_t> days;
  };

  std::optional<WallTime> next_in_days(std::int64_t from);
  std::optional<WallTime> next_in_times(std::int64_t from);
  bool meets_a_time() const;
  std::int64_t period_of(std::int64_t day) const;
  std::int64_t first_day_of(std::int64_t period) const;
  const std::vector<std::int64_t>& days_of(std::int64_t period);
  void collect(std::int64_t period, std::vector<std::int64_t>& days);
  void collect_month(int year, int month, std::vector<std::int64_t>& days);
  void collect_strays(int year, int month, std::vector<std::int64_t>& days);
  bool matches(std::int64_t day, const Date& date) const;
  bool matches_weekday(std::int64_t day, const Date& date) const;
  bool matches_week_number(std::int64_t day) const;
  bool matches_year_day(std::int64_t day, const Date& date) const;
  bool matches_month_day(const Date& date) const;
  // The first of the set's times that is not before `from`; the set: `times_` on each of the days, chosen from by BYSETPOS.
  template <class Days>
  std::optional<std::int64_t> choose(const Days& begins, std::int64_t from) const;

  Rule rule_;  // with what the start says in place of what is open
  std::int64_t start_;
  std::int64_t start_period_ = 0;
  DayFilter filter_;
  PlaceSet month_days_;
  PlaceSet year_days_;
  PlaceSet week_numbers_;
  std::uint64_t months_ = 0;
  std::uint32_t weekdays_ = 0;  // those without a number
  std::array<PlaceSet, 7> numbered_;
  bool has_numbered_ = false;
  TimeSet times_;    // within a period: of each of its days, or behind its beginning
  TimeSet periods_;  // within a day: the beginnings of hours, minutes or seconds that the rule looks at
  std::int64_t unit_ = kDaySeconds;
  bool never_ = false;  // the interval never meets a time that the rule looks at
  std::array<Period, 2> kept_;
  std::int64_t steps_ = 0;
};

}  // namespace zo
