// Keys as JSON, never with a value.
#pragma once

#include "base/json.h"
#include "computer/computer.h"

namespace zo {

JsonObject to_json(const KnownProvider& provider);
JsonObject to_json(const ProviderKey& key);
// All of a person's, and what stands in their way.
JsonObject keys_json(const Computer& zo, const PersonId& person);

}  // namespace zo
