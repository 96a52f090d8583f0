// From bytes to HttpRequest: the strict reading of HTTP/1.1 that the server stands on (RFC 9112). Pure: no sockets, no time.
// Refused are: bare LF, folded lines, two lengths, a length beside Transfer-Encoding, any coding but `chunked`, targets that
// are not a plain path, broken escapes, more headers or bytes than the limits; and, without waiting for the rest of the head, a
// first line that is not one of HTTP/1. Trailers are read and dropped.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"

namespace zo {

// Why a request is not served, ready to be sent.
struct HttpRefusal {
  int status = 400;
  Code code = Code::Invalid;
  std::string message;
  std::string advice = {};
};

struct HttpRequestLimits {
  std::size_t head_bytes_max = limits::kHttpHeadBytes;
  std::size_t headers_max = 128;
};

// Reads one request.
class HttpRequestParser {
 public:
  explicit HttpRequestParser(HttpRequestLimits limits);
  ~HttpRequestParser();
  HttpRequestParser(HttpRequestParser&&) noexcept;

  // `bytes` begins where the last call stopped using them. Returns how many were used; the rest is wanted again, with more
  // behind it. Stops after the head, so that the caller may set the body's limit, and after the body.
  std::expected<std::size_t, HttpRefusal> feed(std::string_view bytes);

  bool head_done() const;
  bool done() const;
  // Between the head and the body; without it the limit is 0. How much the body may take: what the head announced, or the limit
  // if it comes in chunks. Fails at once if the head announced more.
  std::expected<std::size_t, HttpRefusal> limit_body(std::size_t bytes_max);
  // The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const;
  bool keep_alive() const;
  bool is_head() const;      // the client wants no body in the reply; `request().method` says GET
  bool is_http_1_0() const;  // no chunked replies
  HttpRequest& request();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// All requests in `bytes`, fed in pieces of `piece` bytes; what was read before a refusal, and the refusal. For fuzzing.
struct HttpRequestsRead {
  std::vector<HttpRequest> requests;
  int refused = 0;  // status, or 0
};
HttpRequestsRead parse_http_requests(std::string_view bytes, std::size_t piece);

// Splits a request target into decoded path and raw query; an Error says what is wrong with it.
struct HttpTarget {
  std::string path;
  std::string query;
};
Result<HttpTarget> parse_http_target(std::string_view target);

}  // namespace zo
