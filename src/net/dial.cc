#include "net/dial.h"

#include <cstdlib>

#include "base/text.h"

namespace zo {
namespace {

std::string variable(const char* lower, const char* upper) {
  for (const char* name : {lower, upper})
    if (const char* value = name != nullptr ? std::getenv(name) : nullptr; value != nullptr && *value != '\0') return std::string(trim(value));
  return "";
}

// "10.0.0.0/8"
bool is_in_network(std::string_view network, const IpAddress& address) {
  const std::size_t slash = network.find('/');
  const auto base = IpAddress::parse(network.substr(0, slash));
  const auto bits = slash == network.npos ? std::nullopt : to_whole_number(network.substr(slash + 1));
  if (!base || !bits || base->is_v6() != address.is_v6() || *bits > (address.is_v6() ? 128u : 32u)) return false;
  for (std::size_t i = 0; i < *bits; ++i)
    if (((base->v6()[i / 8] ^ address.v6()[i / 8]) >> (7 - i % 8) & 1) != 0) return false;
  return true;
}

bool names(std::string_view entry, const HostName& host) {
  if (entry == "*") return true;
  if (host.number) {
    const auto number = canonical_host(entry);
    return (number && *number == host) || is_in_network(entry, *host.number);
  }
  const std::string plain = to_lower(entry.starts_with('.') ? entry.substr(1) : entry);
  return !plain.empty() && (host.text == plain || host.text.ends_with("." + plain));
}

}  // namespace

std::string_view purpose_name(Purpose purpose) {
  switch (purpose) {
    case Purpose::Unnamed: return "unnamed";
    case Purpose::Own: return "own";
    case Purpose::Provider: return "provider";
    case Purpose::Fetch: return "fetch";
    case Purpose::Sandbox: return "sandbox";
    case Purpose::WebHook: return "web_hook";
    case Purpose::Mail: return "mail";
  }
  return "unnamed";
}

bool is_past_proxies(std::string_view list, const HostName& host) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(", "), list.size());
    if (names(list.substr(0, end), host)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

std::string upstream_proxy(const HostName& host, bool tls) {
  if (host.is_loopback() || is_past_proxies(variable("no_proxy", "NO_PROXY"), host)) return "";
  std::string proxy = tls ? variable("https_proxy", "HTTPS_PROXY") : variable("http_proxy", nullptr);
  if (proxy.empty()) proxy = variable("all_proxy", "ALL_PROXY");
  // With these two the client would resolve the name itself, behind the policy's back.
  if (proxy.starts_with("socks5://")) proxy.replace(0, 6, "socks5h");
  if (proxy.starts_with("socks4://")) proxy.replace(0, 6, "socks4a");
  return proxy;
}

}  // namespace zo
