// The JSON Schemas that /openapi.json names: one for each shape in the route table.
#pragma once

#include "base/json.h"

namespace zo {

JsonObject api_schemas();

}  // namespace zo
