// Limits that a person can change, as JSON.
#pragma once

#include "base/json.h"
#include "limit/limits.h"

namespace zo {

JsonObject to_json(const Limits& limits, const PersonId& person, const LimitSpec& spec);
JsonArray limits_json(const Limits& limits, const PersonId& person);

}  // namespace zo
