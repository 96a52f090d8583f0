#include "api/sse_writer.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
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

Task<bool> SseStream::begin(std::vector<Header> more) {
  std::vector<Header> headers{{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  headers.insert(headers.end(), more.begin(), more.end());
  return out_.begin_stream(200, std::move(headers));
}

Task<bool> SseStream::write(std::string bytes) {
  while (writing_) co_await free_.wait();
  writing_ = true;
  const bool taken = co_await out_.write(std::move(bytes));
  writing_ = false;
  free_.notify_all();
  co_return taken;
}

Task<void> SseStream::keep_alive(Clock& clock) {
  for (;;) {
    co_await clock.sleep_for(limits::kSseCommentMs);
    const bool taken = co_await write(":\n\n");
    if (!taken) co_return;
  }
}

Task<void> serve_stream(Clock& clock, SseStream& stream, Task<void> work) {
  using namespace asio::experimental::awaitable_operators;
  co_await (std::move(work) || stream.keep_alive(clock) || stream.reader_gone());
}

Task<void> copy_run(Watcher& watcher, SseStream& stream) {
  std::string reason = "server_stopping";
  for (;;) {
    const Result<std::vector<WatchedEvent>> batch = co_await watcher.next();
    if (!batch) reason = "failed";
    if (!batch || batch->empty()) break;
    std::string bytes;
    for (const WatchedEvent& event : *batch) {
      bytes += to_sse(std::to_string(event.number), event.kind, event.data);
      if (event.kind == event::kRunFinished) reason = state_of(event);
    }
    const bool taken = co_await stream.write(std::move(bytes));
    if (!taken) co_return;
  }
  const std::string end = to_sse("", "end", "{\"reason\":\"" + reason + "\"}");
  co_await stream.write(end);
}

}  // namespace zo
