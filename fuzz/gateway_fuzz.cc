// What a command says to the gateway, after the proxy has read it: the name is one plain segment, the path holds no way up, and nothing
// of one connection or of the secret's own header goes on to the host. Links zo_door.
#include <cstdlib>

#include "base/text.h"
#include "door/gateway_request.h"
#include "net/proxy_request.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto length = zo::proxy_head_length(bytes);
  if (!length || *length == 0) return 0;
  const auto proxied = zo::read_proxy_request(bytes.substr(0, *length));
  if (!proxied || proxied->connect) return 0;
  const auto request = zo::read_gateway_request(proxied->head);
  if (!request) return 0;
  if (request->name.empty() || request->name.size() > 64 || request->name.find_first_of("/%?#\\ ") != std::string::npos) std::abort();
  if (request->name.find_first_not_of('.') == std::string::npos || !request->target.starts_with('/')) std::abort();
  std::string path;
  if (!zo::percent_decode(request->target.substr(0, request->target.find('?')), path)) std::abort();
  if (path.find('\\') != std::string::npos || path.find('\0') != std::string::npos) std::abort();
  for (const std::string_view segment : zo::split(request->target.substr(0, request->target.find('?')), '/'))
    if (segment == "." || segment == "..") std::abort();
  for (const zo::Header& header : zo::headers_for_host(request->headers, "Authorization")) {
    if (header.name.empty() || header.value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) std::abort();
    for (const char* name : {"authorization", "host", "connection", "transfer-encoding", "content-length", "upgrade", "accept-encoding", "expect"})
      if (zo::equals_ignoring_case(header.name, name)) std::abort();
  }
  for (const zo::Header& header : zo::headers_for_client(request->headers, request->name, "https://api.example.org"))
    if (zo::equals_ignoring_case(header.name, "content-encoding")) std::abort();
  return 0;
}
