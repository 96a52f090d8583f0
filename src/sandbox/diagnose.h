// Why bubblewrap does not start on this machine, in words that a person can act on. A table of what the notes of many machines
// taught: pure, so that each case has a test.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/sandbox.h"

namespace zo {

struct SandboxFacts {
  bool bubblewrap_found = true;
  bool root = false;
  std::string complaint;                  // what bubblewrap, our launcher or the kernel said
  std::string userns_clone;               // of /proc/sys/kernel/unprivileged_userns_clone, "" when there is no such file
  std::string userns_max;                 // /proc/sys/user/max_user_namespaces
  std::string apparmor_restricts;         // /proc/sys/kernel/apparmor_restrict_unprivileged_userns
  std::string memfd_noexec;               // /proc/sys/vm/memfd_noexec
  bool filtered = false;                  // a system call filter is around us: a container
};

// `complaint` is taken over; the rest is read from this machine.
SandboxFacts look_around(bool bubblewrap_found, std::string complaint);
SandboxState diagnose(const SandboxFacts& facts);

}  // namespace zo
