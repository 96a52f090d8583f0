#include "net/address.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/shown.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kNameBytes = 253;  // RFC 1035
constexpr std::size_t kLabelBytes = 63;

struct Range {
  IpAddress::V4 from;
  int bits;
  std::string_view why;
};

constexpr std::string_view kPrivate = "it is a private address";
constexpr std::string_view kLoopback = "it is this machine itself";
constexpr std::string_view kLinkLocal = "it is a link-local address";
constexpr std::string_view kReserved = "it is a reserved address";
constexpr std::string_view kMulticast = "it is a multicast address";
constexpr std::string_view kCloud = "a cloud answers its own machines there";
constexpr std::string_view kOwn = "it is an address of this machine";

constexpr Range kNotPublic[] = {
    {{100, 100, 100, 200}, 32, kCloud},  // Alibaba Cloud
    {{168, 63, 129, 16}, 32, kCloud},    // Azure
    {{169, 254, 169, 254}, 32, kCloud},
    {{169, 254, 170, 2}, 32, kCloud},   // AWS, of a container
    {{169, 254, 170, 23}, 32, kCloud},  // likewise, of a pod
    {{192, 88, 99, 0}, 24, kReserved},  // 6to4 relays, of old
    {{0, 0, 0, 0}, 8, kReserved},
    {{10, 0, 0, 0}, 8, kPrivate},
    {{100, 64, 0, 0}, 10, kPrivate},  // shared between a carrier's customers
    {{127, 0, 0, 0}, 8, kLoopback},
    {{169, 254, 0, 0}, 16, kLinkLocal},
    {{172, 16, 0, 0}, 12, kPrivate},
    {{192, 0, 0, 0}, 24, kReserved},
    {{192, 168, 0, 0}, 16, kPrivate},
    {{198, 18, 0, 0}, 15, kReserved},  // for benchmarks of networks
    {{224, 0, 0, 0}, 4, kMulticast},
    {{240, 0, 0, 0}, 4, kReserved},
};

std::uint32_t number_of(const IpAddress::V4& v4) {
  return std::uint32_t{v4[0]} << 24 | std::uint32_t{v4[1]} << 16 | std::uint32_t{v4[2]} << 8 | v4[3];
}

std::string_view why_not_public_v4(const IpAddress::V4& v4) {
  for (const Range& range : kNotPublic)
    if (((number_of(v4) ^ number_of(range.from)) >> (32 - range.bits)) == 0) return range.why;
  return {};
}

// The IPv4 address that an IPv6 one stands for, or leads to.
std::optional<IpAddress::V4> embedded_v4(const IpAddress::V6& b) {
  static constexpr std::uint8_t kNat64[12] = {0, 0x64, 0xff, 0x9b};
  const bool zeros = std::all_of(b.begin(), b.begin() + 10, [](std::uint8_t byte) { return byte == 0; });
  const bool mapped = zeros && b[10] == 0xff && b[11] == 0xff;
  const bool compatible = zeros && b[10] == 0 && b[11] == 0;  // of old; :: and ::1 are seen before
  if (mapped || compatible || std::equal(std::begin(kNat64), std::end(kNat64), b.begin())) return IpAddress::V4{b[12], b[13], b[14], b[15]};
  if (b[0] == 0x20 && b[1] == 0x02) return IpAddress::V4{b[2], b[3], b[4], b[5]};  // 6to4
  return std::nullopt;
}

std::string_view why_not_public_v6(const IpAddress::V6& b) {
  const bool zeros = std::all_of(b.begin(), b.end() - 1, [](std::uint8_t byte) { return byte == 0; });
  if (zeros && b[15] == 0) return kReserved;
  if (zeros && b[15] == 1) return kLoopback;
  static constexpr std::uint8_t kAws[6] = {0xfd, 0x00, 0x0e, 0xc2, 0, 0};
  static constexpr std::uint8_t kGoogle[4] = {0xfd, 0x20, 0x00, 0xce};
  if (std::equal(std::begin(kAws), std::end(kAws), b.begin()) || std::equal(std::begin(kGoogle), std::end(kGoogle), b.begin())) return kCloud;
  if ((b[0] & 0xfe) == 0xfc) return kPrivate;
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0) return kReserved;  // Teredo leads to an IPv4 address of its client's choice
  if (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) return kLinkLocal;
  if (b[0] == 0xfe && (b[1] & 0xc0) == 0xc0) return kPrivate;  // site-local, of old
  if (b[0] == 0xff) return kMulticast;
  // 64:ff9b:1::/48 is NAT64 of a network's own choice: where it leads is not to be seen (RFC 8215).
  static constexpr std::uint8_t kLocalNat64[6] = {0, 0x64, 0xff, 0x9b, 0, 1};
  if (std::equal(std::begin(kLocalNat64), std::end(kLocalNat64), b.begin())) return kPrivate;
  if (const auto v4 = embedded_v4(b)) return why_not_public_v4(*v4);
  return {};
}

std::unexpected<Error> refuse(std::string_view host, std::string_view why, std::string advice = {}) {
  const std::size_t at = host.rfind('@');  // what stands before it may be a password, and is not repeated
  const std::string shown = name_in_line(to_valid_utf8(utf8_prefix(at == host.npos ? host : host.substr(at + 1), 100)));
  return fail(Code::Invalid, fmt::format("the host '{}' {}", shown, why), std::move(advice));
}

bool is_digits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

// A last label that is a number makes programs read the whole as an IPv4 address (WHATWG URL, "ends in a number").
bool reads_as_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return is_digits(last) || (last.starts_with("0x") && last.find_first_not_of("0123456789abcdef", 2) == last.npos);
}

// Why a whole name cannot be one; empty if it can.
std::string_view why_no_name(std::string_view name) {
  if (name.size() > kNameBytes) return "is longer than 253 bytes, the limit of a name";
  for (const std::string_view label : split(name, '.')) {
    if (label.empty()) return "has an empty part between its dots";
    if (label.size() > kLabelBytes) return "has a part that is longer than 63 bytes, the limit";
    if (label.front() == '-' || label.back() == '-') return "has a part that begins or ends with '-'";
    // '_' is in no host name of the standards and in many of people's own networks.
    if (label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != label.npos) return "holds characters that no host name has";
  }
  return {};
}

Result<HostName> canonical_v6(std::string_view host, std::string_view inside) {
  if (inside.find('%') != inside.npos) return refuse(host, "names a zone of this machine's interfaces, which cannot be dialled");
  const auto number = IpAddress::parse(inside);
  if (!number || !number->is_v6()) return refuse(host, "is not an IPv6 address");
  return HostName{number->text(), number};
}

}  // namespace

IpAddress::IpAddress(V4 bytes) { std::ranges::copy(bytes, bytes_.begin()); }

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != terminated.npos) return std::nullopt;
  V4 v4;
  if (::inet_pton(AF_INET, terminated.c_str(), v4.data()) == 1) return IpAddress(v4);
  V6 v6;
  if (::inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return IpAddress(v6);
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof(in));
    V4 v4;
    std::memcpy(v4.data(), &in.sin_addr, v4.size());
    return IpAddress(v4);
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 in6{};
  std::memcpy(&in6, &address, sizeof(in6));
  V6 v6;
  std::memcpy(v6.data(), &in6.sin6_addr, v6.size());
  return IpAddress(v6);
}

std::string IpAddress::text() const {
  char out[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(is_v6_ ? AF_INET6 : AF_INET, bytes_.data(), out, sizeof(out));
  return out;
}

socklen_t IpAddress::to_sockaddr(std::uint16_t port, sockaddr_storage& out) const {
  out = {};
  if (!is_v6_) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, bytes_.data(), sizeof(in.sin_addr));
    std::memcpy(&out, &in, sizeof(in));
    return sizeof(in);
  }
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port);
  std::memcpy(&in6.sin6_addr, bytes_.data(), sizeof(in6.sin6_addr));
  std::memcpy(&out, &in6, sizeof(in6));
  return sizeof(in6);
}

bool HostName::is_loopback() const {
  if (!number) return text == "localhost" || text.ends_with(".localhost");
  return why_not_public(*number, {}) == kLoopback;
}

Result<HostName> canonical_host(std::string_view host) {
  if (host.empty()) return fail(Code::Invalid, "an empty host names nobody");
  for (const char c : host) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return refuse(host, "holds a control character");
    if (static_cast<unsigned char>(c) >= 0x80) return refuse(host, "is not plain ASCII", "write it as punycode: xn--…");
  }
  if (host.find('@') != host.npos) return refuse(host, "comes with a name or a password", "give the host alone; keys go into headers");
  if (host.front() == '[') {
    if (host.back() != ']') return refuse(host, "has a bracket without its other one");
    return canonical_v6(host, host.substr(1, host.size() - 2));
  }
  if (host.find(':') != host.npos) return canonical_v6(host, host);
  if (host.find('%') != host.npos) return refuse(host, "is percent-encoded", "write it plainly");
  std::string name = to_lower(host);
  if (name.ends_with('.')) name.pop_back();
  if (const std::string_view why = why_no_name(name); !why.empty()) return refuse(host, why);
  if (!reads_as_number(name)) return HostName{std::move(name), std::nullopt};
  const auto number = IpAddress::parse(name);
  if (!number || name.size() != host.size()) return refuse(host, "is a number that can be read in more than one way", "write IPv4 as four decimal numbers: 192.0.2.7");
  return HostName{number->text(), number};
}

Result<HostPort> canonical_host_port(std::string_view text) {
  if (text.find('@') != text.npos) {  // may hold a password, and is not repeated
    ZO_OK(canonical_host(text));
  }
  std::string_view host = text;
  std::string_view port;
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != text.npos && (text.starts_with('[') ? colon > 0 && text[colon - 1] == ']' : text.find(':') == colon);
  if (has_port) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  HostPort out;
  ZO_TRY(out.host, canonical_host(host));
  if (!has_port) return out;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (!is_digits(port) || port.size() > 5 || error != std::errc() || end != port.data() + port.size() || out.port == 0)
    return fail(Code::Invalid, fmt::format("the port of '{}' is not a number from 1 to 65535", name_in_line(to_valid_utf8(utf8_prefix(text, 100)))));
  return out;
}

std::string_view why_not_public(const IpAddress& address, std::span<const IpAddress> own_interfaces) {
  const std::string_view why = address.is_v6() ? why_not_public_v6(address.v6()) : why_not_public_v4(address.v4());
  if (!why.empty()) return why;
  if (std::ranges::find(own_interfaces, address) != own_interfaces.end()) return kOwn;
  if (!address.is_v6()) return {};
  const auto v4 = embedded_v4(address.v6());
  return v4 && std::ranges::find(own_interfaces, IpAddress(*v4)) != own_interfaces.end() ? kOwn : std::string_view{};
}

std::vector<IpAddress> own_interfaces() {
  std::vector<IpAddress> all;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return all;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    if (const auto address = IpAddress::of(*each->ifa_addr)) all.push_back(*address);
  }
  return all;
}

Result<std::vector<IpAddress>> resolve_host(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<IpAddress> all;
  for (const addrinfo* each = error == 0 ? list : nullptr; each != nullptr && all.size() < kAddressesOfAName; each = each->ai_next) {
    const auto address = IpAddress::of(*each->ai_addr);
    if (address && std::ranges::find(all, *address) == all.end()) all.push_back(*address);
  }
  if (all.empty()) return fail(Code::Unavailable, fmt::format("cannot reach {}: its name does not resolve", name), "check the address and the network");
  return all;
}

}  // namespace zo
