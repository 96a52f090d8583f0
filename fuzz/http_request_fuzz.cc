// Any bytes, cut anywhere, give the same requests and the same refusal; a path that gets through is plain. Links zo_net.
#include <cstdlib>

#include "base/text.h"
#include "net/http_request.h"

namespace {

void check_path(const zo::HttpRequest& request) {
  const bool plain = request.path.starts_with('/') && request.path.find('\\') == std::string::npos &&
                     request.path.find('\0') == std::string::npos && zo::is_valid_utf8(request.path);
  if (!plain) std::abort();
  for (const std::string_view segment : zo::split(request.path, '/'))
    if (segment == "." || segment == "..") std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const zo::HttpRequestsRead whole = zo::parse_http_requests(bytes, bytes.size());
  const zo::HttpRequestsRead cut = zo::parse_http_requests(bytes, 1u + data[0] % 16u);
  if (whole.refused != cut.refused || whole.requests.size() != cut.requests.size()) std::abort();
  for (std::size_t i = 0; i < whole.requests.size(); ++i) {
    const zo::HttpRequest& request = whole.requests[i];
    if (request.body != cut.requests[i].body || request.target != cut.requests[i].target) std::abort();
    check_path(request);
    static_cast<void>(request.parameter("a"));
    static_cast<void>(request.count("host"));
    for (const zo::Header& header : request.headers)
      if (header.name.empty() || header.value.find_first_of("\r\n") != std::string::npos) std::abort();
  }
  return 0;
}
