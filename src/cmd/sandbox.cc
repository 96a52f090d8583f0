// `zo sandbox run`: a command exactly as the agent's shell tool would run it.
#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/shown.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/commands.h"
#include "cmd/egress.h"
#include "cmd/frame.h"
#include "cmd/limit_book.h"
#include "cmd/local.h"
#include "cmd/terminal.h"
#include "os/file.h"
#include "os/workspace.h"
#include "sandbox/egress.h"
#include "sandbox/sandbox.h"
#include "tool/plain.h"
#include "tool/workspace_tools.h"

namespace zo {
namespace {

constexpr int kTimedOut = 124;     // as timeout(1) says it
constexpr int kUnavailable = 125;  // as env(1) and docker say it: the command was not even started

// One word is a command line for the shell, as the agent writes it; several words are the command itself.
SandboxCommand command_of(const std::vector<std::string>& words) {
  if (words.size() > 1) return {.argv = words};
  return {.script = words.front()};
}

Task<Result<Workspace>> workspace_for(const SandboxOptions& options) {
  ZO_CO_TRY(const Home home, open_home());
  std::string folder = options.workspace;
  if (folder.empty()) {
    ZO_CO_TRY(folder, co_await find_workspace(home));
  } else if (::access(folder.c_str(), F_OK) != 0) {
    co_return os_fail(errno, "cannot use the workspace " + folder);
  }
  co_return Workspace::open(std::filesystem::absolute(folder).lexically_normal().string(), home.closed());
}

int refuse(const Error& error) {
  print_error(error);
  return kUnavailable;
}

int outcome_code(const SandboxOutcome& outcome, const CommandLimits& given) {
  const Terminal terminal = Terminal::detect(false);
  const std::string memory = human_size(static_cast<std::uint64_t>(given.memory_bytes));
  const std::string more_memory = or_raise("", Limit::CommandMemory, given.memory_bytes);
  switch (outcome.end) {
    case SandboxEnd::Exited:
    case SandboxEnd::Signalled:
      if (outcome.out_of_memory) print_note(terminal, fmt::format("out of memory: the limit is {}; {}", memory, more_memory));
      return outcome.exit_code;
    case SandboxEnd::TimedOut:
      print_error({Code::Timeout, "stopped after " + human_duration(given.time_s * 1'000), "--time SECONDS"});
      return kTimedOut;
    case SandboxEnd::OverMemory:
      print_error({Code::Exhausted, "stopped: out of memory, the limit is " + memory, more_memory});
      return exit_code(Code::Exhausted);
    case SandboxEnd::OverDisk:
      print_error({Code::Exhausted, "stopped: it has added more to the workspace than a run may", "zo limit set disk_a_run SIZE"});
      return exit_code(Code::Exhausted);
    case SandboxEnd::OutputCut:
      print_error({Code::Exhausted, "stopped: too much output; " + human_size(outcome.output_bytes) + " so far", "write it to a file"});
      return exit_code(Code::Exhausted);
  }
  return 1;
}

Result<Egress> egress_of(const SandboxOptions& options) {
  Egress egress;
  for (const std::string& word : options.allow) ZO_OK(egress.allow(word));
  if (options.egress.empty()) return egress;
  ZO_TRY(egress.mode, egress_mode(options.egress));
  if (egress.mode == EgressMode::Allowlist || options.allow.empty()) return egress;
  return fail(Code::Invalid, fmt::format("--egress {} takes no --allow", options.egress), "--egress allowlist");
}

// Each refusal once, with how often.
void print_refused(const std::map<std::string, std::size_t>& refused) {
  for (const auto& [text, count] : refused)
    print_note(Terminal::detect(false), fmt::format("refused: {}{}", text, count > 1 ? fmt::format(" ({} times)", count) : ""));
}

Task<Result<int>> run_in_sandbox(const SandboxOptions& options) {
  RealClock clock;
  Threads threads("sandbox", 1);
  Result<Egress> egress = egress_of(options);
  if (!egress) co_return refuse(egress.error());
  Sandbox sandbox(co_await asio::this_coro::executor, clock, threads);
  Result<Workspace> workspace = co_await workspace_for(options);
  if (!workspace) co_return refuse(workspace.error());
  Files files(std::move(*workspace), threads);
  const SandboxState state = co_await sandbox.check();
  if (!state.ok) co_return refuse({Code::Unavailable, "the sandbox cannot be had: " + state.reason, state.advice});

  SandboxCommand command = command_of(options.command);
  command.workspace = &files.workspace();
  ZO_CO_TRY(const HostRunBefore before, co_await files.host_run());
  command.read_only = before.read_only;
  ZO_CO_TRY(CommandLimits given, co_await command_limits());
  if (options.time_s > 0) given.time_s = options.time_s;
  command.disk = files.new_allowance(given.disk_bytes);
  command.time_ms = given.time_s * 1'000;
  command.memory_bytes = static_cast<std::size_t>(given.memory_bytes);
  command.processes_max = static_cast<std::size_t>(given.processes_max);
  std::map<std::string, std::size_t> refused;
  std::unique_ptr<OwnersWayOut> way_out;
  if (egress->mode != EgressMode::Off) {
    ZO_CO_TRY(way_out, co_await OwnersWayOut::open());
    ZO_CO_TRY(command.network, co_await way_out->network(*egress, refused));
  }
  const bool to_terminal = Terminal::detect(false).output;
  PlainText plain;
  const auto on_output = [&plain, to_terminal](std::string_view bytes) {
    write_output(to_terminal ? plain.feed(bytes) : std::string(bytes));
  };
  const Result<SandboxOutcome> outcome = co_await sandbox.run(std::move(command), on_output);
  if (way_out) co_await way_out->stop();
  print_refused(refused);
  for (const LeftFile& left : co_await files.left_since(before))
    print_note(Terminal::detect(false), fmt::format("left something that your own tools may run: {}{}", name_in_line(left.path), left.removed ? ", and was taken away again" : ""));
  if (!outcome) co_return refuse(outcome.error());
  co_return outcome_code(*outcome, given);
}

}  // namespace

int sandbox_run(const SandboxOptions& options) {
  return run_command([&options] { return run_in_sandbox(options); });
}

}  // namespace zo
