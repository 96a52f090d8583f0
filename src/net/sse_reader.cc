#include "net/sse_reader.h"

namespace zo {

Task<Result<std::span<const SseEvent>>> SseReader::next() {
  if (failure_) co_return std::unexpected(*failure_);
  events_.clear();
  while (events_.empty()) {
    ZO_CO_TRY(const std::string bytes, co_await answer_.next());
    if (bytes.empty()) break;
    const Result<> fed = parser_.feed(bytes, events_);
    if (fed) continue;
    failure_ = fed.error();
    if (events_.empty()) co_return std::unexpected(*failure_);
    break;
  }
  co_return std::span<const SseEvent>(events_);
}

}  // namespace zo
