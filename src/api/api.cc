#include "api/api.h"

#include <sodium.h>

#include <boost/json.hpp>

#include "api/page.h"
#include "api/reply.h"
#include "api/state.h"
#include "base/log.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kKeyBytes = 128;

std::string fingerprint_of(const HttpRequest& request) {
  std::array<unsigned char, 16> hash{};
  const std::string all = request.method + "\n" + request.target + "\n" + request.body;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(all.data()), all.size(), nullptr, 0);
  return to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

struct StoredAnswer {
  std::string fingerprint;
  int status = 0;
  std::string body;
};

Task<Result<std::optional<StoredAnswer>>> find_answer(Store& store, PersonId person, std::string key) {
  auto question = [=](Transaction& tx) -> Result<std::optional<StoredAnswer>> {
    const auto rows = tx.query("SELECT fingerprint, status, body FROM answers WHERE person_id = ? AND client_key = ?", person, key);
    if (!rows->next()) return std::nullopt;
    return StoredAnswer{rows->string(0), static_cast<int>(rows->integer(1)), rows->string(2)};
  };
  co_return co_await store.read(std::move(question));
}

Task<Result<>> keep_answer(Store& store, PersonId person, std::string key, StoredAnswer answer, TimeMs now) {
  auto change = [=](Transaction& tx) -> Result<> {
    tx.change(
        "INSERT INTO answers (person_id, client_key, fingerprint, status, body, created_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        person, key, answer.fingerprint, answer.status, answer.body, now);
    return {};
  };
  co_return co_await store.write(std::move(change));
}

// Runs a plain handler; a write with an Idempotency-Key gets the answer of the first time.
Task<Result<HttpReply>> run_plain(ApiState& api, const Route& route, ApiRequest& request) {
  const std::string key = request.key();
  // Without a token there is nobody to remember an answer for.
  if (key.empty() || route.method == "GET" || request.principal.person.empty()) co_return co_await route.plain(api, request);
  if (key.size() > kKeyBytes)
    co_return fail(Code::Invalid, fmt::format("the Idempotency-Key has {} characters, limit {}", key.size(), kKeyBytes));
  const std::string fingerprint = fingerprint_of(request.http);
  ZO_CO_TRY(const std::optional<StoredAnswer> stored, co_await find_answer(api.zo.store, request.principal.person, key));
  if (stored && stored->fingerprint != fingerprint)
    co_return fail(Code::Conflict, "this Idempotency-Key was used for another request", "use a new key for a new request");
  if (stored && route.reveals == Reveals::Secret)
    co_return fail(Code::Conflict, "this was made already, and its secret is shown only once", "make another with a new Idempotency-Key");
  if (stored) co_return HttpReply{stored->status, {{"Content-Type", "application/json"}}, stored->body};
  const std::string mark = request.principal.person.text + key;
  if (!api.writes_working.insert(mark).second)
    co_return fail(Code::Conflict, "a request with this Idempotency-Key is being answered", "try again in a moment");
  struct Unmark {
    std::unordered_set<std::string>& marks;
    const std::string& mark;
    ~Unmark() { marks.erase(mark); }
  } unmark{api.writes_working, mark};
  ZO_CO_TRY(HttpReply reply, co_await route.plain(api, request));
  const StoredAnswer answer{fingerprint, reply.status, route.reveals == Reveals::Secret ? "" : reply.body};
  ZO_CO_OK(co_await keep_answer(api.zo.store, request.principal.person, key, answer, api.zo.world.clock.now()));
  co_return reply;
}

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
  ApiRequest ours{std::move(request), std::move(entry.principal), std::move(match.path)};
  if (match.route->plain != nullptr) {
    Result<HttpReply> reply = co_await run_plain(api, *match.route, ours);
    co_return co_await answer(out, reply ? std::move(*reply) : error_reply(reply.error(), match.route->errors));
  }
  WatchedResponder watched(out);
  const Result<> served = co_await match.route->stream(api, ours, watched);
  if (served) co_return;
  if (watched.begun) log_warn("api", fmt::format("{}: {}", match.route->pattern, served.error().message));
  else co_await answer(out, error_reply(served.error(), match.route->errors));
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
  ZO_CO_TRY(const std::string secret, co_await state_->zo.accounts.make_setup_link(state_->zo.owner));
  co_return state_->address + "/setup#" + secret;
}

}  // namespace zo
