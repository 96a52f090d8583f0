#include "sandbox/supervised.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "async/condition.h"
#include "async/deadline.h"
#include "base/log.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::int64_t kPollMs = 50;
constexpr std::int64_t kEndMs = 5'000;       // from SIGKILL to the end
constexpr std::int64_t kLastBreathMs = 500;  // from a failure in use to the end
constexpr std::size_t kLogShown = 300;
constexpr int kDoublings = 10;               // after which any pause is at its longest

std::string exit_words(int code) {
  return code > 128 ? fmt::format("signal {}", code - 128) : fmt::format("exit code {}", code);
}

}  // namespace

struct Supervised::Running {
  std::unique_ptr<SandboxedService> service;
  Condition changed;
  bool was_ready = false;
  std::optional<int> exit_code = {};  // once it has ended

  Task<bool> end() {
    while (!exit_code) co_await changed.wait();
    co_return true;
  }
};

Supervised::Supervised(Executor executor, Clock& clock, Supervision supervision)
    : executor_(executor), clock_(clock), supervision_(std::move(supervision)), scope_(std::move(executor)) {}
Supervised::~Supervised() = default;

Supervised::State Supervised::state() const {
  if (!running_ || running_->exit_code) return State::Stopped;
  return running_->was_ready ? State::Ready : State::Starting;
}

Task<Result<>> Supervised::ready(std::function<void()> on_starting) {
  in_use_ = true;
  for (;;) {
    const std::int64_t pause = not_before_ - clock_.steady_ms();
    if (failures_ >= supervision_.starts_max && pause > 0)
      co_return fail(Code::Unavailable, fmt::format("{} (tried {} times; the next try in {})", failure_, failures_, human_duration(pause)),
                     advice("zo doctor"));
    if (failures_ > 0 && pause > 0) co_await clock_.sleep_for(pause);
    Task<Result<>> trying = try_once(on_starting);
    const Result<> outcome = co_await std::move(trying);
    if (outcome) {
      failure_.clear();
      co_return outcome;
    }
    failed(outcome.error());
    // What ended by itself is started again. Who asks is told at once of what cannot be started, or does not answer.
    if (failures_ >= supervision_.starts_max || !running_) co_return outcome;
  }
}

void Supervised::failed(const Error& error) {
  log_warn("service", error.message);
  failure_ = error.message;
  not_before_ = clock_.steady_ms() + std::min(supervision_.pause_ms << std::min(failures_, kDoublings), supervision_.pause_ms_max);
  ++failures_;
  supervision_.on_change();
}

Task<Result<>> Supervised::try_once(std::function<void()> on_starting) {
  if (running_ && running_->exit_code) running_ = nullptr;
  if (!running_) {
    on_starting();
    on_starting = nullptr;
    ZO_CO_TRY(std::unique_ptr<SandboxedService> service, co_await supervision_.start());
    running_ = std::make_shared<Running>(Running{.service = std::move(service), .changed = Condition(executor_)});
    supervision_.on_change();
    scope_.spawn("watch " + supervision_.name, watch(running_));
    scope_.spawn("stop " + supervision_.name + " when it idles", stop_when_idle(running_));
  }
  const std::shared_ptr<Running> running = running_;
  Task<Result<>> awaiting = await_ready(running, std::move(on_starting));
  Result<> outcome = co_await std::move(awaiting);
  if (!outcome && !running->exit_code) co_await end_process();
  co_return outcome;
}

Task<Result<>> Supervised::await_ready(std::shared_ptr<Running> running, std::function<void()> on_starting) {
  const std::int64_t limit = running->was_ready ? supervision_.look_ms : supervision_.ready_ms;
  const std::int64_t begin = clock_.steady_ms();
  for (;;) {
    if (running->exit_code) co_return std::unexpected(ended(*running, "before it was ready"));
    if (co_await supervision_.is_ready()) {
      if (!std::exchange(running->was_ready, true)) supervision_.on_change();
      co_return Result<>{};
    }
    if (on_starting) on_starting();
    on_starting = nullptr;
    if (clock_.steady_ms() - begin >= limit)
      co_return fail(Code::Unavailable, fmt::format("{} did not answer for {}, and was stopped", supervision_.name, human_duration(limit)),
                     advice("ask again"));
    co_await clock_.sleep_for(kPollMs);
  }
}

Error Supervised::ended(const Running& running, std::string_view when) const {
  std::string message = fmt::format("{} ended {} ({})", supervision_.name, when, exit_words(*running.exit_code));
  const std::string log = running.service->output_tail();
  if (const std::string_view end = trim(utf8_suffix(log, kLogShown)); !end.empty()) message += ": " + one_line(end, kLogShown);
  return {Code::Unavailable, std::move(message), advice("zo doctor")};
}

std::string Supervised::advice(std::string_view first) const {
  return supervision_.otherwise.empty() ? std::string(first) : fmt::format("{}; or {}", first, supervision_.otherwise);
}

void Supervised::rest() {
  in_use_ = false;
  idle_since_ = clock_.steady_ms();
}

Task<Error> Supervised::broken(Error error) {
  const std::shared_ptr<Running> running = running_;
  if (running) co_await within(clock_, kLastBreathMs, running->end());
  if (running && running->exit_code) error = ended(*running, "while it was in use");
  failed(error);
  co_return error;
}

Task<void> Supervised::watch(std::shared_ptr<Running> running) {
  running->exit_code = co_await running->service->wait();
  running->changed.notify_all();
  supervision_.on_change();
  if (running->was_ready) log_info("service", fmt::format("{} has ended ({})", supervision_.name, exit_words(*running->exit_code)));
}

Task<void> Supervised::stop_when_idle(std::shared_ptr<Running> running) {
  for (;;) {
    const std::int64_t idle = in_use_ ? 0 : clock_.steady_ms() - idle_since_;
    if (idle >= supervision_.idle_ms) {
      log_info("service", fmt::format("stopping {}: nobody has wanted it for {}", supervision_.name, human_duration(idle)));
      running->service->kill();
      co_return;
    }
    if (co_await within(clock_, supervision_.idle_ms - idle, running->end())) co_return;
  }
}

Task<void> Supervised::end_process() {
  const std::shared_ptr<Running> running = std::move(running_);
  running_ = nullptr;
  if (!running || running->exit_code) co_return;
  running->service->kill();
  co_await within(clock_, kEndMs, running->end());
}

Task<void> Supervised::stop() {
  co_await end_process();
  co_await scope_.stop();
}

}  // namespace zo
