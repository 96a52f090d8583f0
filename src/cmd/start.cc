#include "cmd/start.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "async/clock.h"
#include "base/text.h"
#include "os/file.h"

namespace zo {
namespace {

constexpr std::int64_t kStartMs = 30'000;  // a database that has to be migrated takes its time
constexpr std::int64_t kLookMs = 20;
constexpr std::size_t kLogShown = 400;
constexpr std::size_t kLogBytes = 1 * limits::MiB;  // begun anew beyond it

std::string log_path(const Home& home) { return home.logs() + "/serve.log"; }

std::size_t log_size(const Home& home) {
  struct stat status{};
  return ::stat(log_path(home).c_str(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

// `zo serve --quiet` with nothing of ours but the environment and the log. It makes no setup link, which belongs in no file; the
// first start in the foreground, or `zo setup-link`, does.
Result<pid_t> spawn_server(const Home& home) {
  const std::string log = log_path(home);
  const int append = log_size(home) < kLogBytes ? O_APPEND : O_TRUNC;
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | append, 0600);
  ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);

  // Signals that a shell, or we, ignore would be ignored in the server too.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t plain;
  sigemptyset(&plain);
  ::posix_spawnattr_setsigmask(&attributes, &plain);
  for (const int number : {SIGINT, SIGPIPE, SIGHUP, SIGQUIT, SIGTERM}) sigaddset(&plain, number);
  ::posix_spawnattr_setsigdefault(&attributes, &plain);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

  std::string program = "zo";
  std::string serve = "serve";
  std::string quiet = "--quiet";
  char* argv[] = {program.data(), serve.data(), quiet.data(), nullptr};
  pid_t pid = -1;
  const int failure = ::posix_spawn(&pid, "/proc/self/exe", &files, &attributes, argv, ::environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (failure != 0) return os_fail(failure, "cannot start zo serve in the background");
  return pid;
}

// With the end of what the server said from `log_begin` on.
Error start_failure(const Home& home, std::size_t log_begin, std::string why) {
  const std::string log = load_file(log_path(home), 2 * kLogBytes).value_or("");
  const std::string_view said = trim(std::string_view(log).substr(std::min(log_begin, log.size())));
  if (!said.empty()) why += ": " + std::string(utf8_suffix(said, kLogShown));
  return {Code::Unavailable, std::move(why), "zo serve shows what stands in the way; its log is " + log_path(home)};
}

Task<Result<>> wait_until_served(Home home, pid_t server, std::size_t log_begin) {
  RealClock clock;
  const std::int64_t end = clock.steady_ms() + kStartMs;
  bool lives = true;
  while (!ApiClient::home_is_served(home)) {
    if (lives && ::waitpid(server, nullptr, WNOHANG) == server) {
      lives = false;
      // Another command may have started one at the same moment; then ours ends, and theirs will serve.
      if (HomeLock::take(home)) co_return std::unexpected(start_failure(home, log_begin, "the server that was started in the background ended"));
    }
    if (clock.steady_ms() > end)
      co_return std::unexpected(start_failure(home, log_begin, fmt::format("the server did not answer within {} s", kStartMs / 1'000)));
    co_await clock.sleep_for(kLookMs);
  }
  co_return Result<>{};
}

}  // namespace

Task<Result<std::unique_ptr<ApiClient>>> reach_server(ServerChoice choice, Terminal terminal) {
  ZO_CO_TRY(const Home home, open_home());
  auto client = std::make_unique<ApiClient>(co_await asio::this_coro::executor, choice, home);
  if (!client->is_on_this_machine() || ApiClient::home_is_served(home)) co_return client;
  const std::size_t log_begin = log_size(home) < kLogBytes ? log_size(home) : 0;
  ZO_CO_TRY(const pid_t server, spawn_server(home));
  ZO_CO_OK(co_await wait_until_served(home, server, log_begin));
  ZO_CO_OK(co_await client->health());
  const std::string address(trim(load_file(home.address_file(), limits::KiB).value_or("")));
  print_note(terminal, fmt::format("ZoClone was not running; started it in the background{} (log {}); to stop it: zo stop",
                                   address.empty() ? "" : " at " + address, log_path(home)));
  co_return client;
}

}  // namespace zo
