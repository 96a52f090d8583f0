// The canary: the launcher's own program, run inside exactly as a command would be, says what it sees, and each line must be
// what the walls promise.
#pragma once

#include "async/threads.h"
#include "sandbox/launch.h"

namespace zo {

Task<SandboxState> send_canary(Launcher& launcher, Clock& clock, Threads& threads);

// "" when every line is as it must be, else the first that is not. `seen` is the canary's output.
std::string first_broken_promise(std::string_view seen);

}  // namespace zo
