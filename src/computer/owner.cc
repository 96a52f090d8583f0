#include "computer/owner.h"

namespace zo {

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

}  // namespace zo
