#include "api/api.h"

#include <boost/json.hpp>

#include "api/page.h"
#include "api/repeats.h"
#include "api/reply.h"
#include "api/state.h"
#include "base/log.h"
#include "base/text.h"

namespace zo {
namespace {

void harden(HttpReply& reply) {
  for (const Header& header : reply.headers)
    if (equals_ignoring_case(header.name, "X-Content-Type-Options")) return;
  reply.headers.push_back({"X-Content-Type-Options", "nosniff"});
  reply.headers.push_back({"Cache-Control", "no-store"});
}

// The last of all doors: whatever was stored or said before a secret was given to the vault.
void hide_secrets(HttpReply& reply, const Vault& vault) {
  if (const std::shared_ptr<const Redactor> redactor = vault.redactor(); !redactor->empty()) reply.body = redactor->redact(reply.body);
}

Task<void> answer(HttpResponder& out, HttpReply reply) {
  harden(reply);
  co_await out.reply(std::move(reply));
}

ErrorShape shape_of(std::string_view path) {
  if (path.starts_with("/v1/")) return ErrorShape::OpenAi;
  return path.starts_with("/zo/") || path.starts_with("/models/") ? ErrorShape::Zo : ErrorShape::Ours;
}

// Remembers whether a stream has begun, since after that no error can be replied.
class WatchedResponder final : public HttpResponder {
 public:
  WatchedResponder(HttpResponder& out, const Vault& vault) : out_(out), vault_(vault) {}
  Task<void> reply(HttpReply reply) override {
    begun = true;
    hide_secrets(reply, vault_);
    harden(reply);
    return out_.reply(std::move(reply));
  }
  Task<bool> begin_stream(int status, std::vector<Header> headers) override {
    begun = true;
    headers.push_back({"X-Content-Type-Options", "nosniff"});
    return out_.begin_stream(status, std::move(headers));
  }
  Task<bool> begin_events(std::vector<Header> headers) override {
    begun = events_ = true;
    headers.push_back({"X-Content-Type-Options", "nosniff"});
    return out_.begin_events(std::move(headers));
  }
  // Whole events; a file is sent as it is.
  Task<bool> write(std::string bytes) override { return out_.write(events_ ? vault_.redactor()->redact(bytes) : std::move(bytes)); }
  Task<void> client_gone() override { return out_.client_gone(); }
  void cut() override { out_.cut(); }
  bool begun = false;

 private:
  HttpResponder& out_;
  const Vault& vault_;
  bool events_ = false;
};

// A reply that the head alone decides.
HttpAdmission at_once(HttpReply reply, bool known = false) {
  harden(reply);
  return {.answer = [reply = std::move(reply)](HttpRequest, HttpResponder& out) mutable { return out.reply(std::move(reply)); }, .known = known};
}

HttpReply no_route(const HttpRequest& head, const RouteMatch& match, ErrorShape shape) {
  const std::string asked = fmt::format("{} {}", head.method, one_line(head.path, 80));
  HttpReply reply = error_reply({Code::NotFound, "there is no " + asked, "see /docs"}, shape);
  if (match.other_method) reply.status = 405;
  return reply;
}

// An error may say what was asked, and so what is not to be told.
HttpReply refusal(const ApiState& api, const Error& error, ErrorShape shape) {
  HttpReply reply = error_reply(error, shape);
  hide_secrets(reply, api.zo.vault);
  return reply;
}

// `ours` without its body, which comes in `request`.
Task<void> handle(ApiState& api, ApiRequest ours, HttpRequest request, HttpResponder& out) {
  ours.http = std::move(request);
  const Route& route = *ours.route;
  if (ours.principal.life && ours.principal.life->over()) co_return co_await answer(out, unauthenticated(route.errors, "this token was revoked"));
  ours.use = std::make_unique<TokenUse>(ours.principal.life, [&out] { out.cut(); });
  if (route.plain != nullptr) {
    Result<HttpReply> reply = co_await run_plain(api, route, ours);
    if (reply) hide_secrets(*reply, api.zo.vault);
    co_return co_await answer(out, reply ? std::move(*reply) : refusal(api, reply.error(), route.errors));
  }
  WatchedResponder watched(out, api.zo.vault);
  const Result<> served = co_await run_stream(api, route, ours, watched);
  if (served) co_return;
  if (!watched.begun) co_return co_await answer(out, refusal(api, served.error(), route.errors));
  // The connection is cut: the regular end of a stream would say that it is whole.
  throw std::runtime_error(fmt::format("{}: {}", route.pattern, served.error().message));
}

Task<HttpAdmission> judge(ApiState& api, const HttpRequest& head) {
  const ErrorShape shape = shape_of(head.path);
  if (auto refusal = api.gate.check_origin(head, shape)) co_return at_once(std::move(*refusal));
  RouteMatch match = match_route(head.method, head.path);
  if (match.route == nullptr) {
    std::optional<HttpReply> page = page_reply(head);
    co_return at_once(page ? std::move(*page) : no_route(head, match, shape));
  }
  const Route& route = *match.route;
  Gate::Entry entry = co_await api.gate.enter(head, route);
  const bool known = !entry.principal.person.empty();
  if (entry.refusal) co_return at_once(std::move(*entry.refusal), known);
  const PersonId person = route.body_limit ? entry.principal.person : PersonId();
  ApiRequest ours{{}, std::move(entry.principal), std::move(match.path), &route, {}};
  auto answering = [&api, ours = std::move(ours)](HttpRequest request, HttpResponder& out) mutable {
    return handle(api, std::move(ours), std::move(request), out);
  };
  const std::size_t body_bytes = route.guard == Guard::Open ? limits::kHttpOpenBodyBytes : route.body_bytes;
  if (!route.body_limit) co_return HttpAdmission{.answer = std::move(answering), .body_bytes_max = body_bytes, .known = known};
  const std::int64_t chosen = api.zo.limits.of(person, *route.body_limit);
  co_return HttpAdmission{.answer = std::move(answering), .body_bytes_max = static_cast<std::size_t>(chosen), .body_advice = or_raise("", *route.body_limit, chosen), .known = known};
}

}  // namespace

struct Api::State : ApiState {
  using ApiState::ApiState;
};

Api::Api(Computer& computer) : state_(std::make_unique<State>(computer)) {}
Api::~Api() = default;

void Api::set_address(std::string address) {
  state_->gate.set_address(address);
  state_->address = std::move(address);
}

HttpAdmit Api::admit() {
  return [state = state_.get()](const HttpRequest& head) { return judge(*state, head); };
}

Task<Result<std::string>> Api::make_setup_url(Principal maker) {
  ZO_CO_TRY(const std::string secret, co_await state_->zo.accounts.make_setup_link(std::move(maker)));
  co_return state_->address + "/setup#" + secret;
}

}  // namespace zo
