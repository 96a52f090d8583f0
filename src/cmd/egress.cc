#include "cmd/egress.h"

#include <fmt/core.h>

#include <algorithm>

#include "async/offload.h"
#include "net/address.h"

namespace zo {
namespace {

constexpr std::size_t kReasonsMost = 100;
constexpr std::uint16_t kPublicPorts[] = {80, 443, 8'080, 8'443};  // of hosts that nobody has named

Result<> decide(const Egress& egress, const std::string& host, std::uint16_t port) {
  if (egress.names(host, port)) return {};
  if (egress.mode == EgressMode::OpenPublic && std::ranges::find(kPublicPorts, port) != std::end(kPublicPorts)) return {};
  return std::unexpected(not_allowed(host, port));
}

Result<std::vector<IpAddress>> addresses_of(const HostName& host) {
  if (host.number) return std::vector<IpAddress>{*host.number};
  return resolve_host(host.text);
}

// Resolved once: these addresses, all of them public, are what is dialled.
Result<Endpoints> look_up(const std::string& text, std::uint16_t port) {
  ZO_TRY(const HostName host, canonical_host(text));
  ZO_TRY(const std::vector<IpAddress> addresses, addresses_of(host));
  const std::vector<IpAddress> own = own_interfaces();
  Endpoints endpoints;
  for (const IpAddress& address : addresses) {
    const std::string_view why = why_not_public(address, own);
    if (!why.empty()) return fail(Code::Denied, fmt::format("{} leads to {}: {}", text, address.text(), why), fmt::format("zo door allow {} --private", text));
    endpoints.emplace_back(asio::ip::make_address(address.text()), port);
  }
  return endpoints;
}

Task<Result<Endpoints>> admit(const Egress& egress, Threads& threads, std::string host, std::uint16_t port) {
  ZO_CO_OK(decide(egress, host, port));
  auto work = [host = std::move(host), port] { return look_up(host, port); };
  co_return co_await offload(threads, std::move(work));
}

}  // namespace

TunnelRules rules_of(Egress egress, Threads& threads, std::map<std::string, std::size_t>& refused) {
  TunnelRules rules;
  rules.admit = [egress = std::move(egress), &threads](std::string host, std::uint16_t port) { return admit(egress, threads, std::move(host), port); };
  rules.on_refused = [&refused](const std::string& host, std::uint16_t port, const Error& reason) {
    const std::string text = (host.empty() ? "" : fmt::format("{}:{}: ", host, port)) + reason.message + (reason.advice.empty() ? "" : "; " + reason.advice);
    if (refused.contains(text) || refused.size() < kReasonsMost) ++refused[text];
  };
  return rules;
}

}  // namespace zo
