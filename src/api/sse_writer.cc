#include "api/sse_writer.h"

#include <boost/json.hpp>

#include "agent/event.h"
#include "base/json.h"
#include "net/sse.h"

namespace zo {
namespace {

// How a run ended, from its last event.
std::string state_of(const WatchedEvent& event) {
  const Result<Json> data = parse_json(event.data, "an event");
  const Json* run = data ? find(*data, "run") : nullptr;
  return run != nullptr ? std::string(string_at(*run, "state").value_or("failed")) : "failed";
}

}  // namespace

Task<void> copy_run(Watcher& watcher, HttpResponder& out) {
  std::string reason;
  for (;;) {
    const Result<std::vector<WatchedEvent>> batch = co_await watcher.next();
    if (!batch) reason = "failed";
    if (!batch || batch->empty()) break;
    std::string bytes;
    for (const WatchedEvent& event : *batch) {
      bytes += to_sse(std::to_string(event.number), event.kind, event.data);
      if (event.kind == event::kRunFinished) reason = state_of(event);
    }
    const bool taken = co_await out.write(std::move(bytes));
    if (!taken) co_return;
  }
  // Who comes back after the last event is told how it ended, too; a run that still works ends here because the server does.
  if (reason.empty()) {
    const Result<RunState> state = co_await watcher.state();
    reason = !state ? "failed" : *state == RunState::Running ? "server_stopping" : std::string(run_state_name(*state));
  }
  std::string end = to_sse("", "end", "{\"reason\":\"" + reason + "\"}");
  co_await out.write(std::move(end));
}

}  // namespace zo
