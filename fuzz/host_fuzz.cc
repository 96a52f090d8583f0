// Hosts that anybody wrote: what is accepted is made of a host's characters alone, is its own canonical form, and is the number that
// the system's own reader makes of it, or a name that this reader takes for no number.
#include <arpa/inet.h>

#include <bit>

#include "base/text.h"
#include "net/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const zo::Result<zo::HostName> host = zo::canonical_host(text);
  if (!host) {
    ZO_CHECK(zo::is_valid_utf8(host.error().message));
  } else {
    ZO_CHECK(!host->text.empty() && host->text.size() <= 253);
    ZO_CHECK(host->text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.:") == std::string::npos);
    ZO_CHECK(host->number || host->text.find(':') == std::string::npos);
    ZO_CHECK(zo::canonical_host(host->text) == host && zo::canonical_host(host->in_url()) == host);
    in_addr loose{};  // also takes octal, hexadecimal and short forms
    ZO_CHECK(::inet_aton(host->text.c_str(), &loose) == 0 || (host->number && !host->number->is_v6()));
    if (host->number && !host->number->is_v6()) ZO_CHECK(zo::IpAddress(std::bit_cast<zo::IpAddress::V4>(loose.s_addr)) == *host->number);
  }
  const zo::Result<zo::HostPort> both = zo::canonical_host_port(text);
  if (!both) ZO_CHECK(zo::is_valid_utf8(both.error().message));
  else ZO_CHECK(zo::canonical_host_port(both->port == 0 ? both->host.in_url() : both->host.in_url() + ":" + std::to_string(both->port))->host == both->host);
  return 0;
}
