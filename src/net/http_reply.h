// The head of a reply as bytes, and the one JSON shape of the server's own refusals.
#pragma once

#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"

namespace zo {

enum class HttpBody { Sized, Chunked, UntilClose };

struct HttpHead {
  int status = 200;
  const std::vector<Header>& headers;
  HttpBody body = HttpBody::Sized;
  std::size_t body_bytes = 0;  // of a Sized one
  bool keep_alive = true;
};

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string http_date(std::time_t seconds);

// False for replies that never carry a body (RFC 9110, 8.6 and RFC 9112, 6.1).
bool may_have_body(int status);

// Status line to empty line. A control character in a header's value becomes a space, so that no value can begin another
// header; Content-Length, Transfer-Encoding, Connection and Date given by the caller are left out for ours.
std::string to_bytes(const HttpHead& head, std::string_view date);

// {"error":{"code":…,"message":…}} as a reply.
HttpReply error_reply(int status, Code code, std::string_view message, std::string_view advice = {});

}  // namespace zo
