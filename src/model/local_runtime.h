// The one process that runs the embedded model: llama.cpp's server in the sandbox, reached through a unix socket. Started when it
// is wanted, looked at before each use, started again with a growing pause when it dies, stopped after ten idle minutes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "async/clock.h"
#include "async/scope.h"
#include "model/local_catalog.h"
#include "net/http_client.h"
#include "sandbox/sandbox.h"

namespace zo {

inline constexpr std::int64_t kLocalContextTokens = 8'192;
inline constexpr std::int64_t kLocalIdleMs = 10 * 60'000;
inline constexpr int kLocalStarts = 4;                      // failures in a row, then it gives up for a while
inline constexpr std::int64_t kLocalPauseMs = 500;          // after the first failure; doubled with each
inline constexpr std::int64_t kLocalPauseMostMs = 30'000;

// How a service is put behind the walls: Sandbox::start_service, or a test's.
using StartService = std::function<Task<Result<std::unique_ptr<SandboxedService>>>(SandboxService)>;

class LocalRuntime {
 public:
  // The socket is made in `folder`, which is given to the sandbox's user. `on_change` is called after the state has changed.
  LocalRuntime(Executor executor, Clock& clock, HttpClient& http, StartService start_service, std::string folder, std::function<void()> on_change);
  ~LocalRuntime();

  enum class State { Stopped, Loading, Ready };
  State state() const;
  // Of the process, if there is one.
  const std::string& model() const;
  // Why the last start failed; empty when it did not.
  const std::string& failure() const { return failure_; }

  // Returns when that model answers; another that runs is stopped first. `on_loading` is called when this takes time. For one
  // caller at a time, who calls rest() afterwards, whatever came of it. Cancelled, it leaves a process that is loading for the
  // next caller. Unavailable tells the end of its log.
  Task<Result<>> ready(LocalWeights weights, LocalProgram program, std::function<void()> on_loading);
  // A question to the process that is ready.
  HttpAsk ask(std::string body) const;
  // The answer came whole: what failed before is forgiven.
  void served() { failures_ = 0; }
  // From here on it idles.
  void rest();
  // The connection broke. Waits for a moment for the process's end; the error says what is known of it.
  Task<Error> broken(Error error);
  // Ends the process and all that watches it.
  Task<void> stop();

 private:
  struct Running;

  Task<Result<>> try_once(LocalWeights weights, LocalProgram program, std::function<void()> on_loading);
  Task<Result<>> start(LocalWeights weights, LocalProgram program);
  Task<Result<>> await_health(std::shared_ptr<Running> running, std::function<void()> on_loading);
  Task<int> health();
  Task<void> end_process();
  Task<void> watch_end(std::shared_ptr<Running> running);
  Task<void> watch_idle(std::shared_ptr<Running> running);
  void failed(const Error& error);

  Clock& clock_;
  HttpClient& http_;
  StartService start_service_;
  std::string folder_;
  std::function<void()> on_change_;
  std::shared_ptr<Running> running_;
  bool in_use_ = false;
  std::int64_t idle_since_ = 0;  // steady
  int failures_ = 0;             // in a row
  std::int64_t not_before_ = 0;  // steady; the next start
  std::string failure_;
  Scope scope_;
};

// What the sandbox is told to run.
SandboxService local_service(const LocalWeights& weights, const LocalProgram& program, std::string folder);

}  // namespace zo
