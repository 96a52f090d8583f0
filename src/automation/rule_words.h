// "every 90m", "every weekday at 8", "daily at 07:00 and 19:30": a small grammar of English words.
//
//   every 90m | every 2 hours | every 1h 30m                      elapsed time
//   every day | every other day | every 3 weeks | every month     the calendar, from the start on; perhaps with times
//   every weekday | every weekend | every monday and thursday     perhaps with times
//   hourly | daily | weekly | monthly | yearly | weekdays | mondays
//   … at 8 | at 9:30 | at 07:00 and 19:30 | at 8am | at noon | at midnight
#pragma once

#include <string_view>

#include "automation/rule_text.h"

namespace zo {

// The forms that are understood, for the advice of an error.
inline constexpr std::string_view kRuleForms =
    "every 90m, every weekday at 8, daily at 07:00, monday at 9:30, a line of cron, FREQ=WEEKLY;BYDAY=MO, or R/2026-03-01T09:00:00Z/PT90M";

// In capital letters.
Result<TypedRule> rule_from_words(std::string_view text);

}  // namespace zo
