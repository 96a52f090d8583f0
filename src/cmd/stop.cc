// `zo stop`: ends the server of this home.
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/text.h"
#include "base/time.h"
#include "cmd/client.h"
#include "cmd/commands.h"
#include "cmd/terminal.h"
#include "os/file.h"

namespace zo {
namespace {

constexpr int kStopMs = 60'000;  // for runs to be put down and readers to hear the end
constexpr int kSilentMs = 2'000;

// The process that listens on the socket of this home, and a descriptor that means this very process, whatever becomes of its number.
struct Server {
  pid_t pid = 0;
  Fd process;
};

int say(const Error& error) {
  print_error(error);
  return exit_code(error.code);
}

Result<Server> find_server(const Home& home) {
  const auto pid = ApiClient::server_of(home);
  if (!pid) {
    if (HomeLock::take(home)) return fail(Code::NotFound, "no ZoClone runs on " + home.folder, "zo serve starts one");
    return fail(Code::Conflict, home.folder + " is in use, and nothing answers there yet", "wait a moment: a server that starts, or a short command");
  }
  if (*pid <= 0) return fail(Code::Unavailable, "the server of " + home.folder + " runs where its process is not to be seen", "stop it there");
  Server server{*pid, Fd(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)))};
  // Had it ended meanwhile, the number could be another's by now.
  if (!server.process.is_open() || ApiClient::server_of(home) != pid)
    return fail(Code::Conflict, "the server of " + home.folder + " has just ended or begun anew", "zo stop");
  return server;
}

bool has_gone(const Server& server, int within_ms) {
  pollfd watched{server.process.get(), POLLIN, 0};
  return ::poll(&watched, 1, within_ms) == 1;
}

}  // namespace

int stop(const StopOptions& options) {
  const Terminal terminal = Terminal::detect(options.quiet);
  const Result<Home> home = open_home();
  if (!home) return say(home.error());
  const Result<Server> server = find_server(*home);
  if (!server) return say(server.error());
  if (::syscall(SYS_pidfd_send_signal, server->process.get(), SIGTERM, nullptr, 0) != 0 && errno != ESRCH)
    return say(os_error(errno, fmt::format("cannot stop process {}", server->pid)));
  if (!has_gone(*server, kSilentMs)) print_note(terminal, fmt::format("process {} is ending its work", server->pid));
  if (!has_gone(*server, kStopMs))
    return say({Code::Timeout, fmt::format("process {} has not ended within {}", server->pid, human_duration(kStopMs)),
                fmt::format("kill -9 {}: nothing that was answered is lost", server->pid)});
  print_note(terminal, fmt::format("stopped the ZoClone on {} (process {}); what it worked on goes on with the next start", home->folder, server->pid));
  return 0;
}

}  // namespace zo
