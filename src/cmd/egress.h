// What a command of `zo sandbox run` reaches: its own list and the owner's rules, through the door of this home, whether a server runs on it
// or not: what was let through and what was refused stands in the home's log.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "account/accounts.h"
#include "async/clock.h"
#include "base/dice.h"
#include "door/way_out.h"
#include "sandbox/egress.h"
#include "store/store.h"

namespace zo {

class OwnersWayOut {
 public:
  // Opens the home's database beside a server that may run; makes it where there is none.
  static Task<Result<std::unique_ptr<OwnersWayOut>>> open();
  explicit OwnersWayOut(std::unique_ptr<Store> store, Executor executor);

  // `refused` (a sentence and how often it was said) outlives what it gives. The owner's rules are added to the list.
  Task<Result<std::optional<SandboxNetwork>>> network(Egress egress, std::map<std::string, std::size_t>& refused);
  // Before it is dropped: writes what the log still holds.
  Task<void> stop() { return door_.stop(); }

 private:
  RealClock clock_;
  SystemDice dice_;
  std::unique_ptr<Store> store_;
  Accounts accounts_;
  Door door_;
  WayOut way_out_;
};

}  // namespace zo
