#include "model/local_runtime.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "model/local_install.h"
#include "os/file.h"

namespace zo {
namespace {

constexpr char kSocket[] = "m.sock";
constexpr char kInside[] = "/model.gguf";
constexpr std::size_t kSocketPathBytes = 107;  // unix(7)
constexpr std::size_t kMemory = std::size_t{4'096} * limits::MiB;
constexpr std::size_t kMemoryBeside = std::size_t{3'072} * limits::MiB;  // of the weights, where these are large
constexpr std::int64_t kLoadMs = 180'000;     // a model that needs longer is not one to talk to
constexpr std::int64_t kHealthMs = 2'000;     // it answers that in a millisecond, while it works too
constexpr std::int64_t kFirstByteMs = 900'000;  // a full context is read at 10 tokens/s on the slowest machines

// CPUs that we may use; where a control group allows less, as in containers, so many.
int threads() {
  cpu_set_t cpus;
  const int allowed = ::sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
  double quota = 0;
  double period = 0;
  if (const Result<std::string> text = load_file("/sys/fs/cgroup/cpu.max", 256); text)
    if (std::sscanf(text->c_str(), "%lf %lf", &quota, &period) == 2 && period > 0)
      return std::clamp(static_cast<int>(quota / period), 1, allowed);
  return allowed;
}

std::vector<std::string> command_of(const LocalProgram& program) {
  const std::string socket = std::string(kServiceFolder) + "/" + kSocket;
  const std::string context = std::to_string(kLocalContextTokens);
  const std::string count = std::to_string(threads());
  if (program.kind == LocalProgram::Kind::Python)
    return {program.path, "-I", "-c", std::string(local_serve_script()), socket, kInside, context, count};
  return {program.path, "--model", kInside, "--alias", "local", "--host", socket, "--ctx-size", context, "--parallel", "1",
          "--threads", count, "--threads-http", "2", "--n-gpu-layers", "0", "--cache-ram", "0", "--no-repack", "--no-webui",
          "--no-slots", "--slot-save-path", std::string(kServiceFolder) + "/", "--offline"};
}

}  // namespace

SandboxService local_service(const LocalWeights& weights, const LocalProgram& program, std::string folder) {
  SandboxService service{.name = "the model on this machine", .argv = command_of(program)};
  // Threads that wait busily take the cores from each other and from everything else.
  service.environment = {"OMP_WAIT_POLICY=passive"};
  service.readable = {{weights.path, kInside}};
  for (const std::string& mount : program.folders) service.readable.push_back({mount, mount});
  service.folder = std::move(folder);
  service.memory_bytes = std::max(kMemory, static_cast<std::size_t>(weights.size_bytes) + kMemoryBeside);
  return service;
}

LocalRuntime::LocalRuntime(Executor executor, Clock& clock, HttpClient& http, StartService start_service, std::string folder,
                           std::function<void()> on_change)
    : executor_(std::move(executor)), clock_(clock), http_(http), start_service_(std::move(start_service)), folder_(std::move(folder)), on_change_(std::move(on_change)) {}

// Only one model fits into the memory of a small machine, so the next is not started before the last has ended.
Task<Result<>> LocalRuntime::ready(LocalWeights weights, LocalProgram program, std::function<void()> on_loading) {
  if (process_ && weights_.name != weights.name) {
    co_await process_->stop();
    process_ = nullptr;
  }
  weights_ = std::move(weights);
  program_ = std::move(program);
  if (!process_)
    process_ = std::make_unique<Supervised>(executor_, clock_, Supervision{
        .name = local_label(weights_.name), .start = [this] { return start(); }, .is_ready = [this] { return is_ready(); },
        .ready_ms = kLoadMs, .look_ms = kHealthMs, .idle_ms = kLocalIdleMs, .pause_ms_max = kLocalPauseMsMax, .on_change = on_change_,
        .otherwise = "choose another model: zo model use NAME"});
  Task<Result<>> starting = process_->ready(std::move(on_loading));
  co_return co_await std::move(starting);
}

Task<Result<std::unique_ptr<SandboxedService>>> LocalRuntime::start() {
  if (folder_.size() + sizeof kSocket > kSocketPathBytes)
    co_return fail(Code::Invalid, fmt::format("the socket {}/{} would have a path of more than {} bytes", folder_, kSocket, kSocketPathBytes),
                   "a shorter ZO_HOME");
  std::error_code ignored;
  std::filesystem::remove(folder_ + "/" + kSocket, ignored);  // of a process that was killed
  co_return co_await start_service_(local_service(weights_, program_, folder_));
}

// Only a socket is spoken to: the folder is the process's own, and what it puts there must not lead us elsewhere.
Task<bool> LocalRuntime::is_ready() {
  struct stat status{};
  const std::string socket = folder_ + "/" + kSocket;
  if (::lstat(socket.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) co_return false;
  HttpAsk ask{.url = "http://local/health", .unix_socket = socket, .errand = {.purpose = Purpose::Own}};
  ask.connect_ms = ask.first_byte_ms = kHealthMs;
  const Result<HttpAnswer> answer = co_await http_.send(std::move(ask));
  co_return answer && answer->status == 200;
}

HttpAsk LocalRuntime::ask(std::string body, std::string_view target) const {
  HttpAsk ask{.method = "POST", .url = fmt::format("http://local{}", target), .unix_socket = folder_ + "/" + kSocket};
  ask.headers = {{"content-type", "application/json"}};
  ask.body = std::move(body);
  ask.errand.purpose = Purpose::Own;
  ask.first_byte_ms = kFirstByteMs;
  return ask;
}

void LocalRuntime::rest() {
  if (process_) process_->rest();
}

Task<void> LocalRuntime::stop() {
  if (process_) co_await process_->stop();
}

}  // namespace zo
