#include "api/gate.h"

#include "api/reply.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr int kFailuresAMinute = 60;

Error denied(std::string message, std::string advice = {}) { return {Code::Denied, std::move(message), std::move(advice)}; }

std::string_view token_of(const HttpRequest& request) {
  std::string_view value = trim(request.header("authorization"));
  if (value.empty()) return trim(request.header("x-api-key"));
  if (value.size() > 7 && equals_ignoring_case(value.substr(0, 7), "bearer ")) value = trim(value.substr(7));
  return value;
}

}  // namespace

void Gate::set_address(const std::string& address) {
  host_ = address.substr(address.find("//") + 2);
  port_ = host_.substr(host_.rfind(':'));
}

bool Gate::is_our_host(std::string_view host) const {
  if (equals_ignoring_case(host, host_)) return true;
  if (!host.ends_with(port_)) return false;
  const std::string_view name = host.substr(0, host.size() - port_.size());
  return name == "127.0.0.1" || name == "[::1]" || equals_ignoring_case(name, "localhost");
}

std::optional<HttpReply> Gate::check_origin(const HttpRequest& request, ErrorShape shape) const {
  if (request.over_unix_socket) return std::nullopt;
  const std::string_view host = request.header("host");
  if (request.count("host") != 1 || !is_our_host(host)) {
    HttpReply reply = error_reply(denied(fmt::format("this server is not '{}'; it is {}", one_line(host, 80), host_)), shape);
    reply.status = 421;
    return reply;
  }
  const std::string_view site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none")
    return error_reply(denied("a page of another origin may not call this server", "open http://" + host_ + " itself"), shape);
  const std::string_view origin = request.header("origin");
  const bool own = origin.empty() || (origin.starts_with("http://") && is_our_host(origin.substr(7)) && origin.substr(7) == host);
  if (!own) return error_reply(denied(fmt::format("the origin '{}' may not call this server", one_line(origin, 80))), shape);
  return std::nullopt;
}

bool Gate::too_many_failures() {
  if (clock_.now() - minute_began_at_ >= 60'000 || clock_.now() < minute_began_at_) {
    minute_began_at_ = clock_.now();
    failures_ = 0;
  }
  return failures_ >= kFailuresAMinute;
}

void Gate::count_failure() { ++failures_; }

Task<Gate::Entry> Gate::enter(const HttpRequest& request, const Route& route) {
  Entry entry;
  if (route.guard == Guard::Open) co_return entry;
  if (request.over_unix_socket) {
    entry.principal = owner_at_machine(owner_);
    co_return entry;
  }
  const std::string_view token = token_of(request);
  if (token.empty() || request.count("authorization") > 1) {
    entry.refusal = unauthenticated(route.errors, "a token is needed");
    co_return entry;
  }
  Result<Principal> principal = co_await accounts_.authenticate(std::string(token));
  if (!principal) {
    // Wrong tokens are slowed down; a right one is never kept out by them.
    const bool slow = too_many_failures();
    count_failure();
    entry.refusal = unauthenticated(route.errors, principal.error().message);
    if (slow) entry.refusal = error_reply({Code::Exhausted, "too many wrong tokens in this minute", "wait a minute"}, route.errors);
    if (principal.error().code != Code::Denied) entry.refusal = error_reply(principal.error(), route.errors);
    co_return entry;
  }
  if (principal->scope < route.scope)
    entry.refusal = error_reply(denied(fmt::format("the token '{}' has the scope '{}'; {} {} needs '{}'", principal->name,
                                                   scope_name(principal->scope), route.method, route.pattern, scope_name(route.scope)),
                                       "make one with: zo token create --name NAME --scope " + std::string(scope_name(route.scope))),
                                route.errors);
  entry.principal = std::move(*principal);
  co_return entry;
}

}  // namespace zo
