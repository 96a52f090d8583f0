// Who is dialled: the one canonicaliser of hosts, whose output is the string that is looked up, compared and dialled, and which IP
// addresses are public. Two readings of one host are how filters of addresses are passed by, so whatever could be read in two ways is
// refused. The numbers: RFC 6890 and its registries, and the addresses at which clouds answer their machines (see address.cc).
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace zo {

// IPv4 or IPv6, a value. Without a zone.
class IpAddress {
 public:
  using V4 = std::array<std::uint8_t, 4>;  // network order
  using V6 = std::array<std::uint8_t, 16>;

  IpAddress() = default;  // 0.0.0.0
  explicit IpAddress(V4 bytes);
  explicit IpAddress(V6 bytes) : bytes_(bytes), is_v6_(true) {}
  // A strict dotted quad, or IPv6 without brackets; nothing else is a number.
  static std::optional<IpAddress> parse(std::string_view text);
  // Nothing when it is of another family.
  static std::optional<IpAddress> of(const sockaddr& address);

  bool is_v6() const { return is_v6_; }
  V4 v4() const { return {bytes_[0], bytes_[1], bytes_[2], bytes_[3]}; }
  const V6& v6() const { return bytes_; }
  // Canonical (RFC 5952), without brackets: "10.0.0.1", "fe80::1".
  std::string text() const;
  // The number of bytes that were filled.
  socklen_t to_sockaddr(std::uint16_t port, sockaddr_storage& out) const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  V6 bytes_{};  // the first four of IPv4
  bool is_v6_ = false;
};

// A host in its one spelling: a name of a-z, 0-9, '-', '_' and '.', or a number.
struct HostName {
  std::string text;                 // "example.org", "10.0.0.1", "::1"
  std::optional<IpAddress> number;  // then `text` is its own

  // As it stands in a URL: IPv6 in brackets.
  std::string in_url() const { return number && number->is_v6() ? "[" + text + "]" : text; }
  // "localhost" and names below it, 127/8, ::1: this machine, whatever a resolver says (RFC 6761).
  bool is_loopback() const;
  bool operator==(const HostName&) const = default;
};

// Invalid, with the reason, for whatever is not plainly one host.
Result<HostName> canonical_host(std::string_view host);

struct HostPort {
  HostName host;
  std::uint16_t port = 0;  // 0: none was given
};
// "example.org:8080", "[::1]:80", "example.org": as a person names whom to dial.
Result<HostPort> canonical_host_port(std::string_view text);

// Why it must not be dialled for somebody else: "it is a private address". Empty: it is public. `own_interfaces` are this machine's.
std::string_view why_not_public(const IpAddress& address, std::span<const IpAddress> own_interfaces);

// Of this machine, as they stand now (getifaddrs).
std::vector<IpAddress> own_interfaces();

// Asks the system's resolver: blocks, for as long as that takes. At most kAddressesOfAName; Unavailable when there is none.
inline constexpr std::size_t kAddressesOfAName = 16;
Result<std::vector<IpAddress>> resolve_host(const std::string& name);

}  // namespace zo
