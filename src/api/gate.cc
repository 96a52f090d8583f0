#include "api/gate.h"

#include "api/reply.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr int kWrongAMinute = 60;  // of one kind; refused at once, further ones after
constexpr std::int64_t kHeldBackMs = 500;

Error denied(std::string message, std::string advice = {}) { return {Code::Denied, std::move(message), std::move(advice)}; }

std::string_view token_of(const HttpRequest& request) {
  std::string_view value = trim(request.header("authorization"));
  if (value.empty()) return trim(request.header("x-api-key"));
  if (value.size() > 7 && equals_ignoring_case(value.substr(0, 7), "bearer ")) value = trim(value.substr(7));
  return value;
}

HttpReply refusal_of(const Error& error, ErrorShape shape) {
  return error.code == Code::Denied ? unauthenticated(shape, error.message) : error_reply(error, shape);
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
  if (request.local_uid) return std::nullopt;
  const std::string_view host = request.header("host");
  if (request.count("host") != 1 || !is_our_host(host)) {
    HttpReply reply = error_reply(denied(fmt::format("this server is not '{}'; it is {}", one_line(host, 80), host_)), shape);
    reply.status = 421;
    return reply;
  }
  for (const std::string_view name : {"origin", "sec-fetch-site"}) {
    if (request.count(name) > 1) return error_reply(denied(fmt::format("the header '{}' was sent more than once", name)), shape);
  }
  const std::string_view site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none")
    return error_reply(denied("a page of another origin may not call this server", "open http://" + host_ + " itself"), shape);
  const std::string_view origin = request.header("origin");
  const bool own = origin.empty() || (origin.starts_with("http://") && is_our_host(origin.substr(7)) && origin.substr(7) == host);
  if (!own) return error_reply(denied(fmt::format("the origin '{}' may not call this server", one_line(origin, 80))), shape);
  return std::nullopt;
}

std::int64_t Gate::hold_back_ms(SecretKind kind) {
  WrongSecrets& wrong = wrong_[static_cast<std::size_t>(kind)];
  const TimeMs now = clock_.now();
  if (now - wrong.minute_began_at >= 60'000 || now < wrong.minute_began_at) wrong = {now, 0};
  return ++wrong.count <= kWrongAMinute ? 0 : kHeldBackMs;
}

Task<Gate::Entry> Gate::enter(const HttpRequest& request, const Route& route) {
  Entry entry;
  if (route.guard == Guard::Open) co_return entry;
  if (request.local_uid) {
    Result<Principal> person = co_await accounts_.at_machine(*request.local_uid);
    if (person) entry.principal = std::move(*person);
    else entry.refusal = error_reply(person.error(), route.errors);
    co_return entry;
  }
  const std::string_view token = token_of(request);
  if (token.empty() || request.count("authorization") > 1 || request.count("x-api-key") > 1) {
    entry.refusal = unauthenticated(route.errors, "a token is needed");
    co_return entry;
  }
  Result<Principal> principal = co_await accounts_.authenticate(std::string(token));
  if (!principal) {
    entry.refusal = refusal_of(principal.error(), route.errors);
    if (principal.error().code == Code::Denied) entry.refusal->held_back_ms = hold_back_ms(SecretKind::Token);
    co_return entry;
  }
  if (principal->scope < route.scope)
    entry.refusal = error_reply(denied(fmt::format("the token '{}' has the scope '{}'; {} {} needs '{}'", principal->name,
                                                   scope_name(principal->scope), route.method, route.pattern, scope_name(route.scope)),
                                       "make one with: zo token create --name NAME --scope " + std::string(scope_name(route.scope))),
                                route.errors);
  else if (route.guard == Guard::Person && !principal->is_person)
    entry.refusal = error_reply(denied(fmt::format("{} {} is for a person at the page or at this machine, not for the token '{}'", route.method, route.pattern, principal->name),
                                       "open the page, or use the command line of this machine"),
                                route.errors);
  entry.principal = std::move(*principal);
  co_return entry;
}

}  // namespace zo
