// For servers whose clients need not show who they are.
#pragma once

#include <functional>

#include "net/http_server.h"

namespace zo {

inline Task<HttpAdmission> admitted(HttpAdmission admission) { co_return admission; }

// Everybody is known, and every request is answered by `answer`.
inline HttpAdmit admit_all(std::function<Task<void>(HttpRequest request, HttpResponder& responder)> answer, std::size_t body_bytes_max) {
  return [answer = std::move(answer), body_bytes_max](const HttpRequest&) -> Task<HttpAdmission> {
    return admitted({.answer = answer, .body_bytes_max = body_bytes_max, .known = true});
  };
}

}  // namespace zo
