#include "account/answers.h"

#include "base/log.h"

namespace zo {
namespace {

constexpr std::int64_t kKeptMs = 24 * 60 * 60 * 1'000;
constexpr std::int64_t kPurgeEveryMs = 60 * 60 * 1'000;
constexpr std::int64_t kPurgedAtOnce = 1'000;

std::unexpected<Error> used_otherwise() {
  return fail(Code::Conflict, "this Idempotency-Key was used for another request", "use a new key for a new request");
}

std::int64_t purge(Transaction& tx, TimeMs before) {
  return tx.change(
      "DELETE FROM answers WHERE (person_id, client_key) IN (SELECT person_id, client_key FROM answers WHERE created_at < ? LIMIT ?)", before,
      kPurgedAtOnce);
}

}  // namespace

Task<Result<std::optional<KeptAnswer>>> Answers::find(KeyedWrite write) {
  auto question = [write = std::move(write)](Transaction& tx) -> Result<std::optional<KeptAnswer>> {
    const auto rows = tx.query("SELECT fingerprint, status, body FROM answers WHERE person_id = ? AND client_key = ?", write.person, write.key);
    if (!rows->next()) return std::nullopt;
    if (rows->string(0) != write.fingerprint) return used_otherwise();
    return KeptAnswer{static_cast<int>(rows->integer(1)), rows->string(2)};
  };
  co_return co_await store_.read(std::move(question));
}

// Once in an hour a bounded number of old rows goes; when there were more, the next write goes on with them.
std::optional<TimeMs> Answers::purge_before() {
  const TimeMs now = clock_.now();
  if (now - purged_at_ < kPurgeEveryMs) return std::nullopt;
  purged_at_ = now;
  return now - kKeptMs;
}

Task<Result<bool>> Answers::claim(KeyedWrite write, KeptAnswer answer) {
  struct Claimed {
    bool first = false;
    std::int64_t purged = 0;
  };
  auto change = [write = std::move(write), answer = std::move(answer), now = clock_.now(), before = purge_before()](Transaction& tx) -> Result<Claimed> {
    Claimed claimed;
    if (before) claimed.purged = purge(tx, *before);
    claimed.first = tx.change(
                        "INSERT INTO answers (person_id, client_key, fingerprint, status, body, created_at) VALUES (?, ?, ?, ?, ?, ?) "
                        "ON CONFLICT DO NOTHING",
                        write.person, write.key, write.fingerprint, answer.status, answer.body, now) == 1;
    if (claimed.first) return claimed;
    const auto rows = tx.query("SELECT fingerprint FROM answers WHERE person_id = ? AND client_key = ?", write.person, write.key);
    if (rows->next() && rows->string(0) == write.fingerprint) return claimed;
    return used_otherwise();
  };
  ZO_CO_TRY(const Claimed claimed, co_await store_.write(std::move(change)));
  if (claimed.purged == kPurgedAtOnce) purged_at_ = 0;
  co_return claimed.first;
}

Task<void> Answers::release(KeyedWrite write) {
  auto change = [write = std::move(write)](Transaction& tx) -> Result<> {
    tx.change("DELETE FROM answers WHERE person_id = ? AND client_key = ? AND fingerprint = ? AND status = 0", write.person, write.key,
              write.fingerprint);
    return {};
  };
  const Result<> released = co_await store_.write(std::move(change));
  if (!released) log_warn("account", "the key of a refused write could not be freed: " + released.error().message);
}

}  // namespace zo
