// Rules of the door, and rows of its log, as JSON.
#pragma once

#include "base/json.h"
#include "door/door.h"

namespace zo {

JsonObject to_json(const DoorRule& rule);
JsonObject to_json(const EgressRow& row);

}  // namespace zo
