// What a client asks of an HTTP proxy: CONNECT host:port (RFC 9110 9.3.6), or a whole URL of plain HTTP (RFC 9112 3.2.2); nothing
// else. Pure. Lines, headers and lengths are held to the rules of net/http_request, hosts to those of net/address; beside that are
// refused: a Host header that is not the URL's, another scheme.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "net/address.h"
#include "net/http_request.h"

namespace zo {

struct ProxyRequest {
  bool connect = false;
  HostName host;
  std::uint16_t port = 0;
  // Of plain HTTP:
  std::string head;             // what the server is sent: its path, its Host, no header that was for the proxy, Connection: close
  std::uint64_t body_bytes = 0;  // that follow; unless
  bool chunked = false;
};

// The length of the head at the beginning of `bytes`, 0 when it has not all come.
std::expected<std::size_t, HttpRefusal> proxy_head_length(std::string_view bytes);
// Whom a head that was not understood means, as it is written there, for a log: "2130706433:80", at most 200 bytes, without what stands
// before an '@', which may be a password. Empty: nobody that can be seen.
std::string peer_as_written(std::string_view head);
// `head`: that many bytes.
std::expected<ProxyRequest, HttpRefusal> read_proxy_request(std::string_view head);

}  // namespace zo
