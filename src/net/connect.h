// A TCP connection to one of the addresses of a host, directly or through another proxy.
#pragma once

#include "net/tunnel.h"

namespace zo {

// Tries `endpoints` one after the other, each for `connect_ms`. Unavailable names `name`.
Task<Result<asio::ip::tcp::socket>> dial(Clock& clock, std::int64_t connect_ms, std::string name, Endpoints endpoints);
// The same by CONNECT through `proxy`. `authority`: host:port, as the proxy is told.
Task<Result<asio::ip::tcp::socket>> dial_through(Clock& clock, std::int64_t connect_ms, UpstreamProxy proxy, std::string authority);

}  // namespace zo
