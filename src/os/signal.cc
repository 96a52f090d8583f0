#include "os/signal.h"

#include <sys/prctl.h>
#include <sys/resource.h>

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
  std::signal(SIGPIPE, SIG_IGN);
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return os_fail(errno, "cannot keep others from reading our memory");
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return os_fail(errno, "cannot switch core files off");
  return {};
}

}  // namespace zo
