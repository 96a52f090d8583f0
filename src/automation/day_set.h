// The small sets that a recurrence rule is made of: times of a day, and days by their place in month, year and week. Membership is a
// few bits, and the next member is found without walking there.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>

#include "automation/rule.h"

namespace zo {

// All times with one of these hours, minutes and seconds. None of the three is empty.
struct TimeSet {
  std::uint64_t hours = 1;
  std::uint64_t minutes = 1;
  std::uint64_t seconds = 1;

  std::int64_t size() const;
  // The time at a place, from 0, in seconds of the day.
  int at(std::int64_t place) const;
  // -1 when there is none on that day.
  int at_or_after(int second) const;
};

// A set of numbers from 1, and from -1 for those counted from the end.
class PlaceSet {
 public:
  PlaceSet() = default;
  explicit PlaceSet(const std::vector<int>& places);
  bool empty() const { return first_.none() && last_.none(); }
  // `place` counts from 1 and is at most `size`; both are at most 366.
  bool contains(int place, int size) const { return first_[static_cast<std::size_t>(place)] || last_[static_cast<std::size_t>(size + 1 - place)]; }
  // Whether the set names a place that lies behind the last, or before the first, of so few.
  bool names_behind(int size) const { return (first_ >> static_cast<std::size_t>(size + 1)).any(); }
  bool names_before(int size) const { return (last_ >> static_cast<std::size_t>(size + 1)).any(); }

 private:
  static constexpr std::size_t kPlaces = 367;
  std::bitset<kPlaces> first_;
  std::bitset<kPlaces> last_;
};

// The days of a rule that repeats within a day or by days: what BYMONTH, BYYEARDAY, BYMONTHDAY and BYDAY leave of all days.
class DayFilter {
 public:
  explicit DayFilter(const Rule& rule);
  bool all() const { return all_; }
  bool matches(std::int64_t day) const;
  // The first such day that is not before `day`, or `end` if it is not before that. Adds what it looked at to `steps`.
  std::int64_t next(std::int64_t day, std::int64_t end, std::int64_t& steps) const;

 private:
  std::uint32_t months_ = 0;    // bits from 1; 0: each
  std::uint32_t weekdays_ = 0;  // bits from 0; 0: each
  PlaceSet month_days_;
  PlaceSet year_days_;
  bool all_ = true;
};

// Bits of numbers from 0 to 63.
std::uint64_t bits_of(const std::vector<int>& numbers);

}  // namespace zo
