// SQLite behind faults that a seed decides: busy, a full disk, and the end of the process before or after any commit.
#pragma once

#include <memory>
#include <string>

#include "base/dice.h"
#include "store/sqlite.h"

namespace zo {

// Of one process. Chances are of a thousand.
struct StoreFaults {
  Dice& dice;
  std::uint64_t busy = 0;       // when a transaction begins
  std::uint64_t disk_full = 0;  // when a statement changes something
  std::uint64_t crash = 0;      // at a commit: half before it, half after
  bool cut_off = false;         // the process works and does not reach the database
  bool crashed = false;         // nothing of this process reaches the database any more

  void set(std::uint64_t busy_of, std::uint64_t disk_full_of, std::uint64_t crash_of) {
    busy = busy_of;
    disk_full = disk_full_of;
    crash = crash_of;
  }
  bool happens(std::uint64_t chance) { return chance > 0 && dice.below(1'000) < chance; }
};

class FailingEngine final : public Engine {
 public:
  // `faults` outlives it and its connections.
  FailingEngine(std::string path, StoreFaults& faults) : sqlite_(std::move(path)), faults_(faults) {}
  Result<std::unique_ptr<Connection>> open(Connection::Mode mode) override;
  const std::string& path() const override { return sqlite_.path(); }

 private:
  SqliteEngine sqlite_;
  StoreFaults& faults_;
};

}  // namespace zo
