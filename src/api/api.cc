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
  explicit WatchedResponder(HttpResponder& out) : out_(out) {}
  Task<void> reply(HttpReply reply) override {
    begun = true;
    harden(reply);
    return out_.reply(std::move(reply));
  }
  Task<bool> begin_stream(int status, std::vector<Header> headers) override {
    begun = true;
    headers.push_back({"X-Content-Type-Options", "nosniff"});
    return out_.begin_stream(status, std::move(headers));
  }
  Task<bool> begin_events(std::vector<Header> headers) override {
    begun = true;
    headers.push_back({"X-Content-Type-Options", "nosniff"});
    return out_.begin_events(std::move(headers));
  }
  Task<bool> write(std::string bytes) override { return out_.write(std::move(bytes)); }
  Task<void> client_gone() override { return out_.client_gone(); }
  void cut() override { out_.cut(); }
  bool begun = false;

 private:
  HttpResponder& out_;
};

Task<void> handle(ApiState& api, HttpRequest request, HttpResponder& out) {
  const ErrorShape shape = shape_of(request.path);
  if (auto refusal = api.gate.check_origin(request, shape)) co_return co_await answer(out, std::move(*refusal));
  RouteMatch match = match_route(request.method, request.path);
  if (match.route == nullptr) {
    if (auto page = page_reply(request)) co_return co_await answer(out, std::move(*page));
    HttpReply reply = error_reply({Code::NotFound, fmt::format("there is no {} {}", request.method, one_line(request.path, 80)), "see /docs"}, shape);
    if (match.other_method) reply.status = 405;
    co_return co_await answer(out, std::move(reply));
  }
  Gate::Entry entry = co_await api.gate.enter(request, *match.route);
  if (entry.refusal) co_return co_await answer(out, std::move(*entry.refusal));
  ApiRequest ours{std::move(request), std::move(entry.principal), std::move(match.path), match.route, {}};
  if (ours.principal.life && ours.principal.life->over())
    co_return co_await answer(out, unauthenticated(match.route->errors, "this token was revoked"));
  ours.use.emplace(ours.principal.life, [&out] { out.cut(); });
  if (match.route->plain != nullptr) {
    Result<HttpReply> reply = co_await run_plain(api, *match.route, ours);
    co_return co_await answer(out, reply ? std::move(*reply) : error_reply(reply.error(), match.route->errors));
  }
  WatchedResponder watched(out);
  const Result<> served = co_await run_stream(api, *match.route, ours, watched);
  if (served) co_return;
  if (!watched.begun) co_return co_await answer(out, error_reply(served.error(), match.route->errors));
  // The connection is cut: the regular end of a stream would say that it is whole.
  throw std::runtime_error(fmt::format("{}: {}", match.route->pattern, served.error().message));
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

HttpHandler Api::handler() {
  return [state = state_.get()](HttpRequest request, HttpResponder& out) { return handle(*state, std::move(request), out); };
}

HttpBodyLimit Api::body_limit() {
  return [](const HttpRequest& head) -> std::size_t {
    const RouteMatch match = match_route(head.method, head.path);
    return match.route != nullptr ? match.route->body_bytes : limits::kHttpBodyBytes;
  };
}

Task<Result<std::string>> Api::make_setup_url() {
  ZO_CO_TRY(const std::string secret, co_await state_->zo.accounts.make_setup_link(owner_at_machine(state_->zo.owner)));
  co_return state_->address + "/setup#" + secret;
}

}  // namespace zo
