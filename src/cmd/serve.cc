#include "cmd/serve.h"

#include <malloc.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "api/api.h"
#include "base/log.h"
#include "base/version.h"
#include "cmd/terminal.h"
#include "computer/computer.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "os/environment.h"
#include "os/file.h"
#include "os/memory.h"
#include "os/process.h"
#include "os/signal.h"

namespace zo {
namespace {

constexpr int kPortsTried = 20;  // beyond a taken default one
constexpr std::size_t kBlockingThreads = 4;
constexpr std::int64_t kLastWordsMs = 1'000;  // for those who read when the server stops
constexpr std::int64_t kLookMs = 5;
constexpr std::int64_t kStartOverMs = 500;  // behind the first line

int say(const Error& error) {
  print_error(error);
  return exit_code(error.code);
}

// A taken port is an error when the person named it; else the next free one is chosen, and said.
Result<std::string> listen(HttpServer& server, const ServeOptions& options) {
  const std::size_t colon = options.listen.rfind(':');
  const std::string host = options.listen.substr(0, colon);
  const char* const end = options.listen.data() + options.listen.size();
  std::uint16_t first = 0;
  const auto [rest, bad] = std::from_chars(colon == std::string::npos ? end : options.listen.data() + colon + 1, end, first);
  if (bad != std::errc() || rest != end) return fail(Code::Invalid, "'" + options.listen + "' is not HOST:PORT", "--listen 127.0.0.1:8787");
  if (!is_loopback(host))
    return fail(Code::Denied, fmt::format("'{}' is not an address of this machine alone, and ZoClone listens on no other", host),
                "--listen 127.0.0.1:8787, and from another machine: ssh -L 8787:127.0.0.1:8787 you@host");
  for (int i = 0; i < kPortsTried; ++i) {
    const Result<> bound = server.listen_tcp(host + ":" + std::to_string(first + i));
    if (bound && i > 0) std::fprintf(stderr, "Port %d is taken; using %d.\n", first, first + i);
    if (bound) return "http://" + host + ":" + std::to_string(server.port());
    if (options.listen_given || first == 0 || bound.error().code != Code::Conflict) return std::unexpected(bound.error());
  }
  return fail(Code::Conflict, fmt::format("the ports {} to {} are all taken", first, first + kPortsTried - 1), "--listen 127.0.0.1:0");
}

// Everything that lives as long as the server.
struct Running {
  asio::io_context io{1};
  RealClock clock;
  SystemDice dice;
  Threads threads{"zo-threads", kBlockingThreads};
  World world{io.get_executor(), threads, clock, dice, {}};
  std::unique_ptr<Store> store;
  Workspaces workspaces{threads};
  Principal person;  // at the machine: the one who runs this server
  std::unique_ptr<Computer> computer;
  std::unique_ptr<Api> api;
  std::unique_ptr<HttpServer> server;
};

Task<Result<>> build(Running& run, const Home& home) {
  ZO_CO_TRY(run.store, open_store(home));
  ZO_CO_TRY(run.person, co_await Accounts(*run.store, run.clock, run.dice).at_machine(::geteuid()));
  ZO_CO_TRY(const std::string chosen, co_await read_workspace_choice(*run.store, run.person.person));
  const std::string workspace = home.workspace(chosen);
  ZO_CO_TRY(Workspace opened, Workspace::open(workspace, home.closed()));
  if (!opened.unmapped().empty()) log_warn("serve", fmt::format("what others own below the workspace is closed to the agent: {}", opened.unmapped()));
  run.workspaces.add(run.person.person, std::move(opened));
  run.computer = std::make_unique<Computer>(run.world, home, *run.store, run.workspaces);
  run.api = std::make_unique<Api>(*run.computer);
  run.server = std::make_unique<HttpServer>(run.io.get_executor(), run.clock, run.api->admit());
  co_return Result<>{};
}

// How to call this program from here: by its name where PATH leads to it, else by its path.
std::string own_name() {
  std::error_code ignored;  // what cannot be looked at is not this program
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return std::filesystem::equivalent(find_program("zo"), self, ignored) ? "zo" : self.string();
}

// Line 1 on standard output is the address; line 2, at the first start only, the setup link. The rest is for the person. A quiet
// start makes no link: nobody would see it, and the next start that is not quiet is then still the first.
Task<Result<>> announce(Running& run, const Home& home, const std::string& address, bool quiet) {
  std::printf("ZoClone is ready at %s\n", address.c_str());
  if (run.computer->vault.problem()) print_error(*run.computer->vault.problem());
  ZO_CO_TRY(const bool never, co_await run.computer->accounts.never_set_up(run.person.person));
  const bool first = never && !quiet;
  if (first) {
    ZO_CO_TRY(const std::string url, co_await run.api->make_setup_url(run.person));
    std::printf("%s\n", url.c_str());
  }
  std::fflush(stdout);
  if (quiet) co_return Result<>{};
  const std::string port = address.substr(address.rfind(':') + 1);
  const std::string name = own_name();
  if (first)
    std::fprintf(stderr, "Open the link within 10 minutes; it works once. Over SSH: ssh -L %s:127.0.0.1:%s you@host\n", port.c_str(), port.c_str());
  else
    write_errors("A link to the page for another browser: " + name + " setup-link\n");
  write_errors(fmt::format("Workspace: {} · data: {} · stop: Ctrl-C · health: {} doctor\n", run.workspaces.of(run.person.person)->get().root(), home.folder, name));
  co_return Result<>{};
}

// Most of what a start runs and allocates is needed once.
Task<void> give_back_what_the_start_took(Clock& clock) {
  co_await clock.sleep_for(kStartOverMs);
  give_back_memory();
}

// Serves from the first line on standard output until a signal comes.
Task<Result<>> serve_until_told(Running& run, const Home& home, const ServeOptions& options, EndSignals& signals) {
  ZO_CO_TRY(const std::string address, listen(*run.server, options));
  run.api->set_address(address);
  ZO_CO_OK(co_await run.computer->start());
  ZO_CO_OK(run.server->listen_unix(home.socket()));
  // Others can be told the address from it; a full disk, which may have to be mended through this server, has no room for it.
  if (const Result<> told = save_file(home.address_file(), address + "\n"); !told) log_warn("serve", told.error().message);
  ZO_CO_OK(co_await announce(run, home, address, options.quiet));
  log_info("serve", fmt::format("ZoClone {} listens at {}", kVersion, address));
  Scope scope(run.io.get_executor());
  scope.spawn("warm the embedded model", run.computer->warm(run.person.person));
  scope.spawn("give back what the start took", give_back_what_the_start_took(run.clock));
  scope.spawn("remove what was deleted long ago", run.workspaces.tidy(run.clock));
  const int signal = co_await signals.next();
  log_info("serve", fmt::format("stopping on signal {}", signal));
  co_await scope.stop();
  co_return Result<>{};
}

// The runs' work ends first, so that each reader gets the end of its stream instead of a connection that breaks.
Task<void> stop_server(Running& run) {
  run.server->stop_accepting();
  co_await run.computer->stop_work();
  run.computer->notices.stop();
  const std::int64_t end = run.clock.steady_ms() + kLastWordsMs;
  while (run.server->answering() > 0 && run.clock.steady_ms() < end) co_await run.clock.sleep_for(kLookMs);
  co_await run.server->stop();
  co_await run.computer->stop();
}

Task<Result<>> run_until_told(Running& run, const Home& home, const ServeOptions& options) {
  EndSignals signals(run.io.get_executor());
  ZO_CO_OK(co_await build(run, home));
  const Result<> served = co_await serve_until_told(run, home, options, signals);
  co_await stop_server(run);
  std::remove(home.address_file().c_str());
  std::remove(home.socket().c_str());
  co_return served;
}

}  // namespace

int serve(const ServeOptions& options) {
  // One arena for all threads: the other allocations are few, and every further arena costs resident memory.
  ::mallopt(M_ARENA_MAX, 1);
  Result<Home> home = open_home();
  if (!home) return say(home.error());
  const Result<HomeLock> lock = HomeLock::take(*home);
  if (!lock) return say(lock.error());
  if (const Result<> opened = open_log(home->logs()); !opened) return say(opened.error());
  raise_open_files_limit();
  Result<> outcome;
  std::exception_ptr failure;
  {
    Running run;
    run.world.environment = take_model_environment();
    run.world.passphrase = take_variable(kPassphraseVariable);
    asio::co_spawn(run.io, run_until_told(run, *home, options), [&](std::exception_ptr e, Result<> r) {
      failure = e;
      outcome = std::move(r);
      run.io.stop();
    });
    run.io.run();
    run.server.reset();
    run.api.reset();
    run.computer.reset();
    run.store.reset();
  }
  if (failure) {
    std::string buffer;
    return say({Code::Internal, std::string(describe(failure, buffer)), ""});
  }
  return outcome ? 0 : say(outcome.error());
}

}  // namespace zo
