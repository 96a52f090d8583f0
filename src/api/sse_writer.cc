#include "api/sse_writer.h"

#include "api/wire/run_event.h"
#include "net/sse.h"

namespace zo {

Task<void> copy_run(Watcher& watcher, HttpResponder& out) {
  std::string_view reason;
  for (;;) {
    const Result<std::vector<RunEventPtr>> batch = co_await watcher.next();
    if (!batch) reason = "failed";
    if (!batch || batch->empty()) break;
    std::string bytes;
    for (const RunEventPtr& event : *batch) {
      bytes += to_sse(std::to_string(event->number), kind_of(event->what), event_text(*event));
      if (const auto* end = std::get_if<event::RunFinished>(&event->what)) reason = run_state_name(end->run->state);
    }
    const bool taken = co_await out.write(std::move(bytes));
    if (!taken) co_return;
  }
  // Who comes back after the last event is told how it ended, too; a run that still works ends here because the server does.
  if (reason.empty()) {
    const Result<RunState> state = co_await watcher.state();
    reason = !state ? "failed" : *state == RunState::Running ? "server_stopping" : run_state_name(*state);
  }
  std::string end = to_sse("", "end", fmt::format("{{\"reason\":\"{}\"}}", reason));
  co_await out.write(std::move(end));
}

}  // namespace zo
