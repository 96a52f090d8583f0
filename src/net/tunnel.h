// The way out of one sandbox: a small HTTP proxy on a listening socket that it is given. CONNECT for TLS, whole URLs for plain HTTP
// (net/proxy_request), one request a connection. Who may be reached is decided elsewhere, and the addresses of that decision are the
// ones that are dialled. The name in a TLS client's first words must be the one that CONNECT named. Everything is bounded: heads,
// buffers (a reader that stops holds the sender), connections, time. It is a room of its own: the HTTP server knows no CONNECT.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "base/limits.h"
#include "base/result.h"
#include "net/dial.h"
#include "os/fd.h"

namespace zo {

using Endpoints = std::vector<asio::ip::tcp::endpoint>;

// Another HTTP proxy, through which a host is reached by CONNECT.
struct UpstreamProxy {
  Endpoints endpoints;
  std::string authorization;  // of Proxy-Authorization; empty: none
};

// How a host that may be reached is.
struct TunnelWay {
  TunnelWay() = default;
  TunnelWay(Endpoints those) : endpoints(std::move(those)) {}

  Endpoints endpoints;                     // that may be dialled, first first; none where there is a proxy
  std::optional<UpstreamProxy> upstream;   // through which it is dialled; none: directly
  std::function<void(const PassageEnd&)> ended;  // to be told once, what the client's side sent and received; may be empty
};

struct TunnelRules {
  // Whether `host` (canonical, without brackets) may be reached, and how. May take its time.
  std::function<Task<Result<TunnelWay>>(std::string host, std::uint16_t port, bool tls)> admit;
  // Told of every request, once. `host` is empty when there was none to be read. May be empty.
  std::function<void(const std::string& host, std::uint16_t port, const Error& reason)> on_refused;
  std::function<void(const std::string& host, std::uint16_t port)> on_admitted;
  // Beside on_refused, of one that was not understood: whom it means, as it is written. May be empty.
  std::function<void(const std::string& peer, const Error& reason)> on_unread;
};

struct TunnelLimits {
  std::size_t connections_max = limits::kTunnelConnections;
  std::int64_t head_ms = limits::kTunnelHeadMs;
  std::int64_t connect_ms = limits::kConnectMs;  // to one address
  std::int64_t idle_ms = limits::kTunnelIdleMs;
  std::int64_t life_ms = limits::kTunnelLifeMs;
};

// Serves `listener` (a TCP socket that listens) until it is cancelled; all its connections have ended by then.
Task<void> serve_tunnel(Clock& clock, Fd listener, TunnelRules rules, TunnelLimits limits = {});

}  // namespace zo
