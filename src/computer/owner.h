// What the command line needs of a home without a running server: its database, the one person who owns it, and choices of theirs.
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

// What one run may add to the workspace, as the owner has chosen it; nothing: the usual.
Task<Result<std::optional<std::uint64_t>>> read_run_bytes_max(Store& store, PersonId person);
Task<Result<>> write_run_bytes_max(Store& store, PersonId person, std::optional<std::uint64_t> bytes);

}  // namespace zo
