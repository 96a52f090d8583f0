// A computer that is wired and not started, on a home that no server has: for commands that need its vault.
#pragma once

#include <memory>
#include <optional>

#include "cmd/local.h"
#include "computer/computer.h"

namespace zo {

struct LocalComputer {
  // Conflict when a server holds the home.
  static Task<Result<std::unique_ptr<LocalComputer>>> open(Home home);

  std::unique_ptr<LocalHome> home;
  Threads threads{"zo-threads", 1};
  Workspaces workspaces{threads};
  std::optional<World> world;
  std::optional<Computer> computer;

  const PersonId& person() const { return home->caller.person; }
};

}  // namespace zo
