#include "net/sse_reader.h"

namespace zo {

Task<Result<std::span<const SseEvent>>> SseReader::next() {
  if (failure_) co_return std::unexpected(*failure_);
  events_.clear();
  while (events_.empty() && !over_) {
    std::string bytes = std::exchange(first_, {});
    if (bytes.empty()) {
      ZO_CO_TRY(bytes, co_await answer_.next());
    }
    over_ = bytes.empty();
    if (over_) parser_.finish(events_);
    const Result<> fed = parser_.feed(bytes, events_);
    if (fed) continue;
    failure_ = fed.error();
    if (events_.empty()) co_return std::unexpected(*failure_);
    break;
  }
  co_return std::span<const SseEvent>(events_);
}

}  // namespace zo
