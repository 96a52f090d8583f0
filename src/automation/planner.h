// What has become due, and what is to become of each of it: begun, or missed and why. Pure: an automation, its rule, the time.
#pragma once

#include <string>
#include <vector>

#include "automation/automation.h"

namespace zo {

struct PlannedOccurrence {
  TimeMs at = 0;
  bool begins = false;
  std::string reason;  // of one that does not
  bool operator==(const PlannedOccurrence&) const = default;
};

struct Plan {
  std::vector<PlannedOccurrence> occurrences;  // oldest first
  std::optional<TimeMs> next_at;               // behind the last of them
  bool operator==(const Plan&) const = default;
};

// Of an automation whose next_at has come, at the latest by its jitter. Looks at the rule from next_at on, never from `now`: so a restart
// neither skips a day nor repeats one.
Plan plan_due(const Automation& automation, Occurrences& occurrences, TimeMs now);

// The first `count` behind `after`.
std::vector<TimeMs> next_of(Occurrences& occurrences, TimeMs after, std::size_t count);

}  // namespace zo
