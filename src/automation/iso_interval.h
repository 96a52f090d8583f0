// Repeating intervals of ISO 8601 section 5.6: R/2026-03-01T09:00:00Z/PT90M. A number behind R is how often it happens in all. An interval
// of years and months, or of weeks and days, is counted on the calendar; one of hours, minutes and seconds in elapsed time.
#pragma once

#include <string_view>

#include "automation/rule_text.h"

namespace zo {

// In capital letters.
Result<TypedRule> rule_from_iso_interval(std::string_view text);
// Every so many seconds of elapsed time, in the largest unit that fits.
Result<Rule> elapsed_rule(std::uint64_t seconds);

}  // namespace zo
