#include "automation/zone.h"

#include <gtest/gtest.h>

#include "automation/zone_clock.h"

namespace zo {
namespace {

WallTime wall(std::string_view text) { return moment_from_text(text)->time; }
std::string instant_of(std::string_view zone, std::string_view time) { return to_text(WallTime{Zone::open(zone)->reading(wall(time)).instant}); }

TEST(Civil, ReadsAndWritesTimes) {
  EXPECT_EQ(to_text(wall("2026-03-01T09:00:07")), "2026-03-01T09:00:07");
  EXPECT_EQ(to_text(wall("20260301T235960")), "2026-03-01T23:59:59");
  EXPECT_EQ(to_basic_text(wall("0001-01-01T00:00:00")), "00010101T000000");
  EXPECT_EQ(wall("0001-01-01T00:00:00"), kFirstWallTime);
  EXPECT_EQ(wall("9999-12-31T23:59:59"), kLastWallTime);
  EXPECT_TRUE(moment_from_text("2026-03-01T09:00:00Z")->utc);
  for (const std::string_view text : {"", "2026", "2026-03-01", "2026-02-29T00:00:00", "2026-13-01T00:00:00", "2026-03-01T24:00:00", "2026-03-01 09:00:00", "2026-03-01T09:00:00+02:00", "2026-0301T09:00:00",
                                      "20260301T09:00:00", "0000-01-01T00:00:00", "2026-03-01T09:00:00ZZ", "2026-03-01T-9:00:00"})
    EXPECT_FALSE(moment_from_text(text).has_value()) << text;
}

TEST(Civil, KnowsTheCalendar) {
  EXPECT_EQ(weekday_of(day_of(Date{2026, 3, 1})), 6);
  EXPECT_EQ(weekday_of(day_of(Date{1899, 12, 31})), 6);
  EXPECT_EQ(days_in_month(1900, 2), 28);
  EXPECT_EQ(days_in_month(2000, 2), 29);
  EXPECT_EQ(day_of(WallTime{-1}), -1);
}

TEST(Zone, ShiftsATimeThatIsLeftOut) {
  const ZoneReading reading = Zone::open("America/New_York")->reading(wall("2024-03-10T02:30:00"));
  EXPECT_TRUE(reading.in_gap);
  EXPECT_EQ(to_text(WallTime{reading.instant}), "2024-03-10T07:30:00");
  EXPECT_EQ(to_text(reading.gap_end), "2024-03-10T03:00:00");
}

TEST(Zone, TakesTheFirstOfATimeThatComesTwice) {
  EXPECT_EQ(instant_of("America/New_York", "2024-11-03T01:30:00"), "2024-11-03T05:30:00");
  EXPECT_EQ(instant_of("Australia/Lord_Howe", "2024-04-07T01:45:00"), "2024-04-06T14:45:00");
}

TEST(Zone, ADayThatIsLeftOutIsAGap) {
  const ZoneReading reading = Zone::open("Pacific/Apia")->reading(wall("2011-12-30T12:00:00"));
  EXPECT_TRUE(reading.in_gap);
  EXPECT_EQ(to_text(reading.gap_end), "2011-12-31T00:00:00");
}

TEST(Zone, RefusesWhatIsNoZoneAndSuggestsOne) {
  for (const auto& [id, advice] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"europe/berlin", "Europe/Berlin"}, {"Berlin", "Europe/Berlin"}, {"Europe/Berln", "Europe/Berlin"}, {"../../etc/passwd", "a name like Europe/Berlin"}, {"/etc/localtime", "a name like Europe/Berlin"}, {"", "a name like Europe/Berlin"}}) {
    const Result<Zone> zone = Zone::open(id);
    ASSERT_FALSE(zone.has_value()) << id;
    EXPECT_EQ(zone.error(), (Error{Code::Invalid, "there is no time zone '" + std::string(id) + "'", std::string(advice)}));
  }
  for (const std::string_view id : {"localtime", "right/Europe/Berlin", "posix/Europe/Berlin", "tzdata.zi", "Europe", "Fixed/UTC+01:00:00"}) EXPECT_FALSE(Zone::open(id).has_value()) << id;
  for (const std::string_view id : {"UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "CET", "GB-Eire"}) EXPECT_TRUE(Zone::open(id).has_value()) << id;
}

TEST(Zone, KnowsItsVersion) { EXPECT_GE(zone_version(), "2022"); }

// The clock that remembers a span answers what the zone itself answers, also where only the yearly rule goes on.
TEST(ZoneClock, AnswersAsTheZoneDoes) {
  for (const std::string_view id : {"America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Dublin", "UTC"}) {
    const Zone zone = *Zone::open(id);
    ZoneClock clock(zone);
    for (const int year : {1850, 1944, 2011, 2024, 2369, 2370, 2800, 9998}) {
      for (std::int64_t time = day_of(Date{year, 1, 1}) * kDaySeconds; time < day_of(Date{year + 1, 1, 1}) * kDaySeconds; time += 1'700) {
        ASSERT_EQ(clock.wall(time), zone.wall(time)) << id << " " << to_text(WallTime{time});
        const ZoneReading found = clock.reading({time});
        const ZoneReading expected = zone.reading({time});
        ASSERT_EQ(found.instant, expected.instant) << id << " " << to_text(WallTime{time});
        ASSERT_EQ(found.in_gap, expected.in_gap) << id << " " << to_text(WallTime{time});
        ASSERT_EQ(found.gap_end, expected.gap_end) << id << " " << to_text(WallTime{time});
      }
    }
  }
}

}  // namespace
}  // namespace zo
