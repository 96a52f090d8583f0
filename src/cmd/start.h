// A server for the commands that need one: the one that runs, or a new one in the background.
#pragma once

#include <memory>

#include "cmd/client.h"
#include "cmd/terminal.h"

namespace zo {

// The server of the choice. Without a URL and with no server on this home, `zo serve` is started in the background, in a
// session of its own, and waited for; standard error says so. Its messages go to $ZO_HOME/log/serve.log.
Task<Result<std::unique_ptr<ApiClient>>> reach_server(ServerChoice choice, Terminal terminal);

}  // namespace zo
