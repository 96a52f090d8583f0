// What a person is asked, and the rules about who is, as JSON.
#pragma once

#include "agent/approval.h"
#include "base/json.h"
#include "tool/policy.h"

namespace zo {

JsonObject to_json(const Approval& approval);
JsonObject to_json(const PolicyRule& rule);

}  // namespace zo
