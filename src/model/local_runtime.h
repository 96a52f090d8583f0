// The one process that runs the embedded model: llama.cpp's server in the sandbox, supervised, and reached through a unix socket.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "async/clock.h"
#include "model/local_catalog.h"
#include "net/http_client.h"
#include "sandbox/supervised.h"

namespace zo {

inline constexpr std::int64_t kLocalContextTokens = 8'192;
inline constexpr std::int64_t kLocalIdleMs = 10 * 60'000;
inline constexpr std::int64_t kLocalPauseMsMax = 30'000;  // between two starts

// How a service is put behind the walls: Sandbox::start_service, or a test's.
using StartService = std::function<Task<Result<std::unique_ptr<SandboxedService>>>(SandboxService)>;

class LocalRuntime {
 public:
  // The socket is made in `folder`, which is given to the sandbox's user. `on_change` is called after the state has changed.
  LocalRuntime(Executor executor, Clock& clock, HttpClient& http, StartService start_service, std::string folder, std::function<void()> on_change);

  // The one that was wanted last; empty at first.
  const std::string& model() const { return weights_.name; }
  Supervised::State state() const { return process_ ? process_->state() : Supervised::State::Stopped; }
  // Why that model could not be used last time; empty when it could.
  std::string failure() const { return process_ ? process_->failure() : std::string(); }

  // Returns when that model answers; another that runs is stopped first. For the rest as Supervised::ready.
  Task<Result<>> ready(LocalWeights weights, LocalProgram program, std::function<void()> on_loading);
  // The process, once a model was wanted.
  Supervised& process() { return *process_; }
  // A question to the process that is ready.
  HttpAsk ask(std::string body, std::string_view target = "/v1/chat/completions") const;
  // From here on it idles.
  void rest();
  Task<void> stop();

 private:
  Task<Result<std::unique_ptr<SandboxedService>>> start();
  Task<bool> is_ready();

  Executor executor_;
  Clock& clock_;
  HttpClient& http_;
  StartService start_service_;
  std::string folder_;
  std::function<void()> on_change_;
  LocalWeights weights_;  // what is to run
  LocalProgram program_;
  std::unique_ptr<Supervised> process_;
};

// What the sandbox is told to run.
SandboxService local_service(const LocalWeights& weights, const LocalProgram& program, std::string folder);

}  // namespace zo
