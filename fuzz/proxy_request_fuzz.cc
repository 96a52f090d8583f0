// What a client of the tunnel says first, as a proxy's request and as TLS: whatever is let through has one plain host, and what its
// server is sent is one head, which reads the same. Links zo_net.
#include <cstdlib>

#include "net/client_hello.h"
#include "net/proxy_request.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto hello = zo::read_client_hello(bytes);
  if (hello && *hello) {
    if (const auto& name = (*hello)->server_name; name && (name->empty() || name->find('\0') != std::string::npos)) std::abort();
    if (const auto cut = zo::read_client_hello(bytes.substr(0, size / 2)); cut && *cut && (*cut)->server_name != (*hello)->server_name) std::abort();
  }
  const auto length = zo::proxy_head_length(bytes);
  if (!length || *length == 0) return 0;
  const auto request = zo::read_proxy_request(bytes.substr(0, *length));
  if (!request) return 0;
  if (request->host.text.empty() || request->port == 0 || request->host.text.find_first_of(std::string_view("@/\\ %\0", 6)) != std::string::npos) std::abort();
  if (request->connect) return 0;
  const std::string& head = request->head;
  if (head.find("\r\n\r\n") != head.size() - 4) std::abort();
  zo::HttpRequestParser parser({.head_bytes_max = 4 * zo::limits::kTunnelHeadBytes});
  const std::string plain = head.substr(0, head.find(' ')) + " / HTTP/1.1" + head.substr(head.find("\r\n"));
  const auto used = parser.feed(plain);
  if (head.find("HTTP/1.0\r\n") == std::string::npos && (!used || *used != plain.size() || !parser.head_done() || parser.request().count("host") != 1)) std::abort();
  return 0;
}
