// The frame of a command: an io_context of its own, one coroutine on it, and its outcome as an exit code.
#pragma once

#include <functional>

#include "async/task.h"
#include "base/result.h"

namespace zo {

// Runs `start`'s coroutine to its end. An Error is printed and becomes its exit code.
int run_command(const std::function<Task<Result<int>>()>& start);

}  // namespace zo
