#include "automation/civil.h"

#include <fmt/core.h>

#include <chrono>

namespace zo {
namespace {

std::chrono::year_month_day calendar_day(const Date& date) {
  return {std::chrono::year(date.year), std::chrono::month(static_cast<unsigned>(date.month)), std::chrono::day(static_cast<unsigned>(date.day))};
}

// A number of exactly `digits` digits off the front of `text`; -1 if there is none.
int take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int number = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return number;
}

// Whether `mark` stood in front of `text`, where the form wants one; it is taken off.
bool take_mark(std::string_view& text, char mark, bool wanted) {
  if (!wanted) return true;
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<WallTime> take_day(std::string_view& text) {
  const int year = take_digits(text, 4);
  const bool marks = text.starts_with('-');
  if (!take_mark(text, '-', marks)) return std::nullopt;
  const int month = take_digits(text, 2);
  if (!take_mark(text, '-', marks)) return std::nullopt;
  const int day = take_digits(text, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
  return WallTime{day_of(Date{year, month, day}) * kDaySeconds};
}

}  // namespace

std::int64_t floor_divide(std::int64_t number, std::int64_t by) { return number / by - (number % by < 0 ? 1 : 0); }

std::int64_t day_of(const Date& date) { return std::chrono::sys_days(calendar_day(date)).time_since_epoch().count(); }
std::int64_t day_of(WallTime time) { return floor_divide(time.seconds, kDaySeconds); }

Date date_of(std::int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())), static_cast<int>(static_cast<unsigned>(date.day()))};
}

int weekday_of(std::int64_t day) {
  const std::int64_t weekday = (day + 3) % 7;  // 1970-01-01 was a Thursday
  return static_cast<int>(weekday < 0 ? weekday + 7 : weekday);
}

int days_in_year(int year) { return std::chrono::year(year).is_leap() ? 366 : 365; }

int days_in_month(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && days_in_year(year) == 366 ? 29 : kDays[month - 1];
}

int second_of_day(WallTime time) { return static_cast<int>(time.seconds - day_of(time) * kDaySeconds); }

std::string to_text(WallTime time) {
  const Date date = date_of(day_of(time));
  const int second = second_of_day(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", date.year, date.month, date.day, second / 3600, second / 60 % 60, second % 60);
}

std::string to_basic_text(WallTime time) {
  std::string text = to_text(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::optional<Moment> moment_from_text(std::string_view text) {
  const bool marks = text.size() > 4 && text[4] == '-';
  const std::optional<WallTime> day = take_day(text);
  if (!day || (!text.starts_with('T') && !text.starts_with('t'))) return std::nullopt;
  text.remove_prefix(1);
  const int hour = take_digits(text, 2);
  if (!take_mark(text, ':', marks)) return std::nullopt;
  const int minute = take_digits(text, 2);
  if (!take_mark(text, ':', marks)) return std::nullopt;
  const int second = take_digits(text, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  const bool utc = text == "Z" || text == "z";
  if (!text.empty() && !utc) return std::nullopt;
  return Moment{{day->seconds + hour * 3600 + minute * 60 + std::min(second, 59)}, utc};
}

std::optional<WallTime> day_from_text(std::string_view text) {
  const std::optional<WallTime> day = take_day(text);
  return text.empty() ? day : std::nullopt;
}

}  // namespace zo
