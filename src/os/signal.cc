#include "os/signal.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "os/file.h"

namespace zo {

EndSignals::EndSignals(const Executor& executor) : signals_(executor, SIGINT, SIGTERM) {}

Task<int> EndSignals::next() {
  auto waiting = signals_.async_wait(asio::use_awaitable);
  co_return co_await std::move(waiting);
}

Result<> harden_process() {
  // A descriptor below 3 that is closed would be the next file's, and what is said to a person would be written into it.
  for (int fd = 0; fd <= STDERR_FILENO; ++fd)
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF && ::open("/dev/null", O_RDWR) < 0) return os_fail(errno, "cannot open /dev/null");
  std::signal(SIGPIPE, SIG_IGN);
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return os_fail(errno, "cannot keep others from reading our memory");
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return os_fail(errno, "cannot switch core files off");
  return {};
}

}  // namespace zo
