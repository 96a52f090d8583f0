#include "cmd/egress.h"

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>

#include "async/offload.h"
#include "cmd/door_book.h"
#include "net/address.h"
#include "net/http_client.h"

namespace zo {
namespace {

constexpr std::size_t kReasonsMost = 100;
constexpr std::uint16_t kPublicPorts[] = {80, 443, 8'080, 8'443};  // of hosts that nobody has named

// What one command may reach.
struct Reached {
  Egress egress;
  std::vector<OwnersRule> owners;

  const OwnersRule* rule(const std::string& host, std::uint16_t port) const {
    const auto found = std::ranges::find_if(owners, [&](const OwnersRule& one) { return one.host.host == host && (one.host.port == 0 || one.host.port == port); });
    return found != owners.end() ? &*found : nullptr;
  }
};

Result<> decide(const Reached& reached, const std::string& host, std::uint16_t port) {
  const Egress& egress = reached.egress;
  if (egress.names(host, port) || reached.rule(host, port) != nullptr) return {};
  if (egress.mode == EgressMode::OpenPublic && std::ranges::find(kPublicPorts, port) != std::end(kPublicPorts)) return {};
  return std::unexpected(not_allowed(host, port));
}

Result<std::vector<IpAddress>> addresses_of(const HostName& host) {
  if (host.number) return std::vector<IpAddress>{*host.number};
  return resolve_host(host.text);
}

// Resolved once: these addresses are what is dialled. All of them are public, unless the owner has named the number, or let that name lead
// to a private one.
Result<Endpoints> look_up(const Reached& reached, const std::string& text, std::uint16_t port) {
  ZO_TRY(const HostName host, canonical_host(text));
  ZO_TRY(const std::vector<IpAddress> addresses, addresses_of(host));
  const std::vector<IpAddress> own = own_interfaces();
  const OwnersRule* const rule = reached.rule(host.text, port);
  const bool as_it_stands = host.number || is_loopback(host.text) ? rule != nullptr || reached.egress.names(host.text, port) : rule != nullptr && rule->is_private;
  Endpoints endpoints;
  for (const IpAddress& address : addresses) {
    const std::string_view why = why_not_public(address, own);
    if (!why.empty() && !as_it_stands) return fail(Code::Denied, fmt::format("{} leads to {}: {}", text, address.text(), why), fmt::format("zo door allow {} --private", text));
    endpoints.emplace_back(asio::ip::make_address(address.text()), port);
  }
  return endpoints;
}

Task<Result<Endpoints>> admit(const Reached& reached, Threads& threads, std::string host, std::uint16_t port) {
  ZO_CO_OK(decide(reached, host, port));
  auto work = [&reached, host = std::move(host), port] { return look_up(reached, host, port); };
  co_return co_await offload(threads, std::move(work));
}

}  // namespace

Task<Result<std::vector<OwnersRule>>> owners_rules(ServerChoice server) {
  ZO_CO_TRY(const Home home, open_home());
  std::vector<OwnersRule> rules;
  if (!ApiClient::home_is_served(home) && ::access(home.database().c_str(), F_OK) != 0) co_return rules;
  ZO_CO_TRY(const auto book, co_await DoorBook::open(std::move(server)));
  ZO_CO_TRY(const JsonArray all, co_await book->rules());
  for (const Json& rule : all)
    rules.push_back({{text_at(rule, "host"), static_cast<std::uint16_t>(integer_at(rule, "port").value_or(0))}, bool_at(rule, "private").value_or(false)});
  co_return rules;
}

TunnelRules rules_of(Egress egress, std::vector<OwnersRule> owners, Threads& threads, std::map<std::string, std::size_t>& refused) {
  TunnelRules rules;
  rules.admit = [reached = std::make_shared<const Reached>(std::move(egress), std::move(owners)), &threads](std::string host, std::uint16_t port) {
    return admit(*reached, threads, std::move(host), port);
  };
  rules.on_refused = [&refused](const std::string& host, std::uint16_t port, const Error& reason) {
    const std::string text = (host.empty() ? "" : fmt::format("{}:{}: ", host, port)) + reason.message + (reason.advice.empty() ? "" : "; " + reason.advice);
    if (refused.contains(text) || refused.size() < kReasonsMost) ++refused[text];
  };
  return rules;
}

}  // namespace zo
