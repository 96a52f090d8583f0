// Limits on a whole tree of processes, where the machine lets us make control groups: version 2 with delegated controllers, or
// version 1 (memory, pids). Elsewhere there are none, and the limits of each process (launcher/inner.cc) stand alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "os/fd.h"

namespace zo {

class Cgroups;

// The groups of one command. Removed when this is dropped, or a little later if the last process is still ending then.
class Cgroup {
 public:
  Cgroup(Cgroups& all, std::vector<std::string> folders) : all_(all), folders_(std::move(folders)) {}
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  // Where a process joins by writing "0".
  std::vector<Fd> doors() const;
  // True when the kernel has ended a process of the group for want of memory.
  bool out_of_memory() const;

 private:
  Cgroups& all_;
  std::vector<std::string> folders_;
};

// On the io thread.
class Cgroups {
 public:
  // Looks for places where groups can be made, and removes what a killed server left behind.
  Cgroups();
  ~Cgroups();
  Cgroups(const Cgroups&) = delete;
  Cgroups& operator=(const Cgroups&) = delete;
  // A group with these limits, to be dropped before this; nothing where no group can be made.
  std::unique_ptr<Cgroup> make(std::size_t memory_bytes, std::size_t processes_max);
  // True when the memory of a group's processes is limited together.
  bool limit_memory() const;

 private:
  struct Place {
    std::string folder;
    bool memory;
    bool pids;
    bool version_2;
  };
  friend class Cgroup;
  void look();
  void try_place(Place place);
  static bool set_limits(const Place& place, const std::string& folder, std::size_t memory_bytes, std::size_t processes_max);
  std::string free_name();
  void remove(std::vector<std::string> folders);

  std::vector<Place> places_;
  std::vector<std::string> busy_;  // could not be removed yet
  unsigned long made_ = 0;
};

}  // namespace zo
