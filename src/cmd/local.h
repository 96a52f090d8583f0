// A home without a running server: its lock, its database and whoever calls, for commands that must work then too.
#pragma once

#include <memory>

#include "account/accounts.h"
#include "async/clock.h"
#include "base/dice.h"
#include "computer/home.h"
#include "store/store.h"

namespace zo {

struct LocalHome {
  LocalHome(HomeLock l, std::unique_ptr<Store> s) : lock(std::move(l)), store(std::move(s)) {}

  HomeLock lock;
  std::unique_ptr<Store> store;
  RealClock clock;
  SystemDice dice;
  Accounts accounts{*store, clock, dice};
  Principal caller;
};

// Conflict when a server holds the home. The caller is the user as whom we run.
Task<Result<std::unique_ptr<LocalHome>>> open_local_home(Home home);

// The workspace that a server on this home uses, or would use; asks it if one runs.
Task<Result<std::string>> find_workspace(Home home);

}  // namespace zo
