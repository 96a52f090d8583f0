// A child that is kept ready: started when it is wanted, looked at before each use, started again with a growing pause when it dies,
// stopped when nobody has wanted it for a while. Never more than one process.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "async/clock.h"
#include "async/scope.h"
#include "sandbox/sandbox.h"

namespace zo {

// Who the child is, and what is expected of it.
struct Supervision {
  std::string name;  // for messages: "Qwen2.5-Coder 1.5B"
  // Puts it behind the walls, by Sandbox::start_service or as a test likes.
  std::function<Task<Result<std::unique_ptr<SandboxedService>>>()> start;
  // Whether it can be used. Asked again and again while it starts, and before each use.
  std::function<Task<bool>()> is_ready;
  std::int64_t ready_ms = 30'000;         // from its start; what needs longer is ended
  std::int64_t look_ms = 2'000;           // the same for one that was ready before
  std::int64_t idle_ms = 10 * 60'000;     // nobody has wanted it for so long: it is ended
  int starts_max = 4;                     // failures in a row, then it gives up for a while
  std::int64_t pause_ms = 500;            // after the first failure; doubled with each
  std::int64_t pause_ms_max = 30'000;
  std::function<void()> on_change = [] {};  // state() or failure() is another now
  std::string otherwise;                  // what a person can do instead, for advice: "choose another model: zo model use NAME"
};

class Supervised {
 public:
  Supervised(Executor executor, Clock& clock, Supervision supervision);
  ~Supervised();

  enum class State { Stopped, Starting, Ready };
  State state() const;
  // Why it could not be used last time; empty when it could.
  const std::string& failure() const { return failure_; }

  // Returns when it can be used. `on_starting` is called when this takes time. For one caller at a time, who calls rest() afterwards,
  // whatever came of it. Cancelled, it leaves a process that is starting for the next caller. Unavailable tells the end of its log.
  Task<Result<>> ready(std::function<void()> on_starting);
  // It did what was wanted: what failed before is forgiven.
  void served() { failures_ = 0; }
  // From here on it idles.
  void rest();
  // It failed in use. Waits a moment for the process's end; the error says what is known of it.
  Task<Error> broken(Error error);
  // Returns when the process has ended; it may be started again.
  Task<void> stop();

 private:
  struct Running;

  Task<Result<>> try_once(std::function<void()> on_starting);
  Task<Result<>> await_ready(std::shared_ptr<Running> running, std::function<void()> on_starting);
  Task<void> end_process();
  Task<void> watch(std::shared_ptr<Running> running);
  Task<void> stop_when_idle(std::shared_ptr<Running> running);
  Error ended(const Running& running, std::string_view when) const;
  std::string advice(std::string_view first) const;
  void failed(const Error& error);

  Executor executor_;
  Clock& clock_;
  Supervision supervision_;
  std::shared_ptr<Running> running_;
  bool in_use_ = false;
  std::int64_t idle_since_ = 0;  // steady
  int failures_ = 0;             // in a row
  std::int64_t not_before_ = 0;  // steady; the next start
  std::string failure_;
  Scope scope_;
};

}  // namespace zo
