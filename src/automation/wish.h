// What a person says of an automation, checked and made whole: its rule canonical, its zone named, its start on the wall.
#pragma once

#include "automation/automation.h"

namespace zo {

// Everything of `automation` that follows from the wish, but for when it is next. Invalid names the word that is wrong. May read tzdata.
Result<> settle(Automation& automation, AutomationWish wish, TimeMs now);
// The first `count` times behind `after`; fewer: it ends, or has no rule. Reads tzdata.
Result<std::vector<TimeMs>> next_times(const Automation& automation, TimeMs after, std::size_t count);
// The first of them; nothing: never, or no rule.
Result<std::optional<TimeMs>> first_after(const Automation& automation, TimeMs after);

}  // namespace zo
