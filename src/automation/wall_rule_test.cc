#include "automation/wall_rule.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "automation/rule_oracle_test.h"

namespace zo {
namespace {

int dice(int least, int most) { return *rc::gen::inRange(least, most + 1); }
bool once_in(int times) { return dice(1, times) == 1; }

std::vector<int> some(int least, int most, int count_max, bool from_end) {
  std::vector<int> numbers;
  for (int i = dice(1, count_max); i > 0; --i) {
    const int number = dice(least, most);
    numbers.push_back(from_end && once_in(3) ? -number : number);
  }
  std::ranges::sort(numbers);
  numbers.erase(std::ranges::unique(numbers).begin(), numbers.end());
  return numbers;
}

std::vector<RuleWeekday> some_weekdays(bool numbered, int ordinal_max) {
  std::vector<RuleWeekday> days;
  for (int i = dice(1, 4); i > 0; --i) days.push_back({numbered ? dice(1, ordinal_max) * (once_in(2) ? 1 : -1) : 0, dice(0, 6)});
  std::ranges::sort(days);
  days.erase(std::ranges::unique(days).begin(), days.end());
  return days;
}

Rule any_rule(Frequency least, Frequency most) {
  Rule rule;
  rule.frequency = static_cast<Frequency>(dice(static_cast<int>(least), static_cast<int>(most)));
  const bool within_day = rule.frequency < Frequency::Daily;
  rule.interval = once_in(2) ? 1 : rule.frequency == Frequency::Yearly ? dice(2, 3) : dice(2, within_day && once_in(2) ? 5'000 : 13);
  if (once_in(3)) rule.months = some(1, 12, 6, false);
  if (rule.frequency == Frequency::Yearly && once_in(4)) rule.week_numbers = some(1, 53, 4, true);
  if ((within_day || rule.frequency == Frequency::Yearly) && once_in(5)) rule.year_days = some(1, 366, 30, true);
  if (rule.frequency != Frequency::Weekly && once_in(4)) rule.month_days = some(1, 31, 12, true);
  const bool numbered = rule.frequency >= Frequency::Monthly && rule.week_numbers.empty() && once_in(2);
  if (once_in(2)) rule.weekdays = some_weekdays(numbered, rule.frequency == Frequency::Monthly || !rule.months.empty() ? 5 : 53);
  if (once_in(3)) rule.hours = some(0, 23, 4, false);
  if (once_in(3)) rule.minutes = some(0, 59, 4, false);
  if (once_in(4)) rule.seconds = some(0, 59, 3, false);
  const Rule bare{.frequency = rule.frequency, .interval = rule.interval};
  if (rule != bare && once_in(3)) rule.positions = some(1, 8, 3, true);
  rule.week_start = once_in(2) ? 0 : dice(0, 6);
  return rule;
}

WallTime any_start() { return {day_of(Date{dice(1995, 2035), dice(1, 12), dice(1, 28)}) * kDaySeconds + dice(0, 86'399)}; }

std::vector<WallTime> walked(const Rule& rule, WallTime start, std::size_t count, WallTime end) {
  WallRule engine(rule, start);
  std::vector<WallTime> times;
  for (auto time = engine.next(start); time && *time < end && times.size() < count; time = engine.next({time->seconds + 1})) times.push_back(*time);
  return times;
}

void agrees_with_the_oracle(const Rule& rule, WallTime start, int days, int sure_days) {
  const WallTime end{(day_of(start) + sure_days) * kDaySeconds};
  std::vector<WallTime> expected = RuleOracle(rule, start).times(days);
  std::erase_if(expected, [&](WallTime time) { return time >= end; });
  if (expected.size() > 500) expected.resize(500);
  const std::vector<WallTime> found = walked(rule, start, 500, end);
  const auto first = std::ranges::mismatch(found, expected);
  const bool same = found == expected;
  RC_LOG() << to_text(rule) << " from " << to_text(start) << ": " << found.size() << " of " << expected.size() << ", engine "
           << (first.in1 == found.end() ? "ends" : to_text(*first.in1)) << ", oracle " << (first.in2 == expected.end() ? "ends" : to_text(*first.in2)) << "\n";
  RC_ASSERT(same);
}

RC_GTEST_PROP(WallRule, FollowsTheTableByDaysAndLonger, ()) {
  const Rule rule = any_rule(Frequency::Daily, Frequency::Yearly);
  agrees_with_the_oracle(rule, any_start(), 1'500, 1'100);
}

RC_GTEST_PROP(WallRule, FollowsTheTableWithinADay, ()) {
  Rule rule = any_rule(Frequency::Secondly, Frequency::Hourly);
  rule.year_days.clear();
  if (!rule.months.empty()) rule.months.clear();
  agrees_with_the_oracle(rule, any_start(), 4, 3);
}

RC_GTEST_PROP(WallRule, AnswersFromTheMiddleAsFromTheStart, ()) {
  Rule rule = any_rule(Frequency::Secondly, Frequency::Yearly);
  rule.skip = static_cast<Skip>(dice(0, 2));
  const WallTime start = any_start();
  const std::vector<WallTime> times = walked(rule, start, 40, kLastWallTime);
  for (std::size_t i = 1; i < times.size(); ++i) {
    RC_ASSERT(times[i - 1] < times[i]);
    RC_ASSERT(WallRule(rule, start).next({times[i - 1].seconds + 1}) == times[i]);
    RC_ASSERT(WallRule(rule, start).next(times[i]) == times[i]);
  }
}

RC_GTEST_PROP(WallRule, TextReadsBackAsTheSameRule, ()) {
  Rule rule = any_rule(Frequency::Secondly, Frequency::Yearly);
  rule.skip = static_cast<Skip>(dice(0, 2));
  if (once_in(3)) rule.count = dice(1, 1'000);
  else if (once_in(2)) rule.until = RuleUntil{{any_start(), once_in(2)}, false};
  const Result<Rule> read = rule_from_text(to_text(rule));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == rule);
}

// What SKIP makes of each month's days, worked out one by one.
RC_GTEST_PROP(WallRule, SkipMovesTheDaysThatAMonthDoesNotHave, ()) {
  Rule rule{.frequency = Frequency::Monthly, .month_days = some(26, 31, 4, true)};
  rule.skip = once_in(2) ? Skip::Backward : Skip::Forward;
  const WallTime start{day_of(Date{dice(1995, 2035), 1, 1}) * kDaySeconds + 3'600};
  std::vector<WallTime> expected;
  const int year = date_of(day_of(start)).year;
  for (int index = 0; index < 48; ++index) {
    const int month = index % 12 + 1;
    const std::int64_t first = day_of(Date{year + index / 12, month, 1});
    const int length = days_in_month(year + index / 12, month);
    for (const int place : rule.month_days) {
      const int day = place > 0 ? place - 1 : length + place;
      const bool forward = rule.skip == Skip::Forward;
      const int moved = day >= length ? (forward ? length : length - 1) : day < 0 ? (forward ? 0 : -1) : day;
      expected.push_back({(first + moved) * kDaySeconds + 3'600});
    }
  }
  std::ranges::sort(expected);
  expected.erase(std::ranges::unique(expected).begin(), expected.end());
  const WallTime end{day_of(Date{year + 3, 12, 1}) * kDaySeconds};
  std::erase_if(expected, [&](WallTime time) { return time < start || time >= end; });
  RC_ASSERT(walked(rule, start, 1'000, end) == expected);
}

// Steps are counted, because time depends on the machine.
TEST(WallRule, LeapsToWhatCannotBeWalkedTo) {
  const WallTime start{day_of(Date{2024, 1, 1}) * kDaySeconds + 1};
  for (const auto& [text, found, steps] : std::vector<std::tuple<std::string_view, std::string, std::int64_t>>{
           {"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=3;BYMINUTE=0;BYSECOND=0;INTERVAL=7", "2048-02-29T03:00:00", 10'000},
           {"FREQ=MINUTELY;INTERVAL=1439;BYDAY=MO;BYHOUR=9;BYMINUTE=0", "2030-05-27T09:00:01", 20'000},
           {"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=3", "2024-02-29T03:00:00", 1'000},
           {"FREQ=SECONDLY;INTERVAL=86400;BYHOUR=1", "never", 10},
           {"FREQ=SECONDLY;INTERVAL=2;BYSECOND=0", "never", 10},
           {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never", 20'000},
           {"FREQ=HOURLY;BYMONTH=4;BYMONTHDAY=31", "never", 20'000},
           {"FREQ=YEARLY;BYWEEKNO=53;BYMONTH=7", "never", 20'000},
           {"FREQ=WEEKLY;BYDAY=MO;BYSETPOS=366", "never", 200'000},
           {"FREQ=SECONDLY;INTERVAL=1000000000;BYSECOND=1", "2024-01-01T00:00:01", 10}}) {
    WallRule rule(*rule_from_text(text), start);
    const auto next = rule.next(start);
    EXPECT_EQ(next ? to_text(*next) : "never", found) << text;
    EXPECT_LE(rule.steps(), steps) << text;
  }
}

TEST(WallRule, FindsWhatIsFarAheadWithoutWalkingThere) {
  const WallTime start{day_of(Date{2024, 1, 1}) * kDaySeconds};
  WallRule rule(*rule_from_text("FREQ=SECONDLY;INTERVAL=7;BYHOUR=9,10,11"), start);
  EXPECT_EQ(to_text(*rule.next({day_of(Date{9000, 6, 1}) * kDaySeconds})), "9000-06-01T09:00:02");
  EXPECT_LE(rule.steps(), 10);
}

TEST(WallRule, EndsWithTheYear9999) {
  WallRule rule(*rule_from_text("FREQ=YEARLY"), {day_of(Date{9998, 5, 1}) * kDaySeconds});
  EXPECT_TRUE(rule.next({day_of(Date{9999, 5, 1}) * kDaySeconds}).has_value());
  EXPECT_FALSE(rule.next({day_of(Date{9999, 5, 2}) * kDaySeconds}).has_value());
}

}  // namespace
}  // namespace zo
