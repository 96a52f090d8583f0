// The table of RFC 5545 section 3.3.10, followed with patience: every second of some days, or every day of some years, is asked whether
// the rule allows it, and the periods' sets are gathered from what it allows. Slow, and written so as to share nothing with the engine.
#pragma once

#include <map>
#include <vector>

#include "automation/civil.h"
#include "automation/rule.h"

namespace zo {

class RuleOracle {
 public:
  RuleOracle(Rule rule, WallTime start) : rule_(std::move(rule)), start_(start), start_day_(facts_of(day_of(start))) {}

  // All times of the rule in so many days from the start's year (or, within a day, from its day) on.
  std::vector<WallTime> times(int days) const {
    std::map<std::int64_t, std::vector<WallTime>> periods;
    const bool within_day = rule_.frequency < Frequency::Daily;
    const std::int64_t start_day = start_day_.day;
    const std::int64_t first = within_day ? start_day : day_of(Date{start_day_.date.year, 1, 1}) - 7;
    std::vector<int> seconds;
    for (int second = 0; second < kDaySeconds; ++second)
      if (allows_time(second)) seconds.push_back(second);
    for (std::int64_t day = first; day < start_day + days; ++day) {
      const Facts facts = facts_of(day);
      if (!allows(facts)) continue;
      for (const int second : seconds) periods[period_of(facts, second)].push_back({day * kDaySeconds + second});
    }
    const std::int64_t begin = period_of(start_day_, static_cast<int>(start_.seconds - start_day * kDaySeconds));
    std::vector<WallTime> times;
    for (const auto& [period, set] : periods) {
      if (period < begin || (period - begin) % rule_.interval != 0) continue;
      for (std::size_t i = 0; i < set.size(); ++i)
        if (chosen(static_cast<int>(i), static_cast<int>(set.size())) && set[i] >= start_) times.push_back(set[i]);
    }
    return times;
  }

 private:
  struct Facts {
    std::int64_t day = 0;
    Date date;
    int weekday = 0;
    int year_day = 0;
    int days_of_month = 0;
    int days_of_year = 0;
    int nth_in_month = 0, nth_from_month_end = 0, nth_in_year = 0, nth_from_year_end = 0;
  };

  static Facts facts_of(std::int64_t day) {
    Facts facts;
    facts.day = day;
    facts.date = date_of(day);
    facts.weekday = static_cast<int>(((day % 7) + 7 + 3) % 7);
    for (std::int64_t other = day - 366; other <= day + 366; ++other) {
      const Date date = date_of(other);
      if (date.year != facts.date.year) continue;
      const bool same_weekday = (day - other) % 7 == 0;
      const bool same_month = date.month == facts.date.month;
      facts.days_of_year += 1;
      facts.year_day += other <= day ? 1 : 0;
      facts.days_of_month += same_month ? 1 : 0;
      facts.nth_in_year += same_weekday && other <= day ? 1 : 0;
      facts.nth_from_year_end += same_weekday && other >= day ? 1 : 0;
      facts.nth_in_month += same_weekday && same_month && other <= day ? 1 : 0;
      facts.nth_from_month_end += same_weekday && same_month && other >= day ? 1 : 0;
    }
    return facts;
  }

  static bool has(const std::vector<int>& list, int number) { return std::ranges::find(list, number) != list.end(); }
  static bool has(const std::vector<int>& list, int number, int size) { return has(list, number) || has(list, number - size - 1); }

  bool allows(const Facts& facts) const {
    const bool yearly = rule_.frequency == Frequency::Yearly;
    const bool monthly = rule_.frequency == Frequency::Monthly;
    const bool open = rule_.month_days.empty() && rule_.weekdays.empty() && rule_.year_days.empty();
    if (!rule_.months.empty() && !has(rule_.months, facts.date.month)) return false;
    if (!rule_.year_days.empty() && !has(rule_.year_days, facts.year_day, facts.days_of_year)) return false;
    if (!rule_.month_days.empty() && !has(rule_.month_days, facts.date.day, facts.days_of_month)) return false;
    if (!rule_.week_numbers.empty() && !allows_week(facts.day)) return false;
    if (!rule_.weekdays.empty() && !allows_weekday(facts)) return false;
    const bool by_week = !rule_.week_numbers.empty();
    if (open && (monthly || (yearly && !by_week)) && facts.date.day != start_day_.date.day) return false;
    if (open && yearly && !by_week && rule_.months.empty() && facts.date.month != start_day_.date.month) return false;
    if (open && ((yearly && by_week) || rule_.frequency == Frequency::Weekly) && facts.weekday != start_day_.weekday) return false;
    return true;
  }

  bool allows_weekday(const Facts& facts) const {
    const bool in_month = rule_.frequency == Frequency::Monthly || !rule_.months.empty();
    for (const RuleWeekday& day : rule_.weekdays) {
      if (day.weekday != facts.weekday) continue;
      if (day.ordinal == 0) return true;
      if (day.ordinal == (in_month ? facts.nth_in_month : facts.nth_in_year)) return true;
      if (-day.ordinal == (in_month ? facts.nth_from_month_end : facts.nth_from_year_end)) return true;
    }
    return false;
  }

  // The first day of a year's first week: the first week that has four days of the year at least.
  std::int64_t first_week(int year) const {
    for (std::int64_t day = day_of(Date{year, 1, 1}) - 6;; ++day) {
      int inside = 0;
      for (std::int64_t one = day; one < day + 7; ++one) inside += date_of(one).year == year ? 1 : 0;
      if ((day + 3 + 700'000) % 7 == rule_.week_start && inside >= 4) return day;
    }
  }
  bool allows_week(std::int64_t day) const {
    for (int year = date_of(day).year - 1; year <= date_of(day).year + 1; ++year) {
      const std::int64_t begin = first_week(year);
      const std::int64_t end = first_week(year + 1);
      if (day < begin || day >= end) continue;
      return has(rule_.week_numbers, static_cast<int>(day - begin) / 7 + 1, static_cast<int>(end - begin) / 7);
    }
    return false;
  }

  bool allows_time(int second) const {
    const auto start = static_cast<int>(start_.seconds - start_day_.day * kDaySeconds);
    const auto part = [&](const std::vector<int>& list, int value, int of_start, Frequency open_below) {
      if (list.empty()) return rule_.frequency < open_below || value == of_start;
      return has(list, value);
    };
    return part(rule_.hours, second / 3'600, start / 3'600, Frequency::Daily) && part(rule_.minutes, second / 60 % 60, start / 60 % 60, Frequency::Hourly) &&
           part(rule_.seconds, second % 60, start % 60, Frequency::Minutely);
  }

  std::int64_t period_of(const Facts& facts, int second) const {
    switch (rule_.frequency) {
      case Frequency::Yearly: return facts.date.year;
      case Frequency::Monthly: return facts.date.year * 12 + facts.date.month;
      case Frequency::Weekly: return (facts.day + 3 + 700'000 - rule_.week_start) / 7;
      case Frequency::Daily: return facts.day;
      case Frequency::Hourly: return facts.day * 24 + second / 3'600;
      case Frequency::Minutely: return facts.day * 1'440 + second / 60;
      default: return facts.day * kDaySeconds + second;
    }
  }

  bool chosen(int place, int size) const { return rule_.positions.empty() || has(rule_.positions, place + 1, size); }

  Rule rule_;
  WallTime start_;
  Facts start_day_;
};

}  // namespace zo
