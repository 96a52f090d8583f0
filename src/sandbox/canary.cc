#include "sandbox/canary.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

#include "async/deadline.h"
#include "async/offload.h"
#include "base/text.h"
#include "os/file.h"
#include "os/owner.h"

namespace zo {
namespace {

// As printed by launcher/probe.cc.
constexpr std::string_view kPromises =
    "uid 1000\n"
    "gid 1000\n"
    "no_new_privs 1\n"
    "filter 2\n"
    "effective 0000000000000000\n"
    "bounding 0000000000000000\n"
    "first_process_filter 2\n"
    "memory_writable no\n"
    "set_id no\n"
    "first_process_is_parent yes\n"
    "interfaces 0\n"
    "environment 0\n"
    "host_visible no\n"
    "system_writable no\n"
    "vsock no\n"
    "workspace_writable yes\n";
constexpr std::int64_t kCanaryMs = 30'000;

// Empty folders that are older than any canary: of processes that were killed while theirs was out.
void remove_old_cages() {
  glob_t found{};
  const std::int64_t long_ago = ::time(nullptr) - 2 * kCanaryMs / 1'000;
  struct stat status{};
  if (::glob("/tmp/zo-canary-*", GLOB_NOSORT, nullptr, &found) == 0)
    for (std::size_t i = 0; i < found.gl_pathc; ++i)
      if (::lstat(found.gl_pathv[i], &status) == 0 && status.st_mtime < long_ago) ::rmdir(found.gl_pathv[i]);
  ::globfree(&found);
}

// A workspace for the canary alone. Its own path on the host is what it must not see: everyone could reach it there.
Result<std::string> make_cage() {
  remove_old_cages();
  std::string path = "/tmp/zo-canary-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return os_fail(errno, "cannot make a folder under /tmp");
  const auto [uid, gid] = workspace_owner();
  if (::chown(path.c_str(), uid, gid) == 0) return path;
  const int reason = errno;
  ::rmdir(path.c_str());
  return os_fail(reason, "cannot give a folder to user " + std::to_string(uid));
}

Task<std::string> read_all(PipeReader& reader) {
  std::string all;
  for (;;) {
    const std::string_view bytes = co_await reader.next();
    if (bytes.empty() || all.size() > limits::kOutputShown) co_return all;
    all += bytes;
  }
}

Task<SandboxState> watch(Launcher& launcher, Clock& clock, std::string cage) {
  const Fd folder(::open(cage.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  Launch launch{.command = {"--probe", cage}, .writable = {.host = cage, .folder = folder.get(), .inside = "/workspace"}};
  Result<std::unique_ptr<Launched>> launched = co_await launcher.launch(std::move(launch));
  if (!launched) co_return SandboxState{false, launched.error().message, launched.error().advice};
  const auto seen = co_await within(clock, kCanaryMs, read_all((*launched)->output));
  const std::string broken = first_broken_promise(seen.value_or(""));
  if (broken.empty()) co_return SandboxState{.ok = true};
  co_return SandboxState{false, "the sandbox does not hold: its canary says '" + broken + "'",
                         "the bubblewrap of your distribution, first in PATH: apt-get install bubblewrap"};
}

}  // namespace

std::string first_broken_promise(std::string_view seen) {
  const auto promised = split(kPromises, '\n');
  const auto lines = split(seen, '\n');
  for (std::size_t i = 0; i < promised.size(); ++i)
    if (i >= lines.size() || lines[i] != promised[i])
      return fmt::format("{}, where '{}' is needed", i < lines.size() ? one_line(lines[i], 80) : "nothing", promised[i]);
  return {};
}

Task<SandboxState> send_canary(Launcher& launcher, Clock& clock, Threads& threads) {
  const Result<std::string> cage = co_await offload(threads, make_cage);
  if (!cage) co_return SandboxState{false, cage.error().message, "df -h /tmp; ls -ld /tmp"};
  struct Remove {
    const std::string& path;
    ~Remove() { ::rmdir(path.c_str()); }  // empty: the canary writes nothing
  } const remove{*cage};
  co_return co_await watch(launcher, clock, *cage);
}

}  // namespace zo
