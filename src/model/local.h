// The embedded model: llama.cpp's own server as a child in the sandbox (no network, read-only weights, a unix socket), started
// on first use, health-checked, restarted with backoff, stopped after ten idle minutes, never more than one.
#pragma once

#include <memory>
#include <string>

#include "async/clock.h"
#include "async/threads.h"
#include "feed/notice.h"
#include "model/local_runtime.h"
#include "model/provider.h"
#include "net/http_client.h"
#include "sandbox/sandbox.h"

namespace zo {

class LocalModel final : public Provider {
 public:
  // `cache` holds runtime and weights (model/local_install.h); the socket is made below `run_folder` (0700).
  LocalModel(Executor executor, Clock& clock, Threads& threads, HttpClient& http, Notices& notices, Sandbox& sandbox, std::string cache,
             std::string run_folder);
  // Started by other means than the sandbox: for tests.
  LocalModel(Executor executor, Clock& clock, Threads& threads, HttpClient& http, Notices& notices, StartService start_service, std::string cache,
             std::string run_folder);
  ~LocalModel() override;

  std::string_view name() const override { return "local"; }
  // Installed ones, and the default one as "not_installed" when it is not.
  Task<std::vector<ModelInfo>> models(PersonId person) override;
  // Invalid when no such model is installed; the default one has a profile before it is.
  Task<Result<ModelProfile>> profile(PersonId person, std::string model) override;
  // Answers come one after the other; Exhausted when too many wait already. Unavailable with "zo model install" as advice when
  // nothing is installed; delta::State("loading the model") while it starts.
  Task<Result<ModelReply>> stream(ModelRequest request, OnDelta on_delta) override;

  // Starts that model and lets it read the fixed prompt of these tools, so that the first answer comes soon. Does nothing when it is
  // not installed.
  Task<void> warm(std::string model, std::vector<OfferedTool> tools);
  // Ends the child and the watching coroutines.
  Task<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zo
