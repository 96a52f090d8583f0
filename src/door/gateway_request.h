// What a command in a sandbox asks of http://secret.zo, and how request and answer are written anew for the other side. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"

namespace zo {

inline constexpr char kGatewayHost[] = "secret.zo";

struct GatewayRequest {
  std::string method;
  std::string name;    // of the secret
  std::string target;  // what the host is asked for: begins with '/', with the query
  bool is_http_1_0 = false;
  bool expects_continue = false;
  std::vector<Header> headers;
};

// Of `head` as net/proxy_request wrote it: "GET /NAME/path HTTP/1.1", "Host: secret.zo" and so on. Invalid says what is wrong with NAME or
// the path: a name is never percent-encoded, and a path has neither dot segments nor encoded dots.
Result<GatewayRequest> read_gateway_request(std::string_view head);

// What goes on to the host: none of one connection alone, none that its `secret` header replaces, none that would let the answer come back
// packed, where a secret could not be found in it. The length, the host and the secret's own are not among them.
std::vector<Header> headers_for_host(const std::vector<Header>& sent, std::string_view secret_header);

// What comes back. A Location at the host's own `origin` ("https://api.example.org:8443") leads through the gateway again, any other
// stays as it is.
std::vector<Header> headers_for_client(const std::vector<Header>& answered, std::string_view name, std::string_view origin);

}  // namespace zo
