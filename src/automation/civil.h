// Days and times as a calendar and a clock on the wall show them, without a zone: the proleptic Gregorian calendar, years 1 to 9999,
// days of 86,400 seconds. A zone (zone.h) makes instants of them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zo {

inline constexpr std::int64_t kDaySeconds = 86'400;

// What the clock shows, in seconds since it showed 1970-01-01T00:00:00.
struct WallTime {
  std::int64_t seconds = 0;
  auto operator<=>(const WallTime&) const = default;
};

// A time that somebody wrote: what a clock on the wall shows, or UTC.
struct Moment {
  WallTime time;
  bool utc = false;
  bool operator==(const Moment&) const = default;
};

struct Date {
  int year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31
};

inline constexpr WallTime kFirstWallTime{-62'135'596'800};  // 0001-01-01T00:00:00
inline constexpr WallTime kLastWallTime{253'402'300'799};   // 9999-12-31T23:59:59

// Days are counted from 1970-01-01, which is 0.
std::int64_t day_of(const Date& date);
std::int64_t day_of(WallTime time);
Date date_of(std::int64_t day);
int weekday_of(std::int64_t day);  // 0 is Monday
int days_in_month(int year, int month);
int days_in_year(int year);
int second_of_day(WallTime time);
// Rounds towards the past, for what comes before 1970 too.
std::int64_t floor_divide(std::int64_t number, std::int64_t by);

// "2026-03-01T09:00:00"
std::string to_text(WallTime time);
// "20260301T090000", as RFC 5545 writes it.
std::string to_basic_text(WallTime time);
// Reads both forms, with a Z behind them for UTC. The second 60 reads as 59, as RFC 5545 section 3.3.12 asks of those who know no
// leap seconds. Nothing for what is no such time.
std::optional<Moment> moment_from_text(std::string_view text);
// "20260301" or "2026-03-01": midnight of that day.
std::optional<WallTime> day_from_text(std::string_view text);

}  // namespace zo
