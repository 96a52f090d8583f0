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
  explicit SseReader(HttpAnswer& answer) : answer_(answer) {}

  // Those that came together, valid until the next call; none at the end of the answer. Exhausted when one is longer than the limit;
  // any other error is the connection's. What came before an error is given before it.
  Task<Result<std::span<const SseEvent>>> next();

 private:
  HttpAnswer& answer_;
  SseParser parser_;
  std::vector<SseEvent> events_;
  std::optional<Error> failure_;
};

}  // namespace zo
