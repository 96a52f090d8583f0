#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "async/deadline.h"
#include "async/offload.h"
#include "base/excerpt.h"
#include "base/text.h"
#include "os/environment.h"
#include "os/file.h"
#include "os/owner.h"
#include "sandbox/canary.h"
#include "sandbox/held.h"
#include "sandbox/launch.h"
#include "sandbox/service.h"

namespace zo {
namespace {

constexpr std::int64_t kDyingMs = 5'000;  // from SIGKILL to the end of the last process
constexpr std::int64_t kMemoryWatchMs = 100;
constexpr std::int64_t kDiskWatchMs = 500;
constexpr std::uint64_t kMemoryKept = 10;  // such a part of the machine's memory is not for commands
constexpr std::uint64_t kLooksBetween = 40;  // without the disk having become fuller
constexpr std::uint64_t kDiskLooks = 16;  // files are counted each time that such a part of the allowance is gone from the disk

constexpr std::size_t kCommandBytes = 120 * limits::KiB;  // the kernel takes an argument of up to 128 KiB
constexpr std::size_t kScriptBytes = 1 * limits::MiB;

using OnOutput = std::function<void(std::string_view)>;

// Reads until nobody holds the pipe any more, which is when the whole tree is gone, and waits for the exit code.
Task<SandboxEnd> follow(Launched& launched, Excerpt& excerpt, const OnOutput& on_output) {
  for (;;) {
    const std::string_view bytes = co_await launched.output.next();
    if (bytes.empty()) break;
    on_output(bytes);
    if (excerpt.total() > limits::kOutputRead) co_return SandboxEnd::OutputCut;
  }
  co_await launched.process->wait();
  co_return SandboxEnd::Exited;
}

// After the end, or the signal to end: what is still in the pipe is left there.
Task<int> see_it_die(Launched& launched) {
  for (;;) {
    const std::string_view bytes = co_await launched.output.next();
    if (bytes.empty()) break;
  }
  co_return co_await launched.process->wait();
}

// A shell that reads its script from a descriptor: what stands in arguments can be read by every user of the machine. The script's
// own complaints look as they do with `bash -c SCRIPT`.
std::vector<std::string> shell_words() {
  static const bool has_bash = ::access("/usr/bin/bash", X_OK) == 0;
  if (has_bash) return {"bash", "-c", fmt::format("eval \"$(<{0})\" 8<&-", kScriptPath)};
  return {"sh", "-c", fmt::format("eval \"$(cat {0})\" 8<&-", kScriptPath)};
}

Result<> look_at_script(const std::string& script) {
  if (script.find('\0') != std::string::npos) return fail(Code::Invalid, "the command contains a zero byte");
  if (script.size() <= kScriptBytes) return {};
  return fail(Code::Invalid, fmt::format("the command has {}, limit {}", human_size(script.size()), human_size(kScriptBytes)),
              "write it to a file, and run that");
}

Result<> look_at_words(const SandboxCommand& command) {
  if (!command.script.empty()) return look_at_script(command.script);
  if (command.argv.empty()) return fail(Code::Invalid, "there is no command to run");
  std::size_t bytes = 0;
  for (const std::string& word : command.argv) {
    if (word.find('\0') != std::string::npos) return fail(Code::Invalid, "the command contains a zero byte");
    bytes += word.size() + 1;
  }
  if (bytes <= kCommandBytes) return {};
  return fail(Code::Invalid, fmt::format("the command has {}, limit {}", human_size(bytes), human_size(kCommandBytes)),
              "write it to a file, and run that");
}

Result<Fd> open_service_folder(const std::string& path) {
  ZO_OK(prepare_folder(path));
  Fd folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return os_fail(errno, "cannot open " + path);
  return folder;
}

// What is looked at while a command runs. On a thread for blocking work.
struct Watch {
  const Workspace& workspace;
  DiskAllowance disk;
  std::uint64_t memory_bytes_max = 0;  // 0: limited by a control group
  pid_t tree_root = 0;
  std::uint64_t looks = 0;
  std::uint64_t available_first = memory_bytes_max > 0 ? machine_memory().available_bytes : 0;
  std::uint64_t free_last = workspace.free_bytes();  // when the files were last counted

  std::optional<SandboxEnd> look() {
    // What the command adds may not be seen in what is free, when others make room meanwhile.
    const bool looks_anyway = ++looks % kLooksBetween == 0;
    const bool count_files = disk.bytes_max > 0 && (looks_anyway || workspace.free_bytes() + disk.bytes_max / kDiskLooks < free_last);
    if (memory_bytes_max == 0 && !count_files) return std::nullopt;
    const Held held = held_by(tree_below(tree_root), memory_bytes_max, workspace);
    if (memory_bytes_max > 0 && (held.memory_bytes > memory_bytes_max || machine_is_short())) return SandboxEnd::OverMemory;
    if (count_files && added(held) > disk.bytes_max) return SandboxEnd::OverDisk;
    return std::nullopt;
  }

  // Not all that a command holds can be counted (what is under way in sockets, say). When the machine itself runs out of memory, and
  // has lost more of it than half the limit since the command began, the command is what ends.
  bool machine_is_short() const {
    const MachineMemory now = machine_memory();
    return now.available_bytes < now.total_bytes / kMemoryKept && now.available_bytes + memory_bytes_max / 2 < available_first;
  }

  // Walks through the workspace, so only when the disk has really become fuller.
  std::uint64_t added(const Held& held) {
    free_last = workspace.free_bytes();
    const std::uint64_t gone = disk.free_bytes > free_last ? disk.free_bytes - free_last : 0;
    return std::min(gone, changed_bytes(workspace, disk.since) + held.unlinked_bytes);
  }
};

bool is_used_up(const Workspace& workspace, const DiskAllowance& disk) {
  if (disk.free_bytes < workspace.free_bytes() + disk.bytes_max) return false;
  return changed_bytes(workspace, disk.since) > disk.bytes_max;
}

std::unexpected<Error> refused(std::string_view what, std::string reason, std::string advice) {
  return fail(Code::Unavailable, fmt::format("the sandbox cannot start, so {} was not run: {}", what, reason), std::move(advice));
}

// "--" and the words of the command, as the inner launcher wants them.
std::vector<std::string> command_words(std::vector<std::string> argv) {
  argv.insert(argv.begin(), "--");
  return argv;
}

}  // namespace

struct Sandbox::State {
  State(Executor executor, Clock& c, Threads& p) : clock(c), threads(p), launcher(std::move(executor), c) {}

  Task<SandboxEnd> watch(Launched& launched, const SandboxCommand& command);
  Task<SandboxEnd> watch_and_serve(Launched& launched, const SandboxCommand& command);

  Clock& clock;
  Threads& threads;
  Launcher launcher;
  bool trusted = false;  // the canary has come back well
};

// Ends when the command holds or has added too much. A command that is soon over costs nothing.
Task<SandboxEnd> Sandbox::State::watch(Launched& launched, const SandboxCommand& command) {
  const bool count_memory = !launcher.limits_memory_together();
  const auto seen = std::make_shared<Watch>(Watch{*command.workspace, command.disk, count_memory ? command.memory_bytes : 0, launched.process->pid()});
  for (;;) {
    co_await clock.sleep_for(count_memory ? kMemoryWatchMs : kDiskWatchMs);
    auto look = [seen] { return seen->look(); };
    const std::optional<SandboxEnd> end = co_await offload(threads, std::move(look));
    if (end) co_return *end;
  }
}

// The proxy lives as long as its command. One that has failed leads nowhere; the command goes on without it.
Task<SandboxEnd> serve_network(Clock& clock, const SandboxNetwork& network, Fd listener) {
  co_await network.serve(std::move(listener));
  for (;;) co_await clock.sleep_for(limits::kCommandMsMax);
}

Task<SandboxEnd> Sandbox::State::watch_and_serve(Launched& launched, const SandboxCommand& command) {
  auto watching = watch(launched, command);
  if (!command.network) co_return co_await std::move(watching);
  auto racing = first_of(std::move(watching), serve_network(clock, *command.network, std::move(launched.listener)));
  const auto end = co_await std::move(racing);
  co_return std::visit([](SandboxEnd one) { return one; }, end);
}

Sandbox::Sandbox(Executor executor, Clock& clock, Threads& threads)
    : state_(std::make_unique<State>(std::move(executor), clock, threads)) {}
Sandbox::~Sandbox() = default;

Task<SandboxState> Sandbox::check() {
  SandboxState seen{.ok = true};
  if (!state_->trusted) seen = co_await send_canary(state_->launcher, state_->clock, state_->threads);
  state_->trusted = seen.ok;
  seen.limits_memory_together = state_->launcher.limits_memory_together();
  co_return seen;
}

Task<Result<SandboxOutcome>> Sandbox::run(SandboxCommand command, std::function<void(std::string_view)> on_output) {
  ZO_CO_OK(look_at_words(command));
  SandboxState state = co_await check();
  if (!state.ok) co_return refused("the command", std::move(state.reason), std::move(state.advice));

  const Workspace& workspace = *command.workspace;
  ZO_CO_OK(workspace.check_access());
  // A run of many short commands meets its limit, too.
  auto look = [&workspace, disk = command.disk] { return is_used_up(workspace, disk); };
  const bool used_up = command.disk.bytes_max > 0 && co_await offload(state_->threads, std::move(look));
  if (used_up)
    co_return fail(Code::Exhausted, fmt::format("this run may add {} to the workspace, and has added more", human_size(command.disk.bytes_max)),
                   "zo file remove what is not needed, or empty the deleted files in the page; zo limit set disk_a_run SIZE allows more");
  ZO_CO_TRY(const Fd input, memory_file("zo-input", command.input));
  Launch launch{.command = command_words(command.script.empty() ? std::move(command.argv) : shell_words()),
                .script = std::move(command.script),
                .writable = {.host = workspace.current_path(), .folder = workspace.folder().get(), .mapping = workspace.mapping().get(),
                             .inside = "/workspace"},
                .read_only = std::move(command.read_only),
                .memory_bytes = command.memory_bytes, .processes_max = command.processes_max, .input = input.get()};
  if (command.network) {
    launch.environment = std::move(command.network->environment);
    launch.listen_port = kSandboxProxyPort;
  }
  if (const std::string zone = time_zone(); !zone.empty()) launch.environment.push_back("TZ=" + zone);
  const std::int64_t begin = state_->clock.steady_ms();
  Result<std::unique_ptr<Launched>> launching = co_await state_->launcher.launch(std::move(launch));
  if (!launching) co_return refused("the command", std::move(launching.error().message), std::move(launching.error().advice));
  const std::unique_ptr<Launched> launched = *std::move(launching);

  Excerpt excerpt(command.output_bytes_max);
  const OnOutput take = [&](std::string_view bytes) {
    if (bytes.empty()) return;
    excerpt.add(bytes);
    if (on_output) on_output(bytes);
  };
  const OnOutput taken = !command.filter ? take : [&](std::string_view bytes) { take(command.filter(bytes)); };
  auto racing = first_of(follow(*launched, excerpt, taken), state_->watch_and_serve(*launched, command));
  const std::optional<std::variant<SandboxEnd, SandboxEnd>> ending = co_await within(state_->clock, command.time_ms, std::move(racing));
  const SandboxEnd end = !ending ? SandboxEnd::TimedOut : std::visit([](SandboxEnd one) { return one; }, *ending);
  if (end != SandboxEnd::Exited) launched->process->kill();
  const std::optional<int> code = co_await within(state_->clock, kDyingMs, see_it_die(*launched));
  taken({});
  SandboxOutcome outcome{.exit_code = code.value_or(128 + SIGKILL),
                         .output = excerpt.text(),
                         .output_bytes = excerpt.total(),
                         .elapsed_ms = state_->clock.steady_ms() - begin,
                         .out_of_memory = launched->cgroup && launched->cgroup->out_of_memory()};
  outcome.end = end == SandboxEnd::Exited && outcome.exit_code > 128 ? SandboxEnd::Signalled : end;
  co_return outcome;
}

Task<Result<std::unique_ptr<SandboxedService>>> Sandbox::start_service(SandboxService service) {
  ZO_CHECK(!service.argv.empty());
  SandboxState state = co_await check();
  if (!state.ok) co_return refused(service.name, std::move(state.reason), std::move(state.advice));
  auto prepare = [path = service.folder] { return open_service_folder(path); };
  ZO_CO_TRY(const Fd folder, co_await offload(state_->threads, std::move(prepare)));
  PipeFds input;
  if (service.input < 0) {
    ZO_CO_TRY(input, make_pipe());
  }
  Launch launch{.command = command_words(std::move(service.argv)), .readable = std::move(service.readable),
                .writable = {.host = service.folder, .folder = folder.get(), .inside = std::string(kServiceFolder)},
                .environment = std::move(service.environment),
                .memory_bytes = service.memory_bytes, .processes_max = service.processes_max,
                .input = service.input < 0 ? input.read.get() : service.input, .output = service.output, .passed = std::move(service.passed)};
  Result<std::unique_ptr<Launched>> launched = co_await state_->launcher.launch(std::move(launch));
  if (!launched) co_return refused(service.name, std::move(launched.error().message), std::move(launched.error().advice));
  co_return keep_service(*std::move(launched), std::move(input.write));
}

}  // namespace zo
