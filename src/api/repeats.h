// Repeated writes: with an Idempotency-Key of its own (at most 128 bytes) a token's write happens once. The same key with another
// request is a Conflict. Answers are kept for a day. A write that was refused leaves its key free.
#pragma once

#include <string>
#include <unordered_set>

#include "account/answers.h"
#include "api/route.h"

namespace zo {

struct Repeats {
  Answers answers;
  std::unordered_set<std::string> working = {};  // person and key of requests that are being answered now
};

// The route's handler, or the answer of the first time.
Task<Result<HttpReply>> run_plain(ApiState& api, const Route& route, ApiRequest& request);
Task<Result<>> run_stream(ApiState& api, const Route& route, ApiRequest& request, HttpResponder& out);

}  // namespace zo
