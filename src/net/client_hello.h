// The server's name in the first words of a TLS client (ClientHello, RFC 8446 4.1.2; server_name, RFC 6066 3), read from the bytes
// as they pass. Pure. With an encrypted ClientHello (RFC 9849) it is the outer name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zo {

struct ClientHello {
  std::optional<std::string> server_name;  // as written
};

// Nothing: more bytes are wanted. Invalid as soon as it cannot become a ClientHello, or would be larger than kTunnelHeadBytes.
// What follows the ClientHello is not looked at.
Result<std::optional<ClientHello>> read_client_hello(std::string_view bytes);

}  // namespace zo
