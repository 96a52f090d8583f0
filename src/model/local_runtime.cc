#include "model/local_runtime.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "async/deadline.h"
#include "base/log.h"
#include "base/text.h"
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
constexpr std::int64_t kPollMs = 50;
constexpr std::int64_t kEndMs = 5'000;        // from SIGKILL to the end
constexpr std::int64_t kLastBreathMs = 500;   // from a broken connection to the end
constexpr std::int64_t kFirstByteMs = 900'000;  // a full context is read at 10 tokens/s on the slowest machines
constexpr std::size_t kLogShown = 300;

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
          "--no-slots", "--offline"};
}

std::string exit_words(int code) {
  return code > 128 ? fmt::format("signal {}", code - 128) : fmt::format("exit code {}", code);
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

struct LocalRuntime::Running {
  std::string model;
  std::unique_ptr<SandboxedService> service;
  bool ready = false;
  std::optional<int> exit_code;  // once it has ended

  Error ended(std::string_view when) const {
    std::string message = fmt::format("{} ended {}", local_label(model), when);
    if (exit_code) message += fmt::format(" ({})", exit_words(*exit_code));
    const std::string log = service->output_tail();
    if (const std::string_view end = trim(utf8_suffix(log, kLogShown)); !end.empty()) message += ": " + one_line(end, kLogShown);
    return {Code::Unavailable, std::move(message), "zo doctor; or choose another model: zo model use NAME"};
  }
};

LocalRuntime::LocalRuntime(Executor executor, Clock& clock, HttpClient& http, StartService start_service, std::string folder, std::function<void()> on_change)
    : clock_(clock), http_(http), start_service_(std::move(start_service)), folder_(std::move(folder)), on_change_(std::move(on_change)), scope_(std::move(executor)) {}
LocalRuntime::~LocalRuntime() = default;

LocalRuntime::State LocalRuntime::state() const {
  if (!running_ || running_->exit_code) return State::Stopped;
  return running_->ready ? State::Ready : State::Loading;
}

const std::string& LocalRuntime::model() const {
  static const std::string none;
  return running_ ? running_->model : none;
}

Task<Result<>> LocalRuntime::ready(LocalWeights weights, LocalProgram program, std::function<void()> on_loading) {
  in_use_ = true;
  for (;;) {
    const std::int64_t pause = not_before_ - clock_.steady_ms();
    if (failures_ >= kLocalStarts && pause > 0)
      co_return fail(Code::Unavailable, fmt::format("{} (tried {} times; the next try in {})", failure_, failures_, human_duration(pause)),
                     "zo doctor; or choose another model: zo model use NAME");
    if (failures_ > 0 && pause > 0) co_await clock_.sleep_for(pause);
    Task<Result<>> trying = try_once(weights, program, on_loading);
    const Result<> outcome = co_await std::move(trying);
    if (outcome) {
      failure_.clear();
      co_return outcome;
    }
    failed(outcome.error());
    if (failures_ >= kLocalStarts || !running_) co_return outcome;
  }
}

void LocalRuntime::failed(const Error& error) {
  log_warn("model", error.message);
  failure_ = error.message;
  not_before_ = clock_.steady_ms() + std::min(kLocalPauseMs << std::min(failures_, 10), kLocalPauseMostMs);
  ++failures_;
  on_change_();
}

Task<Result<>> LocalRuntime::try_once(LocalWeights weights, LocalProgram program, std::function<void()> on_loading) {
  if (running_ && (running_->exit_code || running_->model != weights.name)) co_await end_process();
  if (!running_) {
    on_loading();
    ZO_CO_OK(co_await start(std::move(weights), std::move(program)));
    on_loading = nullptr;
  }
  const std::shared_ptr<Running> running = running_;
  Task<Result<>> health = await_health(running, std::move(on_loading));
  Result<> healthy = co_await std::move(health);
  if (!healthy && !running->exit_code) co_await end_process();
  co_return healthy;
}

Task<Result<>> LocalRuntime::start(LocalWeights weights, LocalProgram program) {
  if (folder_.size() + sizeof kSocket > kSocketPathBytes)
    co_return fail(Code::Invalid, fmt::format("the socket {}/{} would have a path of more than {} bytes", folder_, kSocket, kSocketPathBytes),
                   "a shorter ZO_HOME");
  std::error_code ignored;
  std::filesystem::remove(folder_ + "/" + kSocket, ignored);  // of a process that was killed
  auto running = std::make_shared<Running>(Running{.model = weights.name});
  ZO_CO_TRY(running->service, co_await start_service_(local_service(weights, program, folder_)));
  running_ = running;
  on_change_();
  scope_.spawn("watch the model's process", watch_end(running));
  scope_.spawn("stop the model when it idles", watch_idle(running));
  co_return Result<>{};
}

// A process that was ready is given a moment only.
Task<Result<>> LocalRuntime::await_health(std::shared_ptr<Running> running, std::function<void()> on_loading) {
  const std::int64_t limit = running->ready ? kHealthMs : kLoadMs;
  const std::int64_t begin = clock_.steady_ms();
  for (;;) {
    if (running->exit_code) co_return std::unexpected(running->ended("while it was loading"));
    const int status = co_await health();
    if (status == 200) {
      if (!std::exchange(running->ready, true)) on_change_();
      co_return Result<>{};
    }
    if (on_loading) on_loading();
    on_loading = nullptr;
    if (clock_.steady_ms() - begin >= limit)
      co_return fail(Code::Unavailable, fmt::format("{} did not answer for {}, and was stopped", local_label(running->model), human_duration(limit)),
                     "ask again; or choose another model: zo model use NAME");
    co_await clock_.sleep_for(kPollMs);
  }
}

// The status; 0 while nobody listens. Only a socket is spoken to: the folder is the process's own, and what it puts there must
// not lead us elsewhere.
Task<int> LocalRuntime::health() {
  struct stat status{};
  const std::string socket = folder_ + "/" + kSocket;
  if (::lstat(socket.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) co_return 0;
  HttpAsk ask{.url = "http://local/health", .unix_socket = socket};
  ask.connect_ms = ask.first_byte_ms = kHealthMs;
  const Result<HttpAnswer> answer = co_await http_.send(std::move(ask));
  co_return answer ? answer->status : 0;
}

HttpAsk LocalRuntime::ask(std::string body) const {
  HttpAsk ask{.method = "POST", .url = "http://local/v1/chat/completions", .unix_socket = folder_ + "/" + kSocket};
  ask.headers = {{"content-type", "application/json"}};
  ask.body = std::move(body);
  ask.first_byte_ms = kFirstByteMs;
  return ask;
}

void LocalRuntime::rest() {
  in_use_ = false;
  idle_since_ = clock_.steady_ms();
}

Task<Error> LocalRuntime::broken(Error error) {
  const std::int64_t begin = clock_.steady_ms();
  while (running_ && !running_->exit_code && clock_.steady_ms() - begin < kLastBreathMs) co_await clock_.sleep_for(kPollMs);
  if (running_ && running_->exit_code) error = running_->ended("in the middle of its answer");
  failed(error);
  co_return error;
}

Task<void> LocalRuntime::watch_end(std::shared_ptr<Running> running) {
  running->exit_code = co_await running->service->wait();
  on_change_();
  if (running->ready) log_info("model", fmt::format("{} has ended ({})", running->model, exit_words(*running->exit_code)));
}

Task<void> LocalRuntime::watch_idle(std::shared_ptr<Running> running) {
  while (!running->exit_code) {
    const std::int64_t idle = in_use_ ? 0 : clock_.steady_ms() - idle_since_;
    if (idle >= kLocalIdleMs) {
      log_info("model", fmt::format("stopping {}: nobody has asked for {}", running->model, human_duration(idle)));
      running->service->kill();
      co_return;
    }
    co_await clock_.sleep_for(kLocalIdleMs - idle);
  }
}

// Only one model fits into the memory of a small machine, so the next is not started before.
Task<void> LocalRuntime::end_process() {
  const std::shared_ptr<Running> running = std::move(running_);
  running_ = nullptr;
  if (!running || running->exit_code) co_return;
  running->service->kill();
  const std::int64_t begin = clock_.steady_ms();
  while (!running->exit_code && clock_.steady_ms() - begin < kEndMs) co_await clock_.sleep_for(kPollMs);
}

Task<void> LocalRuntime::stop() {
  if (running_) running_->service->kill();
  co_await scope_.stop();
  running_ = nullptr;
}

}  // namespace zo
