// General secrets as JSON, never with a value.
#pragma once

#include "base/json.h"
#include "computer/computer.h"

namespace zo {

JsonObject to_json(const HostSecret& secret);
// All of a person's, and what stands in their way.
JsonObject secrets_json(const Computer& zo, const PersonId& person);

}  // namespace zo
