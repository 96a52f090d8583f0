// What a command holds, counted from outside while it runs: memory, where no control group limits its processes together, and what
// it adds to the disk. Blocking; on a thread for such work.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "os/workspace.h"

namespace zo {

// The processes that `root` has started, and those that they have.
std::vector<pid_t> tree_below(pid_t root);

struct Held {
  std::uint64_t memory_bytes = 0;    // private and shared memory; what several processes share counts once
  std::uint64_t unlinked_bytes = 0;  // of the workspace's disk: files that have no name any more
};
// `memory_bytes_max`: below it the cheaper count, which may be too high, is enough; 0: memory is not counted.
Held held_by(const std::vector<pid_t>& tree, std::uint64_t memory_bytes_max, const Workspace& workspace);

// What the whole machine has, and could still give.
struct MachineMemory {
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;
};
MachineMemory machine_memory();

// The size on the disk of all files that were made or changed since then; the greatest number there is when that cannot be told: a
// folder that cannot be read, one too deep, or too many entries.
std::uint64_t changed_bytes(const Workspace& workspace, TimeMs since);

}  // namespace zo
