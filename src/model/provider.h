// Whoever answers: an HTTP provider that speaks one of the dialects, or the embedded model.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "async/task.h"
#include "base/id.h"
#include "model/model.h"

namespace zo {

enum class ToolCalls { Native, Blocks };  // how a model is made to call tools

// Where it comes from, and how it stands.
enum class ModelSource { Embedded, Environment, Loopback, Key };
enum class ModelState { Ready, Offered, NotInstalled, Loading, Stopped, Failed };
std::string_view source_name(ModelSource source);  // "embedded"
std::string_view state_name(ModelState state);     // "not_installed"

struct ModelInfo {
  std::string name;      // "openai/gpt-5.4", "local/qwen2.5-coder-1.5b"
  std::string label;     // "Qwen2.5-Coder 1.5B, on this machine"
  std::string provider;  // "openai"
  ModelSource source = ModelSource::Environment;
  ModelState state = ModelState::Offered;
  std::string detail;    // a sentence for a person; may be empty
  std::int64_t context_tokens = 0;  // 0 = unknown
  std::int64_t size_bytes = 0;      // 0 = not on this machine
};

// What the agent must know of a model before it builds a prompt.
struct ModelProfile {
  std::string name;  // resolved: "provider/model"
  ToolCalls tool_calls = ToolCalls::Native;  // Blocks: Models asks it through block_answer.h
  std::int64_t context_tokens = 128'000;
  std::size_t tool_output_bytes = 16 * 1024;  // about 4 bytes a token
  bool at_home = false;  // on this machine, or on one of the person's own network: nobody is paid for its tokens
};

using OnDelta = std::function<void(Delta)>;

class Provider {
 public:
  virtual ~Provider() = default;
  virtual std::string_view name() const = 0;
  // Those known now, to that person. May ask a server on loopback once (300 ms); never the internet.
  virtual Task<std::vector<ModelInfo>> models(PersonId person) = 0;
  // `model` is without "provider/"; empty asks for the provider's default, which only the embedded model has. An HTTP provider
  // accepts any name, since new models appear daily.
  virtual Task<Result<ModelProfile>> profile(PersonId person, std::string model) = 0;
  // One answer, for request.person. Deltas in order, on the io thread. Cancel by cancelling the awaiting coroutine.
  virtual Task<Result<ModelReply>> stream(ModelRequest request, OnDelta on_delta) = 0;
};

}  // namespace zo
