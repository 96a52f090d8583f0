#include "door/way_out.h"

#include <fmt/core.h>

#include "base/text.h"
#include "vault/seal.h"

namespace zo {
namespace {

// What is the same for all requests of one command.
struct Asked {
  Door& door;
  Errand errand;
  Egress egress;
  std::function<void(const std::string&, bool)> wanted;
  Gateway* gateway;
  Gateway::MayUse may_use;
};

// "http://user:password@proxy.example:3128". Only such proxies speak CONNECT.
Task<Result<UpstreamProxy>> proxy_at(Door& door, std::string url) {
  std::string_view rest = url;
  const bool plain = rest.starts_with("http://");
  if (plain) rest.remove_prefix(7);
  if (!plain && rest.find("://") != rest.npos)
    co_return fail(Code::Unavailable, "the proxy of the environment is not one that a sandbox can use: it is no http:// proxy", "set http_proxy and https_proxy to one");
  rest = rest.substr(0, rest.find('/'));
  UpstreamProxy proxy;
  if (const std::size_t at = rest.rfind('@'); at != rest.npos) {
    std::string credentials;
    if (!percent_decode(rest.substr(0, at), credentials)) credentials = rest.substr(0, at);
    proxy.authorization = "Basic " + to_padded_base64(credentials);
    rest.remove_prefix(at + 1);
  }
  ZO_CO_TRY(const HostPort peer, canonical_host_port(rest));
  ZO_CO_TRY(const std::vector<IpAddress> addresses, co_await door.proxy_addresses(peer.host));
  for (const IpAddress& address : addresses) proxy.endpoints.emplace_back(asio::ip::make_address(address.text()), peer.port == 0 ? 80 : peer.port);
  co_return proxy;
}

// The list says who is meant; the door, where that may lead.
Task<Result<TunnelWay>> admit(std::shared_ptr<Asked> asked, std::string host, std::uint16_t port, bool tls) {
  Dial dial{asked->errand, host, port, tls};
  dial.is_listed = asked->egress.names(host, port);
  if (!dial.is_listed && asked->egress.mode != EgressMode::OpenPublic) {
    const Error why = not_allowed(host, port);
    asked->door.note_refused(dial, why);
    if (asked->wanted) asked->wanted(port == 80 || port == 443 ? host : fmt::format("{}:{}", host.find(':') == host.npos ? host : "[" + host + "]", port), tls);
    co_return std::unexpected(why);
  }
  ZO_CO_TRY(Passage passage, co_await asked->door.admit(std::move(dial)));
  TunnelWay way;
  if (!passage.proxy.empty()) {
    ZO_CO_TRY(way.upstream, co_await proxy_at(asked->door, passage.proxy));
  }
  for (const IpAddress& address : passage.addresses) way.endpoints.emplace_back(asio::ip::make_address(address.text()), port);
  if (passage.ended) way.ended = [ended = std::make_shared<decltype(passage.ended)>(std::move(passage.ended))](const PassageEnd& end) { (*ended)(end); };
  co_return way;
}

// A host that has no canonical form, or a request with two meanings: nobody was asked, and the log has it all the same.
void note_unread(const Asked& asked, std::string_view peer, const Error& why) {
  const std::size_t colon = peer.rfind(':');
  const std::string_view digits = colon == peer.npos ? std::string_view() : peer.substr(colon + 1);
  const auto port = digits.size() <= 5 ? to_whole_number(digits) : std::nullopt;
  const bool has_port = port && *port <= 65'535;
  const std::string_view host = has_port ? peer.substr(0, colon) : peer;
  asked.door.note_refused({asked.errand, std::string(host), static_cast<std::uint16_t>(has_port ? *port : 0)}, why);
}

Task<Result<>> answer(std::shared_ptr<Asked> asked, TunnelVisit visit) {
  if (asked->gateway == nullptr || !asked->may_use) co_return fail(Code::Denied, "this command has no secrets");
  co_return co_await asked->gateway->serve(std::move(visit), asked->errand, asked->may_use);
}

}  // namespace

std::optional<SandboxNetwork> WayOut::network(Errand errand, Egress egress, Told told) {
  if (egress.mode == EgressMode::Off && !told.wanted && !told.may_use) return std::nullopt;
  auto asked = std::make_shared<Asked>(door_, std::move(errand), egress, std::move(told.wanted), gateway_, std::move(told.may_use));
  TunnelRules rules;
  rules.on_unread = [asked](const std::string& peer, const Error& why) { note_unread(*asked, peer, why); };
  rules.answered_host = kGatewayHost;
  rules.answer = [asked](TunnelVisit visit) { return answer(asked, std::move(visit)); };
  rules.admit = [asked = std::move(asked)](std::string host, std::uint16_t port, bool tls) { return admit(asked, std::move(host), port, tls); };
  rules.on_refused = std::move(told.refused);
  if (told.reached) rules.on_admitted = [reached = std::move(told.reached)](const std::string&, std::uint16_t) { reached(); };
  return sandbox_network(egress, clock_, std::move(rules));
}

}  // namespace zo
