#include "computer/owner.h"

#include <charconv>

#include "store/settings.h"

namespace zo {
namespace {

constexpr const char* kRunBytesMax = "run_bytes_max";

}  // namespace

Result<std::unique_ptr<Store>> open_store(const Home& home) { return Store::open({home.database(), home.backups(), home.reserve()}); }

Task<Result<PersonId>> find_owner(Store& store, Clock& clock, Dice& dice) {
  auto change = [made = PersonId::make(dice, clock.now()), now = clock.now()](Transaction& tx) -> Result<PersonId> {
    tx.change("INSERT INTO people (id, name, created_at) SELECT ?, 'owner', ? WHERE NOT EXISTS (SELECT 1 FROM people)", made, now);
    const auto rows = tx.query("SELECT id FROM people ORDER BY id LIMIT 1");
    rows->next();
    return rows->id<PersonId>(0);
  };
  co_return co_await store.write(std::move(change));
}

Task<Result<std::optional<std::uint64_t>>> read_run_bytes_max(Store& store, PersonId person) {
  ZO_CO_TRY(const std::optional<std::string> text, co_await read_setting(store, person, kRunBytesMax));
  std::uint64_t bytes = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), bytes).ec != std::errc() || bytes == 0) co_return std::nullopt;
  co_return bytes;
}

Task<Result<>> write_run_bytes_max(Store& store, PersonId person, std::optional<std::uint64_t> bytes) {
  return write_setting(store, person, kRunBytesMax, bytes ? std::optional(std::to_string(*bytes)) : std::nullopt);
}

}  // namespace zo
