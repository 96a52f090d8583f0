// The events of an answer over HTTP, as they come.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "net/http_client.h"
#include "net/sse.h"

namespace zo {

class SseReader {
 public:
  // `first`: bytes of the answer that were read already.
  explicit SseReader(HttpAnswer& answer, SseEnd end = SseEnd::BlankLine, std::string first = {})
      : answer_(answer), parser_(limits::kSseLineBytes, end), first_(std::move(first)) {}

  // Those that came together, valid until the next call; none at the end of the answer. Exhausted when one is longer than the limit;
  // any other error is the connection's. What came before an error is given before it.
  Task<Result<std::span<const SseEvent>>> next();
  // What next() gave was the last.
  bool is_over() const { return over_; }

 private:
  HttpAnswer& answer_;
  SseParser parser_;
  std::string first_;
  bool over_ = false;
  std::vector<SseEvent> events_;
  std::optional<Error> failure_;
};

}  // namespace zo
