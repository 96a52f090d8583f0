#include "automation/recurrence.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <span>

#include "automation/wall_rule.h"

namespace zo {
namespace {

constexpr TimeMs kSecondMs = 1'000;

// A plan in words: "1997-09-02T09:00:00", rules, zone ("" for none).
RecurrencePlan plan(std::string_view start, std::string_view rules, std::string_view zone = "", Gap gap = Gap::Shift) {
  return {.recurrence = *Recurrence::parse(rules), .start = moment_from_text(start)->time, .zone = zone.empty() ? Zone() : *Zone::open(zone), .gap = gap};
}

// To the minute, in UTC.
std::string minute_text(TimeMs at) { return to_text(WallTime{at / kSecondMs}).substr(0, 16); }
std::string joined(std::span<const TimeMs> times) {
  std::string text;
  for (const TimeMs at : times) text += (text.empty() ? "" : " ") + minute_text(at);
  return text;
}
std::string first(std::size_t count, RecurrencePlan plan) { return joined(Occurrences(std::move(plan)).first(count)); }
TimeMs at(std::string_view text) { return moment_from_text(text)->time.seconds * kSecondMs; }

struct Example {
  std::string_view start;
  std::string_view rule;
  std::string_view times;
};
// RFC 5545 section 3.8.5.3, at most the first six of each.
constexpr Example kExamples[] = {
    {"19970902T090000", "FREQ=DAILY;COUNT=10",
     "1997-09-02T09:00 1997-09-03T09:00 1997-09-04T09:00 1997-09-05T09:00 1997-09-06T09:00 1997-09-07T09:00"},
    {"19970902T090000", "FREQ=DAILY;UNTIL=19971224T000000",
     "1997-09-02T09:00 1997-09-03T09:00 1997-09-04T09:00 1997-09-05T09:00 1997-09-06T09:00 1997-09-07T09:00"},
    {"19970902T090000", "FREQ=DAILY;INTERVAL=2",
     "1997-09-02T09:00 1997-09-04T09:00 1997-09-06T09:00 1997-09-08T09:00 1997-09-10T09:00 1997-09-12T09:00"},
    {"19970902T090000", "FREQ=DAILY;INTERVAL=10;COUNT=5",
     "1997-09-02T09:00 1997-09-12T09:00 1997-09-22T09:00 1997-10-02T09:00 1997-10-12T09:00"},
    {"19980101T090000", "FREQ=YEARLY;UNTIL=20000131T140000;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
     "1998-01-01T09:00 1998-01-02T09:00 1998-01-03T09:00 1998-01-04T09:00 1998-01-05T09:00 1998-01-06T09:00"},
    {"19980101T090000", "FREQ=DAILY;UNTIL=20000131T140000;BYMONTH=1",
     "1998-01-01T09:00 1998-01-02T09:00 1998-01-03T09:00 1998-01-04T09:00 1998-01-05T09:00 1998-01-06T09:00"},
    {"19970902T090000", "FREQ=WEEKLY;COUNT=10",
     "1997-09-02T09:00 1997-09-09T09:00 1997-09-16T09:00 1997-09-23T09:00 1997-09-30T09:00 1997-10-07T09:00"},
    {"19970902T090000", "FREQ=WEEKLY;UNTIL=19971224T000000",
     "1997-09-02T09:00 1997-09-09T09:00 1997-09-16T09:00 1997-09-23T09:00 1997-09-30T09:00 1997-10-07T09:00"},
    {"19970902T090000", "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
     "1997-09-02T09:00 1997-09-16T09:00 1997-09-30T09:00 1997-10-14T09:00 1997-10-28T09:00 1997-11-11T09:00"},
    {"19970902T090000", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
     "1997-09-02T09:00 1997-09-04T09:00 1997-09-09T09:00 1997-09-11T09:00 1997-09-16T09:00 1997-09-18T09:00"},
    {"19970901T090000", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000;WKST=SU;BYDAY=MO,WE,FR",
     "1997-09-01T09:00 1997-09-03T09:00 1997-09-05T09:00 1997-09-15T09:00 1997-09-17T09:00 1997-09-19T09:00"},
    {"19970902T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
     "1997-09-02T09:00 1997-09-04T09:00 1997-09-16T09:00 1997-09-18T09:00 1997-09-30T09:00 1997-10-02T09:00"},
    {"19970905T090000", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
     "1997-09-05T09:00 1997-10-03T09:00 1997-11-07T09:00 1997-12-05T09:00 1998-01-02T09:00 1998-02-06T09:00"},
    {"19970905T090000", "FREQ=MONTHLY;UNTIL=19971224T000000;BYDAY=1FR",
     "1997-09-05T09:00 1997-10-03T09:00 1997-11-07T09:00 1997-12-05T09:00"},
    {"19970907T090000", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
     "1997-09-07T09:00 1997-09-28T09:00 1997-11-02T09:00 1997-11-30T09:00 1998-01-04T09:00 1998-01-25T09:00"},
    {"19970922T090000", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
     "1997-09-22T09:00 1997-10-20T09:00 1997-11-17T09:00 1997-12-22T09:00 1998-01-19T09:00 1998-02-16T09:00"},
    {"19970928T090000", "FREQ=MONTHLY;BYMONTHDAY=-3",
     "1997-09-28T09:00 1997-10-29T09:00 1997-11-28T09:00 1997-12-29T09:00 1998-01-29T09:00 1998-02-26T09:00"},
    {"19970902T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
     "1997-09-02T09:00 1997-09-15T09:00 1997-10-02T09:00 1997-10-15T09:00 1997-11-02T09:00 1997-11-15T09:00"},
    {"19970930T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
     "1997-09-30T09:00 1997-10-01T09:00 1997-10-31T09:00 1997-11-01T09:00 1997-11-30T09:00 1997-12-01T09:00"},
    {"19970910T090000", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
     "1997-09-10T09:00 1997-09-11T09:00 1997-09-12T09:00 1997-09-13T09:00 1997-09-14T09:00 1997-09-15T09:00"},
    {"19970902T090000", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
     "1997-09-02T09:00 1997-09-09T09:00 1997-09-16T09:00 1997-09-23T09:00 1997-09-30T09:00 1997-11-04T09:00"},
    {"19970610T090000", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
     "1997-06-10T09:00 1997-07-10T09:00 1998-06-10T09:00 1998-07-10T09:00 1999-06-10T09:00 1999-07-10T09:00"},
    {"19970310T090000", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
     "1997-03-10T09:00 1999-01-10T09:00 1999-02-10T09:00 1999-03-10T09:00 2001-01-10T09:00 2001-02-10T09:00"},
    {"19970101T090000", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
     "1997-01-01T09:00 1997-04-10T09:00 1997-07-19T09:00 2000-01-01T09:00 2000-04-09T09:00 2000-07-18T09:00"},
    {"19970519T090000", "FREQ=YEARLY;BYDAY=20MO",
     "1997-05-19T09:00 1998-05-18T09:00 1999-05-17T09:00 2000-05-15T09:00 2001-05-14T09:00 2002-05-20T09:00"},
    {"19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
     "1997-05-12T09:00 1998-05-11T09:00 1999-05-17T09:00 2000-05-15T09:00 2001-05-14T09:00 2002-05-13T09:00"},
    {"19970313T090000", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
     "1997-03-13T09:00 1997-03-20T09:00 1997-03-27T09:00 1998-03-05T09:00 1998-03-12T09:00 1998-03-19T09:00"},
    {"19970605T090000", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
     "1997-06-05T09:00 1997-06-12T09:00 1997-06-19T09:00 1997-06-26T09:00 1997-07-03T09:00 1997-07-10T09:00"},
    {"19970902T090000", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
     "1998-02-13T09:00 1998-03-13T09:00 1998-11-13T09:00 1999-08-13T09:00 2000-10-13T09:00 2001-04-13T09:00"},
    {"19970913T090000", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
     "1997-09-13T09:00 1997-10-11T09:00 1997-11-08T09:00 1997-12-13T09:00 1998-01-10T09:00 1998-02-07T09:00"},
    {"19961105T090000", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
     "1996-11-05T09:00 2000-11-07T09:00 2004-11-02T09:00 2008-11-04T09:00 2012-11-06T09:00 2016-11-08T09:00"},
    {"19970904T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
     "1997-09-04T09:00 1997-10-07T09:00 1997-11-06T09:00"},
    {"19970929T090000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
     "1997-09-29T09:00 1997-10-30T09:00 1997-11-27T09:00 1997-12-30T09:00 1998-01-29T09:00 1998-02-26T09:00"},
    {"19970902T090000", "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000",
     "1997-09-02T09:00 1997-09-02T12:00 1997-09-02T15:00"},
    {"19970902T090000", "FREQ=MINUTELY;INTERVAL=15;COUNT=6",
     "1997-09-02T09:00 1997-09-02T09:15 1997-09-02T09:30 1997-09-02T09:45 1997-09-02T10:00 1997-09-02T10:15"},
    {"19970902T090000", "FREQ=MINUTELY;INTERVAL=90;COUNT=4",
     "1997-09-02T09:00 1997-09-02T10:30 1997-09-02T12:00 1997-09-02T13:30"},
    {"19970902T090000", "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40",
     "1997-09-02T09:00 1997-09-02T09:20 1997-09-02T09:40 1997-09-02T10:00 1997-09-02T10:20 1997-09-02T10:40"},
    {"19970902T090000", "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16",
     "1997-09-02T09:00 1997-09-02T09:20 1997-09-02T09:40 1997-09-02T10:00 1997-09-02T10:20 1997-09-02T10:40"},
    {"19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
     "1997-08-05T09:00 1997-08-10T09:00 1997-08-19T09:00 1997-08-24T09:00"},
    {"19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
     "1997-08-05T09:00 1997-08-17T09:00 1997-08-19T09:00 1997-08-31T09:00"},
    {"20070115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
     "2007-01-15T09:00 2007-01-30T09:00 2007-02-15T09:00 2007-03-15T09:00 2007-03-30T09:00"},
};

TEST(Recurrence, HasTheExamplesOfTheStandard) {
  for (const Example& example : kExamples) EXPECT_EQ(first(6, plan(example.start, example.rule)), example.times) << example.rule;
}

TEST(Recurrence, LeavesOutWhatIsExcludedAndStillCountsIt) {
  RecurrencePlan fridays = plan("1997-09-02T09:00:00", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=4", "America/New_York");
  fridays.excluded = {*moment_from_text("1998-03-13T09:00:00"), *moment_from_text("1998-11-13T14:00:00Z")};
  EXPECT_EQ(first(9, fridays), "1998-02-13T14:00 1999-08-13T13:00");
}

TEST(Recurrence, AddsTimesOnceAndInOrder) {
  RecurrencePlan both = plan("2026-03-01T09:00:00", "FREQ=WEEKLY;COUNT=2");
  both.added = {*moment_from_text("2026-03-09T10:00:00"), *moment_from_text("2026-03-05T09:00:00"), *moment_from_text("2026-03-08T09:00:00")};
  EXPECT_EQ(first(9, both), "2026-03-01T09:00 2026-03-05T09:00 2026-03-08T09:00 2026-03-09T10:00");
}

TEST(Recurrence, TakesSeveralRulesTogether) {
  EXPECT_EQ(first(5, plan("2026-06-01T08:00:00", "FREQ=MONTHLY;BYMONTHDAY=1\nFREQ=WEEKLY;BYDAY=MO;COUNT=3")),
            "2026-06-01T08:00 2026-06-08T08:00 2026-06-15T08:00 2026-07-01T08:00 2026-08-01T08:00");
}

TEST(Recurrence, AStartThatDoesNotMatchIsNoOccurrence) {
  EXPECT_EQ(first(2, plan("2026-03-02T09:00:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU")), "2026-03-08T09:00 2026-03-22T09:00");
}

TEST(Recurrence, EndsAtUntilWhateverWayItIsWritten) {
  const auto count = [](std::string_view until) {
    return Occurrences(plan("2026-03-01T09:00:00", "FREQ=DAILY;UNTIL=" + std::string(until), "Europe/Berlin")).first(99).size();
  };
  EXPECT_EQ(count("20260305T080000Z"), 5u);
  EXPECT_EQ(count("20260305T075959Z"), 4u);
  EXPECT_EQ(count("20260305T090000"), 5u);
  EXPECT_EQ(count("20260305T085959"), 4u);
  EXPECT_EQ(count("20260305"), 5u);
  EXPECT_EQ(count("20200101"), 0u);
}

TEST(Recurrence, AMonthWithoutThatDayIsLeftOutOrMoved) {
  EXPECT_EQ(first(3, plan("2026-01-31T09:00:00", "FREQ=MONTHLY")), "2026-01-31T09:00 2026-03-31T09:00 2026-05-31T09:00");
  EXPECT_EQ(first(4, plan("2026-01-31T09:00:00", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD")), "2026-01-31T09:00 2026-02-28T09:00 2026-03-31T09:00 2026-04-30T09:00");
  EXPECT_EQ(first(4, plan("2026-01-31T09:00:00", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD")), "2026-01-31T09:00 2026-03-01T09:00 2026-03-31T09:00 2026-05-01T09:00");
  EXPECT_EQ(first(3, plan("2026-01-31T09:00:00", "FREQ=MONTHLY;COUNT=2")), "2026-01-31T09:00 2026-03-31T09:00");
}

TEST(Recurrence, LeapDays) {
  EXPECT_EQ(first(3, plan("2096-02-29T09:00:00", "FREQ=YEARLY")), "2096-02-29T09:00 2104-02-29T09:00 2108-02-29T09:00");
  EXPECT_EQ(first(3, plan("2024-02-29T09:00:00", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=BACKWARD")), "2024-02-29T09:00 2025-02-28T09:00 2026-02-28T09:00");
  EXPECT_EQ(first(3, plan("2024-02-29T09:00:00", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD")), "2024-02-29T09:00 2025-03-01T09:00 2026-03-01T09:00");
  EXPECT_EQ(first(3, plan("2026-01-01T09:00:00", "FREQ=YEARLY;BYYEARDAY=366,-366")), "2028-01-01T09:00 2028-12-31T09:00 2032-01-01T09:00");
}

TEST(Recurrence, WeeksBeginWhereTheRuleSays) {
  EXPECT_EQ(first(4, plan("2024-12-10T09:00:00", "FREQ=WEEKLY;INTERVAL=2;WKST=WE;BYDAY=TU,SU")), "2024-12-10T09:00 2024-12-22T09:00 2024-12-24T09:00 2025-01-05T09:00");
  EXPECT_EQ(first(2, plan("2006-08-19T05:45:30", "FREQ=YEARLY;BYWEEKNO=1,20")), "2007-01-06T05:45 2007-05-19T05:45");
  EXPECT_EQ(first(2, plan("2004-04-19T05:45:30", "FREQ=YEARLY;INTERVAL=4;BYWEEKNO=13,29,36")), "2004-07-12T05:45 2004-08-30T05:45");
}

TEST(Recurrence, ChoosesFromTheWholeSetOfAPartialFirstWeek) {
  // The week of Friday, June 14, has Monday, Tuesday, Thursday, Saturday: its fourth is Saturday.
  EXPECT_EQ(first(2, plan("2019-06-14T14:00:00", "FREQ=WEEKLY;BYDAY=MO,TU,TH,SA;BYSETPOS=4")), "2019-06-15T14:00 2019-06-22T14:00");
  EXPECT_EQ(first(2, plan("2026-03-02T00:00:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,17;BYSETPOS=-1")), "2026-03-31T17:00 2026-04-30T17:00");
}

TEST(Recurrence, ATimeInAGapIsMovedAndDoesNotDrift) {
  EXPECT_EQ(first(4, plan("2024-03-09T02:30:00", "FREQ=DAILY", "America/New_York")), "2024-03-09T07:30 2024-03-10T07:30 2024-03-11T06:30 2024-03-12T06:30");
  EXPECT_EQ(first(3, plan("2024-03-09T02:30:00", "FREQ=DAILY", "America/New_York", Gap::Skip)), "2024-03-09T07:30 2024-03-11T06:30 2024-03-12T06:30");
}

TEST(Recurrence, ATimeThatIsLeftOutInAGapIsNotCounted) {
  EXPECT_EQ(first(9, plan("2024-03-09T02:30:00", "FREQ=DAILY;COUNT=2", "America/New_York", Gap::Skip)), "2024-03-09T07:30 2024-03-11T06:30");
}

TEST(Recurrence, ATimeThatComesTwiceFiresOnceAndFirst) {
  EXPECT_EQ(first(3, plan("2024-11-02T01:30:00", "FREQ=DAILY", "America/New_York")), "2024-11-02T05:30 2024-11-03T05:30 2024-11-04T06:30");
}

TEST(Recurrence, TimesMovedBehindOthersStayInOrderAndCollapse) {
  EXPECT_EQ(first(5, plan("2024-03-10T00:00:00", "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,30", "America/New_York")),
            "2024-03-10T06:00 2024-03-10T06:30 2024-03-10T07:00 2024-03-10T07:30 2024-03-11T05:00");
}

TEST(Recurrence, ZonesOfOtherStepsThanAnHour) {
  EXPECT_EQ(first(3, plan("2024-10-05T02:15:00", "FREQ=DAILY", "Australia/Lord_Howe")), "2024-10-04T15:45 2024-10-05T15:45 2024-10-06T15:15");
  EXPECT_EQ(first(3, plan("2024-04-06T01:45:00", "FREQ=DAILY", "Australia/Lord_Howe")), "2024-04-05T14:45 2024-04-06T14:45 2024-04-07T15:15");
  EXPECT_EQ(first(2, plan("2024-09-28T03:00:00", "FREQ=DAILY", "Pacific/Chatham")), "2024-09-27T14:15 2024-09-28T14:15");
  EXPECT_EQ(first(2, plan("2024-01-01T09:00:00", "FREQ=DAILY", "Asia/Kathmandu")), "2024-01-01T03:15 2024-01-02T03:15");
  EXPECT_EQ(first(3, plan("2024-03-09T09:00:00", "FREQ=DAILY", "Africa/Casablanca")), "2024-03-09T08:00 2024-03-10T09:00 2024-03-11T09:00");
}

TEST(Recurrence, AWholeDayThatIsLeftOutIsAGap) {
  EXPECT_EQ(first(3, plan("2011-12-29T09:00:00", "FREQ=DAILY", "Pacific/Apia")), "2011-12-29T19:00 2011-12-30T19:00 2011-12-31T19:00");
  EXPECT_EQ(first(3, plan("2011-12-29T09:00:00", "FREQ=WEEKLY;BYDAY=TH,FR,SA", "Pacific/Apia", Gap::Skip)), "2011-12-29T19:00 2011-12-30T19:00 2012-01-04T19:00");
}

TEST(Recurrence, EveryTwoHoursStaysTwoHours) {
  EXPECT_EQ(first(4, plan("2024-03-30T23:00:00", "FREQ=HOURLY;INTERVAL=2", "Europe/Berlin")), "2024-03-30T22:00 2024-03-31T00:00 2024-03-31T02:00 2024-03-31T04:00");
  EXPECT_EQ(first(4, plan("2024-10-27T00:00:00", "FREQ=HOURLY;INTERVAL=2", "Europe/Berlin")), "2024-10-26T22:00 2024-10-27T00:00 2024-10-27T02:00 2024-10-27T04:00");
}

TEST(Recurrence, TenSecondsRunThroughTheRepeatedHour) {
  Occurrences occurrences(plan("2024-11-03T00:30:00", "FREQ=SECONDLY;INTERVAL=10", "America/New_York"));
  TimeMs last = at("2024-11-03T04:30:00");
  for (int i = 0; i < 3 * 360; ++i) {
    const auto next = occurrences.after(last);
    ASSERT_EQ(next, last + 10 * kSecondMs);
    last = *next;
  }
}

TEST(Recurrence, HoursOfSomeDaysAreTheDaysOfTheWallsClock) {
  EXPECT_EQ(first(3, plan("2024-01-06T22:00:00", "FREQ=HOURLY;INTERVAL=12;BYDAY=MO", "Asia/Tokyo")), "2024-01-08T01:00 2024-01-08T13:00 2024-01-15T01:00");
}

TEST(Recurrence, AnswersBetweenAndBeforeAndAgain) {
  Occurrences occurrences(plan("2026-01-01T09:00:00", "FREQ=DAILY;COUNT=3"));
  EXPECT_EQ(occurrences.after(at("2026-01-02T09:00:00")), at("2026-01-03T09:00:00"));
  EXPECT_EQ(occurrences.after(at("2026-01-03T09:00:00")), std::nullopt);
  EXPECT_EQ(occurrences.after(at("2020-01-01T00:00:00")), at("2026-01-01T09:00:00"));
  EXPECT_EQ(occurrences.after(at("2026-01-01T09:00:00") - 1), at("2026-01-01T09:00:00"));
  EXPECT_EQ(occurrences.after(at("2026-01-01T09:00:00")), at("2026-01-02T09:00:00"));
}

TEST(Recurrence, ALongCountIsWalkedOnceAndWithoutWaste) {
  Occurrences occurrences(plan("2026-01-01T00:00:00", "FREQ=MINUTELY;COUNT=1000000;BYSECOND=0", "Europe/Berlin"));
  EXPECT_EQ(occurrences.after(at("2026-01-08T00:00:00")), at("2026-01-08T00:01:00"));
  EXPECT_LE(occurrences.steps(), 20'000);
}

TEST(Recurrence, ACountOfElapsedTimeIsDividedInsteadOfWalked) {
  Occurrences occurrences(plan("2026-01-01T00:00:00", "FREQ=SECONDLY;INTERVAL=10;COUNT=1000000"));
  const TimeMs last = at("2026-01-01T00:00:00") + 999'999 * 10 * kSecondMs;
  EXPECT_EQ(occurrences.after(last - 1), last);
  EXPECT_EQ(occurrences.after(last), std::nullopt);
  EXPECT_EQ(occurrences.after(0), at("2026-01-01T00:00:00"));
}

TEST(Recurrence, NeverEndsTheSearch) {
  for (const std::string_view rule : {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;BYDAY=MO;BYSETPOS=2"}) {
    Occurrences occurrences(plan("2026-01-01T00:00:00", rule, "Europe/Berlin"));
    EXPECT_EQ(occurrences.after(0), std::nullopt) << rule;
    EXPECT_LE(occurrences.steps(), 20'000) << rule;
  }
  EXPECT_EQ(first(3, plan("2026-01-01T00:00:00", "FREQ=DAILY;INTERVAL=1000000")), "2026-01-01T00:00");
  // Each second Sunday of March, New York has no 02:30.
  EXPECT_EQ(first(3, plan("2024-01-01T02:30:00", "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "America/New_York", Gap::Skip)), "");
}

TEST(Recurrence, SaysWhatIsWrongWithARule) {
  const auto error = [](std::string_view text) {
    const Result<Recurrence> read = Recurrence::parse(text);
    return read ? "no error: " + read->text() : read.error().message;
  };
  EXPECT_EQ(error("FREQ=OFTEN"), "recurrence rule: FREQ=OFTEN: one of SECONDLY MINUTELY HOURLY DAILY WEEKLY MONTHLY YEARLY");
  EXPECT_EQ(error("INTERVAL=2"), "recurrence rule: FREQ is missing");
  EXPECT_EQ(error("FREQ=DAILY;COUNT=2;UNTIL=20260101"), "recurrence rule: COUNT and UNTIL cannot stand together");
  EXPECT_EQ(error("FREQ=DAILY;BYDAY=1MO"), "recurrence rule: BYDAY with a number has no meaning with FREQ=DAILY, only with MONTHLY and YEARLY");
  EXPECT_EQ(error("FREQ=MONTHLY;BYWEEKNO=3"), "recurrence rule: BYWEEKNO has no meaning with FREQ=MONTHLY, only with YEARLY");
  EXPECT_EQ(error("FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO"), "recurrence rule: BYDAY with a number and BYWEEKNO cannot stand together");
  EXPECT_EQ(error("FREQ=DAILY;INTERVAL=0"), "recurrence rule: INTERVAL=0: a whole number from 1 to 1000000000");
  EXPECT_EQ(error("FREQ=DAILY;INTERVAL=99999999999999999999"), "recurrence rule: INTERVAL=99999999999999999999: a whole number from 1 to 1000000000");
  EXPECT_EQ(error("FREQ=DAILY;COUNT=1000001"), "recurrence rule: COUNT=1000001: a whole number from 1 to 1000000");
  EXPECT_EQ(error("FREQ=MONTHLY;BYMONTHDAY=32"), "recurrence rule: BYMONTHDAY=32: '32' is no number from 1 to 31, or from the end with a minus");
  EXPECT_EQ(error("FREQ=DAILY;FREQ=DAILY"), "recurrence rule: FREQ stands there twice");
  EXPECT_EQ(error("FREQ=DAILY;BYLUCK=7"), "recurrence rule: there is no part 'BYLUCK'");
  EXPECT_EQ(error("RSCALE=CHINESE;FREQ=YEARLY"), "recurrence rule: RSCALE=CHINESE: the only calendar known here is GREGORIAN");
  EXPECT_EQ(error("FREQ=DAILY;UNTIL=20260230"), "recurrence rule: UNTIL=20260230: a time like 20261231T235959Z, or a day like 20261231");
}

TEST(Recurrence, HasOneCanonicalText) {
  EXPECT_EQ(Recurrence::parse("rrule:byday=+1su,mo;wkst=mo;interval=1;bymonth=3,1,3;freq=monthly;")->text(), "FREQ=MONTHLY;BYMONTH=1,3;BYDAY=MO,1SU");
  EXPECT_EQ(Recurrence::parse("FREQ=DAILY;UNTIL=20261231T235960Z;RSCALE=GREGORIAN;SKIP=OMIT")->text(), "FREQ=DAILY;UNTIL=20261231T235959Z");
  EXPECT_EQ(Recurrence::parse("SKIP=FORWARD;FREQ=MONTHLY\nFREQ=DAILY\nFREQ=DAILY\n")->text(), "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD\nFREQ=DAILY");
}

using Words = std::vector<std::string_view>;
std::string_view pick(const Words& words) { return words[*rc::gen::inRange<std::size_t>(0, words.size())]; }

// Starts shortly before a change of some clock, and one where only yearly rules of the zones go on.
RecurrencePlan plan_near_a_change() {
  const std::string_view zone = pick({"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "America/Havana"});
  const std::string_view rule = pick({"FREQ=MINUTELY;INTERVAL=10", "FREQ=HOURLY;BYMINUTE=0,15,45", "FREQ=DAILY;BYHOUR=0,1,2,3;BYMINUTE=0,30",
                                      "FREQ=HOURLY;INTERVAL=7;BYDAY=SU,SA", "FREQ=MINUTELY;INTERVAL=37;BYHOUR=1,2,3",
                                      "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=1,2;BYMINUTE=30", "FREQ=HOURLY;COUNT=50"});
  const std::string_view start = pick({"2024-03-09T00:00:00", "2024-03-30T12:00:00", "2024-11-02T12:00:00", "2024-10-05T20:00:00",
                                       "2011-12-29T00:00:00", "2024-04-06T10:00:00", "2450-03-30T12:00:00"});
  return plan(start, rule, zone, *rc::gen::arbitrary<bool>() ? Gap::Shift : Gap::Skip);
}

RC_GTEST_PROP(Recurrence, AnswersFromTheMiddleInAnyZone, ()) {
  const RecurrencePlan any = plan_near_a_change();
  const std::vector<TimeMs> times = Occurrences(any).first(300);
  for (std::size_t i = 1; i < times.size(); ++i) {
    RC_ASSERT(times[i - 1] < times[i]);
    RC_ASSERT(Occurrences(any).after(times[i - 1]) == times[i]);
    RC_ASSERT(Occurrences(any).after(times[i] - 1) == times[i]);
  }
}

// Each time that the wall's clock is to show, made an instant of, sorted, and each once: that is what a rule with times of day is.
RC_GTEST_PROP(Recurrence, AreTheTimesOfTheWallMadeInstants, ()) {
  const RecurrencePlan any = plan_near_a_change();
  RC_PRE(!any.recurrence.rules[0].is_elapsed());
  WallRule rule(any.recurrence.rules[0], any.start);
  std::vector<TimeMs> expected;
  for (auto time = rule.next(any.start); expected.size() < 600; time = rule.next({time->seconds + 1})) {
    const ZoneReading reading = any.zone.reading(*time);
    if (!reading.in_gap || any.gap == Gap::Shift) expected.push_back(reading.instant * kSecondMs);
  }
  std::ranges::sort(expected);
  expected.erase(std::ranges::unique(expected).begin(), expected.end());
  expected.resize(400);
  RC_ASSERT(Occurrences(any).first(400) == expected);
}

}  // namespace
}  // namespace zo
