#include "api/repeats.h"

#include "api/state.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kKeyBytes = 128;
constexpr std::size_t kFingerprintBytes = 16;
constexpr std::int64_t kKeptMs = 24 * 60 * 60 * 1'000;
constexpr std::int64_t kPurgeEveryMs = 60 * 60 * 1'000;
constexpr std::int64_t kPurgedAtOnce = 1'000;

// A write with a key of its own. Conversations may be named by a header, which is therefore part of the request.
struct KeyedWrite {
  PersonId person;
  std::string key;  // empty: none
  std::string fingerprint;
};

std::string fingerprint_of(const HttpRequest& request) {
  return hash_hex({request.method, "\n", request.target, "\n", request.header("x-chat-id"), "\n", request.body, "\n"}, kFingerprintBytes);
}

// Without a token there is nobody to remember a key for.
Result<KeyedWrite> keyed_write(const Route& route, const ApiRequest& request) {
  KeyedWrite write{request.principal.person, request.key(), {}};
  if (route.method == "GET" || write.person.empty() || route.repeated == Repeated::NotKept) write.key.clear();
  if (const std::size_t size = request.http.header("idempotency-key").size(); size > kKeyBytes && !write.key.empty())
    return fail(Code::Invalid, fmt::format("the Idempotency-Key has {} characters, limit {}", size, kKeyBytes));
  if (!write.key.empty()) write.fingerprint = fingerprint_of(request.http);
  return write;
}

std::unexpected<Error> used_otherwise() {
  return fail(Code::Conflict, "this Idempotency-Key was used for another request", "use a new key for a new request");
}

struct StoredAnswer {
  std::string fingerprint;
  int status = 0;
  std::string body;
};

Task<Result<std::optional<StoredAnswer>>> find_answer(Store& store, KeyedWrite write) {
  auto question = [=](Transaction& tx) -> Result<std::optional<StoredAnswer>> {
    const auto rows = tx.query("SELECT fingerprint, status, body FROM answers WHERE person_id = ? AND client_key = ?", write.person, write.key);
    if (!rows->next()) return std::nullopt;
    return StoredAnswer{rows->string(0), static_cast<int>(rows->integer(1)), rows->string(2)};
  };
  co_return co_await store.read(std::move(question));
}

// Once in an hour a bounded number of old rows goes; when there were more, the next write goes on with them.
std::optional<TimeMs> purge_before(Repeats& repeats, TimeMs now) {
  if (now - repeats.purged_at < kPurgeEveryMs) return std::nullopt;
  repeats.purged_at = now;
  return now - kKeptMs;
}

std::int64_t purge(Transaction& tx, TimeMs before) {
  return tx.change(
      "DELETE FROM answers WHERE (person_id, client_key) IN (SELECT person_id, client_key FROM answers WHERE created_at < ? LIMIT ?)", before,
      kPurgedAtOnce);
}

// Writes down who uses the key, with the answer if it is one to be kept (status 0: none). True: nobody did before.
Task<Result<bool>> claim(ApiState& api, KeyedWrite write, int status, std::string body) {
  const TimeMs now = api.zo.world.clock.now();
  const std::optional<TimeMs> before = purge_before(api.repeats, now);
  struct Claimed {
    bool first = false;
    std::int64_t purged = 0;
  };
  auto change = [=](Transaction& tx) -> Result<Claimed> {
    Claimed claimed;
    if (before) claimed.purged = purge(tx, *before);
    claimed.first = tx.change(
                        "INSERT INTO answers (person_id, client_key, fingerprint, status, body, created_at) VALUES (?, ?, ?, ?, ?, ?) "
                        "ON CONFLICT DO NOTHING",
                        write.person, write.key, write.fingerprint, status, body, now) == 1;
    if (claimed.first) return claimed;
    const auto rows = tx.query("SELECT fingerprint FROM answers WHERE person_id = ? AND client_key = ?", write.person, write.key);
    if (rows->next() && rows->string(0) == write.fingerprint) return claimed;
    return used_otherwise();
  };
  ZO_CO_TRY(const Claimed claimed, co_await api.zo.store.write(std::move(change)));
  if (claimed.purged == kPurgedAtOnce) api.repeats.purged_at = 0;
  co_return claimed.first;
}

// A refused write leaves its key free for the mended one.
Task<void> release(ApiState& api, KeyedWrite write) {
  auto change = [=](Transaction& tx) -> Result<> {
    tx.change("DELETE FROM answers WHERE person_id = ? AND client_key = ? AND fingerprint = ? AND status = 0", write.person, write.key,
              write.fingerprint);
    return {};
  };
  const Result<> released = co_await api.zo.store.write(std::move(change));
  if (!released) log_warn("api", "an Idempotency-Key of a refused request could not be released: " + released.error().message);
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
  ZO_CO_TRY(const std::optional<StoredAnswer> stored, co_await find_answer(api.zo.store, write));
  if (stored && stored->fingerprint != write.fingerprint) co_return used_otherwise();
  if (stored && route.repeated == Repeated::SecretOnce)
    co_return fail(Code::Conflict, "this was made already, and its secret is shown only once", "make another with a new Idempotency-Key");
  if (stored) co_return HttpReply{stored->status, {{"Content-Type", "application/json"}}, stored->body};
  ZO_CO_TRY(HttpReply reply, co_await route.plain(api, request));
  ZO_CO_OK(co_await claim(api, write, reply.status, route.repeated == Repeated::SecretOnce ? "" : reply.body));
  co_return reply;
}

}  // namespace

Task<Result<HttpReply>> run_plain(ApiState& api, const Route& route, ApiRequest& request) {
  ZO_CO_TRY(const KeyedWrite write, keyed_write(route, request));
  if (write.key.empty()) co_return co_await route.plain(api, request);
  if (route.repeated != Repeated::AskedAgain) co_return co_await run_once(api, route, request, write);
  ZO_CO_TRY(const bool first, co_await claim(api, write, 0, ""));
  Result<HttpReply> reply = co_await route.plain(api, request);
  if (!reply && first) co_await release(api, write);
  co_return reply;
}

Task<Result<>> run_stream(ApiState& api, const Route& route, ApiRequest& request, HttpResponder& out) {
  ZO_CO_TRY(const KeyedWrite write, keyed_write(route, request));
  if (write.key.empty()) co_return co_await route.stream(api, request, out);
  ZO_CO_TRY(const bool first, co_await claim(api, write, 0, ""));
  const Result<> served = co_await route.stream(api, request, out);
  if (!served && first) co_await release(api, write);
  co_return served;
}

}  // namespace zo
