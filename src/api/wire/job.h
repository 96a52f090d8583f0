// A queue's jobs as the API shows them.
#pragma once

#include "base/json.h"
#include "queue/jobs.h"

namespace zo {

JsonObject to_json(const Job& job);
JsonObject to_json(const QueueState& queue);

}  // namespace zo
