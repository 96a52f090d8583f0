// What /openapi.json names: the JSON Schema of each shape, and each parameter, in the route table.
#pragma once

#include "base/json.h"

namespace zo {

JsonObject api_schemas();
JsonObject api_parameters();

}  // namespace zo
