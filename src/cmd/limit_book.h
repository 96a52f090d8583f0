// The limits that a person can change, over HTTP or on the database when no server runs: both give the same JSON.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cmd/client.h"
#include "cmd/local.h"
#include "limit/limits.h"

namespace zo {

class LimitBook {
 public:
  static Task<Result<std::unique_ptr<LimitBook>>> open(ServerChoice choice);

  Task<Result<JsonArray>> list();
  Task<Result<Json>> one(Limit limit);
  // Nothing: the usual.
  Task<Result<Json>> set(Limit limit, std::optional<std::int64_t> value);

 private:
  std::unique_ptr<ApiClient> client_;
  std::unique_ptr<LocalHome> local_;
  std::unique_ptr<Limits> limits_;
};

// What one command of the agent is given here, as the person has chosen; nothing is made to look.
struct CommandLimits {
  std::int64_t time_s = spec_of(Limit::CommandTime).usual;
  std::int64_t memory_bytes = spec_of(Limit::CommandMemory).usual;
  std::int64_t processes_max = spec_of(Limit::CommandProcesses).usual;
  std::optional<std::int64_t> disk_bytes;  // none: the usual
};
Task<Result<CommandLimits>> command_limits();

}  // namespace zo
