// A run's events to one reader: a batch a write, and always an `end` event with a reason.
#pragma once

#include "agent/agents.h"
#include "net/http_server.h"

namespace zo {

// Events after the watcher's cursor, in our own format. The stream of events has begun.
Task<void> copy_run(Watcher& watcher, HttpResponder& out);

}  // namespace zo
