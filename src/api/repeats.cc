#include "api/repeats.h"

#include "api/state.h"
#include "base/hash.h"

namespace zo {
namespace {

constexpr std::size_t kKeyBytes = 128;
constexpr std::size_t kFingerprintBytes = 16;

// Conversations may be named by a header, which is therefore part of the request.
std::string fingerprint_of(const HttpRequest& request) {
  return hash_hex({request.method, "\n", request.target, "\n", request.header("x-chat-id"), "\n", request.body, "\n"}, kFingerprintBytes);
}

// Without a key: none was sent, or nothing is to be remembered. Without a token there is nobody to remember a key for.
Result<KeyedWrite> keyed_write(const Route& route, const ApiRequest& request) {
  KeyedWrite write{request.principal.person, request.key(), {}};
  if (route.method == "GET" || write.person.empty() || route.repeated == Repeated::NotKept) write.key.clear();
  if (const std::size_t size = request.http.header("idempotency-key").size(); size > kKeyBytes && !write.key.empty())
    return fail(Code::Invalid, fmt::format("the Idempotency-Key has {} characters, limit {}", size, kKeyBytes));
  if (!write.key.empty()) write.fingerprint = fingerprint_of(request.http);
  return write;
}

// The answer of the first time is given again.
Task<Result<HttpReply>> run_once(ApiState& api, const Route& route, ApiRequest& request, const KeyedWrite& write) {
  const std::string mark = fmt::format("{}{}", write.person.text(), write.key);
  if (!api.repeats.working.insert(mark).second)
    co_return fail(Code::Conflict, "a request with this Idempotency-Key is being answered", "try again in a moment");
  struct Unmark {
    std::unordered_set<std::string>& marks;
    const std::string& mark;
    ~Unmark() { marks.erase(mark); }
  } unmark{api.repeats.working, mark};
  ZO_CO_TRY(const std::optional<KeptAnswer> stored, co_await api.repeats.answers.find(write));
  if (stored && route.repeated == Repeated::SecretOnce)
    co_return fail(Code::Conflict, "this was made already, and its secret is shown only once", "make another with a new Idempotency-Key");
  if (stored) co_return HttpReply{stored->status, {{"Content-Type", "application/json"}}, stored->body};
  ZO_CO_TRY(HttpReply reply, co_await route.plain(api, request));
  KeptAnswer kept{reply.status, route.repeated == Repeated::SecretOnce ? "" : api.zo.vault.redactor()->redact(reply.body)};
  ZO_CO_OK(co_await api.repeats.answers.claim(write, std::move(kept)));
  co_return reply;
}

}  // namespace

Task<Result<HttpReply>> run_plain(ApiState& api, const Route& route, ApiRequest& request) {
  ZO_CO_TRY(const KeyedWrite write, keyed_write(route, request));
  if (write.key.empty()) co_return co_await route.plain(api, request);
  if (route.repeated != Repeated::AskedAgain) co_return co_await run_once(api, route, request, write);
  ZO_CO_TRY(const bool first, co_await api.repeats.answers.claim(write));
  Result<HttpReply> reply = co_await route.plain(api, request);
  if (!reply && first) co_await api.repeats.answers.release(write);
  co_return reply;
}

Task<Result<>> run_stream(ApiState& api, const Route& route, ApiRequest& request, HttpResponder& out) {
  ZO_CO_TRY(const KeyedWrite write, keyed_write(route, request));
  if (write.key.empty()) co_return co_await route.stream(api, request, out);
  ZO_CO_TRY(const bool first, co_await api.repeats.answers.claim(write));
  const Result<> served = co_await route.stream(api, request, out);
  if (!served && first) co_await api.repeats.answers.release(write);
  co_return served;
}

}  // namespace zo
