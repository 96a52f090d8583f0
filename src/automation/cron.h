// Lines of cron: five fields, or six with the second first; names, ranges, steps, lists, L for the last day of a month; @daily and its
// like. Where a line restricts both the day of the month and the day of the week, either is enough, as cron has it from the beginning:
// that becomes two rules.
#pragma once

#include <string_view>

#include "automation/rule_text.h"

namespace zo {

// Whether the text is meant as a line of cron.
bool looks_like_cron(std::string_view text);
// In capital letters.
Result<TypedRule> rule_from_cron(std::string_view text);

}  // namespace zo
