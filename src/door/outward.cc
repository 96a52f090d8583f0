#include "door/outward.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/log.h"

namespace zo {
namespace {

constexpr std::int64_t kKeptMs = 30LL * 24 * 60 * 60 * 1'000;  // longer than any run goes on

}  // namespace

Task<Result<std::string>> Outward::begin(OutwardRequest request) {
  auto change = [request = std::move(request), now = clock_.now()](Transaction& tx) -> Result<std::string> {
    const auto open = tx.query("SELECT idempotency_key FROM outward_requests WHERE run_id = ? AND content = ? AND person_id = ? AND answered_at IS NULL", request.run, request.content, request.person);
    if (open->next()) return open->string(0);
    const std::int64_t number = tx.number("SELECT COALESCE(MAX(number) + 1, 0) FROM outward_requests WHERE run_id = ? AND content = ? AND person_id = ?", request.run, request.content, request.person);
    const std::string key = "zo-" + hash_hex({request.run, "\n", request.content, "\n", std::to_string(number)}, 16);
    tx.change("INSERT INTO outward_requests (run_id, content, number, person_id, idempotency_key, host, method, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", request.run, request.content, number,
              request.person, key, request.host, request.method, now);
    tx.change("DELETE FROM outward_requests WHERE person_id = ? AND sent_at < ?", request.person, now - kKeptMs);
    return key;
  };
  co_return co_await store_.write(std::move(change));
}

Task<void> Outward::answered(PersonId person, std::string key, int status) {
  auto change = [=, now = clock_.now()](Transaction& tx) -> Result<> {
    tx.change("UPDATE outward_requests SET answered_at = ?, status = ? WHERE idempotency_key = ? AND person_id = ? AND answered_at IS NULL", now, status, key, person);
    return {};
  };
  const Result<> kept = co_await store_.write(std::move(change));
  if (!kept) log_error("door", "what a host answered was not kept: " + kept.error().message);
}

}  // namespace zo
