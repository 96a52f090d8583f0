// The filter of system calls (seccomp, classic BPF): what no command of a person's workspace needs and what has opened kernels
// before. Everything else is allowed; namespaces and mounts decide what can be reached. Bubblewrap installs it (--seccomp), so
// that its own first process inside stands behind it, too.
#pragma once

#include <string_view>

namespace zo {

// The program as bubblewrap reads it: sock_filter records (linux/filter.h), one after the other.
std::string_view system_call_filter();

}  // namespace zo
