// When something recurs: rules (RFC 5545), days and times added and taken away, a start on the wall's clock, and the zone of that clock.
// Answers "what comes first after this instant" without walking there from the start.
//
// Rules that name a time of day, or repeat by days and longer, mean what the wall's clock shows: 09:00 stays 09:00 through every change
// of a clock. Rules that repeat within a day and name no time of day run on elapsed time: every two hours stays two hours.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "automation/civil.h"
#include "automation/rule.h"
#include "automation/zone.h"
#include "base/result.h"
#include "base/time.h"

namespace zo {

inline constexpr std::size_t kRulesMax = 4;             // of one recurrence
inline constexpr std::size_t kMomentsMax = 2'000;       // added, and likewise taken away

// One rule, or several whose times are taken together. Its text is what is stored.
struct Recurrence {
  std::vector<Rule> rules;

  // Rules in lines; each may begin with "RRULE:". No line at all is a recurrence without rules.
  static Result<Recurrence> parse(std::string_view text);
  // One canonical rule a line.
  std::string text() const;
  bool operator==(const Recurrence&) const = default;
};

struct RecurrencePlan {
  Recurrence recurrence;
  WallTime start;
  Zone zone;                     // UTC as well for times that belong to no zone: then an instant is what the wall shows
  Gap gap = Gap::Shift;          // of the start, and of what a rule or `added` names
  std::vector<Moment> added;     // RDATE
  std::vector<Moment> excluded;  // EXDATE: the occurrences at these instants are left out, and still counted by COUNT
};

// The occurrences of a plan, each instant once, strictly rising. Keeps what it has found, so one after the other is cheap; a question
// about an earlier instant is answered too. A rule with COUNT is walked from its start.
class Occurrences {
 public:
  explicit Occurrences(RecurrencePlan plan);
  ~Occurrences();
  Occurrences(Occurrences&&) noexcept;

  // The first occurrence behind `at`; nothing: never, or not within 400 years.
  std::optional<TimeMs> after(TimeMs at);
  // The first `count` of all.
  std::vector<TimeMs> first(std::size_t count);
  // Days and times looked at until now.
  std::int64_t steps() const;

 private:
  class Source;
  std::optional<std::int64_t> second_after(std::int64_t second);
  std::unique_ptr<const RecurrencePlan> plan_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::int64_t> added_;
  std::vector<std::int64_t> excluded_;
};

}  // namespace zo
