// What the command line needs of a home without a running server: its database, and the one person who owns it.
#pragma once

#include <memory>

#include "async/clock.h"
#include "base/dice.h"
#include "computer/home.h"
#include "store/store.h"

namespace zo {

// Opens (or makes) the database of a home. The HomeLock must be held.
Result<std::unique_ptr<Store>> open_store(const Home& home);
// The owner; made at the first start.
Task<Result<PersonId>> find_owner(Store& store, Clock& clock, Dice& dice);

}  // namespace zo
