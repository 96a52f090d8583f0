// What people write when something shall recur, as the one canonical form: RRULE, cron, "every 90m", "weekdays at 8", and the repeating
// intervals of ISO 8601. What the grammar understands is said where it did not understand.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "automation/recurrence.h"

namespace zo {

struct TypedRule {
  Recurrence recurrence;
  // ISO 8601 says its start itself.
  std::optional<Moment> start;
  // A cron line that fires at even steps through every hour runs on elapsed time, so that it does not fall silent while a clock shows
  // an hour twice. Its start then lies `step_phase` seconds behind a multiple of `step` seconds of the wall's clock; 0: anywhere.
  std::int64_t step = 0;
  std::int64_t step_phase = 0;

  // The first start that is not before `time` and lies as the steps want it.
  WallTime aligned(WallTime time) const;
};

// Invalid names what was not understood, and the forms that are.
Result<TypedRule> typed_rule(std::string_view text);

}  // namespace zo
