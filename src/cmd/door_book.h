// The door's rules and its log, over HTTP or on the database when no server runs: both give the same JSON.
#pragma once

#include <memory>
#include <string>

#include "cmd/client.h"
#include "cmd/local.h"
#include "door/door.h"

namespace zo {

class DoorBook {
 public:
  static Task<Result<std::unique_ptr<DoorBook>>> open(ServerChoice choice);

  Task<Result<Json>> allow(std::string host, Reach reach);
  Task<Result<>> revoke(std::string host, Reach reach);
  Task<Result<JsonArray>> rules();
  // `run` empty: all.
  Task<Result<JsonArray>> log(std::string run);

 private:
  Task<Result<JsonArray>> items(std::string path);

  std::unique_ptr<ApiClient> client_;
  std::unique_ptr<LocalHome> local_;
  std::unique_ptr<Door> door_;
};

}  // namespace zo
