// One recurrence rule of RFC 5545 section 3.3.10, with the SKIP of RFC 7529: read, checked, and written in one canonical form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "automation/civil.h"
#include "base/result.h"

namespace zo {

inline constexpr std::size_t kRuleBytes = 8 * 1024;
inline constexpr std::int64_t kIntervalMax = 1'000'000'000;
inline constexpr std::int64_t kCountMax = 1'000'000;
inline constexpr std::size_t kRuleListMax = 732;  // numbers in one list: each day of a year, from both ends

enum class Frequency { Secondly, Minutely, Hourly, Daily, Weekly, Monthly, Yearly };

// What becomes of a day that its month does not have: it is left out, or becomes the day before or behind it.
enum class Skip { Omit, Backward, Forward };

struct RuleWeekday {
  int ordinal = 0;  // the second, the last (-1) of the month or year; 0: each
  int weekday = 0;  // 0 is Monday
  auto operator<=>(const RuleWeekday&) const = default;
};

struct RuleUntil {
  Moment last;           // inclusive
  bool whole_day = false;  // written as a day: until its end
  bool operator==(const RuleUntil&) const = default;
};

// Lists are sorted, and hold nothing twice; an empty list is a part that is missing.
struct Rule {
  Frequency frequency = Frequency::Daily;
  std::int64_t interval = 1;
  std::optional<std::int64_t> count;  // never together with `until`
  std::optional<RuleUntil> until;
  std::vector<int> months;
  std::vector<int> week_numbers;
  std::vector<int> year_days;
  std::vector<int> month_days;
  std::vector<RuleWeekday> weekdays;
  std::vector<int> hours;
  std::vector<int> minutes;
  std::vector<int> seconds;
  std::vector<int> positions;  // BYSETPOS
  int week_start = 0;
  Skip skip = Skip::Omit;

  bool operator==(const Rule&) const = default;
  // Repeats within a day, and says no time of day: it runs on elapsed time, through every change of a clock.
  bool is_elapsed() const { return frequency < Frequency::Daily && hours.empty() && minutes.empty() && seconds.empty(); }
};

// "FREQ=WEEKLY;BYDAY=MO", also in small letters and with "RRULE:" before it. Invalid names the part that is wrong.
Result<Rule> rule_from_text(std::string_view text);
// The canonical form, which reads back as the same rule.
std::string to_text(const Rule& rule);
// "MO": two letters.
std::string_view weekday_name(int weekday);

}  // namespace zo
