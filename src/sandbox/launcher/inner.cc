// The stage inside bubblewrap, just before the command.
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sandbox/launcher/launcher.h"

namespace zo::launcher {
namespace {

constexpr rlim_t kOpenFiles = 1'024;
constexpr rlim_t kFileBytes = rlim_t{1} << 30;
constexpr rlim_t kLockedBytes = rlim_t{1} << 20;
constexpr int kVariables = 64;

void limit(int resource, rlim_t value) {
  rlimit now;
  if (getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0) die("cannot read a limit");
  if (now.rlim_max < value) value = now.rlim_max;
  const rlimit wanted{value, value};
  if (setrlimit(static_cast<__rlimit_resource>(resource), &wanted) != 0) die("cannot set a limit");
}

void set_limits(rlim_t data_bytes, rlim_t processes) {
  limit(RLIMIT_DATA, data_bytes);
  limit(RLIMIT_NPROC, processes);
  limit(RLIMIT_NOFILE, kOpenFiles);
  limit(RLIMIT_FSIZE, kFileBytes);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_MEMLOCK, kLockedBytes);
  limit(RLIMIT_MSGQUEUE, 0);
}

// Everything but standard input, output and error goes when the command is executed, the report's pipe included.
void close_on_exec() {
  if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) die("cannot close descriptors");
}

[[noreturn]] void execute(char** command, char** environment) {
  environ = environment;
  execvp(*command, command);
  const int reason = errno;
  std::fprintf(stderr, "zo: cannot run '%s': %s\n", *command, std::strerror(reason));
  std::_Exit(reason == ENOENT ? 127 : 126);
}

}  // namespace

void inner(char** args) {
  for (int i = 0; i < 4; ++i)
    if (args[i] == nullptr) die("inner");
  const int report = static_cast<int>(number(args[0]));
  const rlim_t data_bytes = number(args[1]);
  const rlim_t processes = number(args[2]);
  static char home[4'096];
  std::snprintf(home, sizeof home, "HOME=%s", args[3]);
  args += 4;

  static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  static char lang[] = "LANG=C.UTF-8";
  static char term[] = "TERM=dumb";
  static char user[] = "USER=zo";
  static char* environment[kVariables] = {path, home, lang, term, user};
  for (int count = 5; *args != nullptr && std::strcmp(*args, "--env") == 0 && args[1] != nullptr; args += 2) {
    if (count == kVariables - 1) die("too many variables");
    environment[count++] = args[1];
  }

  set_limits(data_bytes, processes);
  umask(022);
  close_on_exec();
  install_filter();
  if (write(report, "armed", 5) != 5) die("cannot report");

  if (*args != nullptr && std::strcmp(*args, "--probe") == 0 && args[1] != nullptr) {
    probe(args[1]);
    std::fflush(stdout);
    std::_Exit(0);
  }
  if (*args == nullptr || *++args == nullptr) die("no command");
  execute(args, environment);
}

}  // namespace zo::launcher
