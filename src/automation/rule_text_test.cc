#include "automation/rule_text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace zo {
namespace {

std::string canonical(std::string_view text) {
  const Result<TypedRule> typed = typed_rule(text);
  if (!typed) return "error: " + typed.error().message;
  std::string out = typed->recurrence.text();
  if (typed->start) out += " from " + to_text(typed->start->time) + (typed->start->utc ? "Z" : "");
  if (typed->step != 0) out += " on " + std::to_string(typed->step) + "+" + std::to_string(typed->step_phase);
  return out;
}

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

TEST(RuleText, ReadsRules) {
  for (const auto& [text, expected] : Pairs{{"FREQ=DAILY", "FREQ=DAILY"}, {"rrule:freq=weekly;byday=mo", "FREQ=WEEKLY;BYDAY=MO"}, {" FREQ=DAILY \n", "FREQ=DAILY"}, {"RRULE:FREQ=DAILY\nRRULE:FREQ=MONTHLY", "FREQ=DAILY\nFREQ=MONTHLY"}})
    EXPECT_EQ(canonical(text), expected) << text;
}

TEST(RuleText, ReadsCron) {
  for (const auto& [text, expected] : Pairs{
           {"0 8 * * 1-5", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=8;BYMINUTE=0;BYSECOND=0"},
           {"0 8 * * MON-FRI", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=8;BYMINUTE=0;BYSECOND=0"},
           {"30 6,18 * * *", "FREQ=DAILY;BYHOUR=6,18;BYMINUTE=30;BYSECOND=0"},
           {"0 0 1 * *", "FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0"},
           {"0 0 L * *", "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=0;BYMINUTE=0;BYSECOND=0"},
           {"0 0 * jan,JUL *", "FREQ=DAILY;BYMONTH=1,7;BYHOUR=0;BYMINUTE=0;BYSECOND=0"},
           {"0 0 * * 0", "FREQ=WEEKLY;BYDAY=SU;BYHOUR=0;BYMINUTE=0;BYSECOND=0"},
           {"0 0 * * 7", "FREQ=WEEKLY;BYDAY=SU;BYHOUR=0;BYMINUTE=0;BYSECOND=0"},
           {"0 0 * * FRI-SUN", "FREQ=WEEKLY;BYDAY=FR,SA,SU;BYHOUR=0;BYMINUTE=0;BYSECOND=0"},
           {"15 30 8 * * ?", "FREQ=DAILY;BYHOUR=8;BYMINUTE=30;BYSECOND=15"},
           {"* 9 * * *", "FREQ=MINUTELY;BYHOUR=9;BYSECOND=0"},
           {"0,10 * * * *", "FREQ=HOURLY;BYMINUTE=0,10;BYSECOND=0"},
           {"* * * * *", "FREQ=MINUTELY on 60+0"},
           {"*/15 * * * *", "FREQ=MINUTELY;INTERVAL=15 on 900+0"},
           {"5/20 * * * *", "FREQ=MINUTELY;INTERVAL=20 on 1200+300"},
           {"7 * * * 1-5", "FREQ=HOURLY;BYDAY=MO,TU,WE,TH,FR on 3600+420"},
           {"*/10 * * * * *", "FREQ=SECONDLY;INTERVAL=10 on 10+0"},
           {"@hourly", "FREQ=HOURLY on 3600+0"},
           {"@daily", "FREQ=DAILY;BYHOUR=0;BYMINUTE=0;BYSECOND=0"},
           {"@midnight", "FREQ=DAILY;BYHOUR=0;BYMINUTE=0;BYSECOND=0"},
           {"@weekly", "FREQ=WEEKLY;BYDAY=SU;BYHOUR=0;BYMINUTE=0;BYSECOND=0"},
           {"@Monthly", "FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0"},
           {"@yearly", "FREQ=MONTHLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0"},
           {"@annually", "FREQ=MONTHLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0"}})
    EXPECT_EQ(canonical(text), expected) << text;
}

TEST(RuleText, EitherDayOfACronLineIsEnough) {
  EXPECT_EQ(canonical("0 8 1,15 * MON"), "FREQ=MONTHLY;BYMONTHDAY=1,15;BYHOUR=8;BYMINUTE=0;BYSECOND=0\nFREQ=WEEKLY;BYDAY=MO;BYHOUR=8;BYMINUTE=0;BYSECOND=0");
  // A star restricts nothing, so then both must be met.
  EXPECT_EQ(canonical("0 8 */2 * MON"), "FREQ=MONTHLY;BYMONTHDAY=1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31;BYDAY=MO;BYHOUR=8;BYMINUTE=0;BYSECOND=0");
  EXPECT_EQ(canonical("0 8 1-31 * MON"), "FREQ=DAILY;BYHOUR=8;BYMINUTE=0;BYSECOND=0");
}

TEST(RuleText, SaysWhatIsWrongWithACronLine) {
  for (const auto& [text, expected] : Pairs{{"61 * * * *", "error: cron: '61' is no minute"},
                                            {"0 8 * *", "error: cron: 4 fields, where 5 or 6 are expected"},
                                            {"0 8 32 * *", "error: cron: '32' is no day of the month"},
                                            {"0 8 * FOO *", "error: cron: 'FOO' is no month"},
                                            {"0 8-5 * * *", "error: cron: '8-5' is no hour"},
                                            {"*/0 * * * *", "error: cron: '*/0' is no minute"},
                                            {"0 8 * * 1#2", "error: cron: '1#2' is no day of the week"},
                                            {"0 ? * * *", "error: cron: '?' is no hour"},
                                            {"@reboot", "error: cron: there is no '@REBOOT'"}})
    EXPECT_EQ(canonical(text), expected) << text;
}

TEST(RuleText, ReadsWords) {
  for (const auto& [text, expected] : Pairs{
           {"every 90m", "FREQ=MINUTELY;INTERVAL=90"},
           {"every 90 minutes", "FREQ=MINUTELY;INTERVAL=90"},
           {"Every 2 hours", "FREQ=HOURLY;INTERVAL=2"},
           {"every 120m", "FREQ=HOURLY;INTERVAL=2"},
           {"every 1h30m", "FREQ=MINUTELY;INTERVAL=90"},
           {"every 1 hour and 30 minutes", "FREQ=MINUTELY;INTERVAL=90"},
           {"every 10s", "FREQ=SECONDLY;INTERVAL=10"},
           {"every hour", "FREQ=HOURLY"},
           {"hourly", "FREQ=HOURLY"},
           {"every day", "FREQ=DAILY"},
           {"every other day", "FREQ=DAILY;INTERVAL=2"},
           {"every 3 weeks", "FREQ=WEEKLY;INTERVAL=3"},
           {"every 3w", "FREQ=WEEKLY;INTERVAL=3"},
           {"every month at noon", "FREQ=MONTHLY;BYHOUR=12;BYMINUTE=0;BYSECOND=0"},
           {"yearly", "FREQ=YEARLY"},
           {"every weekday at 8", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=8;BYMINUTE=0;BYSECOND=0"},
           {"weekends at 10:15", "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=10;BYMINUTE=15;BYSECOND=0"},
           {"every monday at 9:30", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=30;BYSECOND=0"},
           {"every mon, wed and fri at 9:30", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=9;BYMINUTE=30;BYSECOND=0"},
           {"every other sunday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU"},
           {"tuesdays at 8pm", "FREQ=WEEKLY;BYDAY=TU;BYHOUR=20;BYMINUTE=0;BYSECOND=0"},
           {"daily at 07:00", "FREQ=DAILY;BYHOUR=7;BYMINUTE=0;BYSECOND=0"},
           {"daily at 7 and 19", "FREQ=DAILY;BYHOUR=7,19;BYMINUTE=0;BYSECOND=0"},
           {"daily at 8:15 and 17:45", "FREQ=DAILY;BYHOUR=8;BYMINUTE=15;BYSECOND=0\nFREQ=DAILY;BYHOUR=17;BYMINUTE=45;BYSECOND=0"},
           {"daily at 12am", "FREQ=DAILY;BYHOUR=0;BYMINUTE=0;BYSECOND=0"}})
    EXPECT_EQ(canonical(text), expected) << text;
}

TEST(RuleText, SaysWhichWordItDidNotUnderstand) {
  for (const auto& [text, expected] : Pairs{{"bananas", "error: the rule: 'bananas' is not understood"},
                                            {"", "error: the rule: there is no text"},
                                            {"every", "error: the rule: something is missing at the end"},
                                            {"every 5 bananas", "error: the rule: 'bananas' is not understood"},
                                            {"every 0 days", "error: the rule: a number from 1 to 1,000,000,000 is expected behind every"},
                                            {"every 0s", "error: the rule: a number from 1 to 1,000,000,000 is expected behind every"},
                                            {"daily at 25", "error: the rule: '25' is no time of the day"},
                                            {"daily at 13pm", "error: the rule: '13pm' is no time of the day"},
                                            {"daily at", "error: the rule: '' is no time of the day"},
                                            {"every monday on fire", "error: the rule: 'on' is not understood"},
                                            {"every 2 hours at 8", "error: the rule: 'at' is not understood"},
                                            {"every 99999999999999999999 days", "error: the rule: a number from 1 to 1,000,000,000 is expected behind every"}})
    EXPECT_EQ(canonical(text), expected) << text;
}

TEST(RuleText, ReadsRepeatingIntervals) {
  for (const auto& [text, expected] : Pairs{
           {"R/2026-03-01T09:00:00Z/PT90M", "FREQ=MINUTELY;INTERVAL=90 from 2026-03-01T09:00:00Z"},
           {"R5/2026-03-01T09:00:00/P1D", "FREQ=DAILY;COUNT=5 from 2026-03-01T09:00:00"},
           {"R/20260301T090000Z/P1M", "FREQ=MONTHLY from 2026-03-01T09:00:00Z"},
           {"R-1/20260301T090000Z/P1Y6M", "FREQ=MONTHLY;INTERVAL=18 from 2026-03-01T09:00:00Z"},
           {"r/2026-03-01T09:00:00Z/p2w", "FREQ=WEEKLY;INTERVAL=2 from 2026-03-01T09:00:00Z"},
           {"R/2026-03-01T09:00:00Z/PT1H30M", "FREQ=MINUTELY;INTERVAL=90 from 2026-03-01T09:00:00Z"},
           {"R/2026-03-01T09:00:00Z/P1DT1H", "error: ISO 8601 interval: 'P1DT1H' mixes months, days and hours"},
           {"R/2026-03-01T09:00:00Z/PT0S", "error: ISO 8601 interval: 'PT0S' is no time at all"},
           {"R/2026-03-01T09:00:00Z/P", "error: ISO 8601 interval: 'P' is no duration"},
           {"R/2026-03-01T09:00:00Z/PT", "error: ISO 8601 interval: 'PT' is no duration"},
           {"R/2026-03-01T09:00:00Z/P1H", "error: ISO 8601 interval: 'P1H' is no duration"},
           {"R/tomorrow/P1D", "error: ISO 8601 interval: 'TOMORROW' is no start"},
           {"R0/2026-03-01T09:00:00Z/P1D", "error: ISO 8601 interval: 'R0': behind R stands how often, from 1 to 1000000, or nothing"},
           {"R/P1D", "error: ISO 8601 interval: 'R/P1D' has 2 parts, where 3 are expected"}})
    EXPECT_EQ(canonical(text), expected) << text;
}

TEST(RuleText, AlignsTheStartOfACronLine) {
  const auto aligned = [](std::string_view text, std::string_view start) { return to_text(typed_rule(text)->aligned(moment_from_text(start)->time)); };
  EXPECT_EQ(aligned("*/15 * * * *", "2026-03-01T09:07:00"), "2026-03-01T09:15:00");
  EXPECT_EQ(aligned("*/15 * * * *", "2026-03-01T09:15:00"), "2026-03-01T09:15:00");
  EXPECT_EQ(aligned("7 * * * *", "1969-12-31T23:59:00"), "1970-01-01T00:07:00");
  EXPECT_EQ(aligned("0 8 * * *", "2026-03-01T09:07:00"), "2026-03-01T09:07:00");
}

// A line of cron, asked the way cron asks: does this minute match every field?
RC_GTEST_PROP(RuleText, CronFiresAtTheMinutesThatMatch, ()) {
  const auto field = [](int least, int most, bool& star, std::vector<int>& numbers) {
    star = *rc::gen::inRange(0, 3) == 0;
    const int step = star ? *rc::gen::inRange(1, 6) : 1;
    std::string text = star ? step == 1 ? "*" : "*/" + std::to_string(step) : "";
    for (int i = least; star && i <= most; i += step) numbers.push_back(i);
    for (int i = star ? 0 : *rc::gen::inRange(1, 4); i > 0; --i) {
      numbers.push_back(*rc::gen::inRange(least, most + 1));
      text += (text.empty() ? "" : ",") + std::to_string(numbers.back());
    }
    return text;
  };
  const auto has = [](const std::vector<int>& list, int number) { return std::ranges::find(list, number) != list.end(); };
  bool star = false, month_day_star = false, weekday_star = false;
  std::vector<int> minutes, hours, month_days, months, weekdays;
  std::string line = field(0, 59, star, minutes) + " " + field(0, 23, star, hours) + " ";
  line += field(1, 31, month_day_star, month_days) + " " + field(1, 12, star, months) + " ";
  line += field(0, 7, weekday_star, weekdays);
  const WallTime start{day_of(Date{2026, *rc::gen::inRange(1, 13), 1}) * kDaySeconds};
  std::vector<TimeMs> expected;
  const std::int64_t end = start.seconds + 40 * kDaySeconds;
  for (std::int64_t at = start.seconds; at < end && expected.size() < 200; at += 60) {
    const std::int64_t day = day_of(WallTime{at});
    const Date date = date_of(day);
    const int weekday = (weekday_of(day) + 1) % 7;
    const bool month_day = has(month_days, date.day);
    const bool week_day = has(weekdays, weekday) || (weekday == 0 && has(weekdays, 7));
    const bool day_matches = month_day_star || weekday_star ? month_day && week_day : month_day || week_day;
    const int second = second_of_day(WallTime{at});
    if (day_matches && has(months, date.month) && has(hours, second / 3'600) && has(minutes, second / 60 % 60)) expected.push_back(at * 1'000);
  }
  const TypedRule typed = *typed_rule(line);
  std::vector<TimeMs> found = Occurrences({.recurrence = typed.recurrence, .start = typed.aligned(start)}).first(200);
  std::erase_if(found, [&](TimeMs at) { return at >= end * 1'000; });
  RC_LOG() << line << "\n" << typed.recurrence.text() << "\n";
  RC_ASSERT(found == expected);
}

}  // namespace
}  // namespace zo
