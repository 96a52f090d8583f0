// What was said and done on a home, as JSON of the API: asked of a server, or, when none runs on this home, read from its database.
// Looking starts no server.
#pragma once

#include <memory>
#include <string>

#include "cmd/client.h"

namespace zo {

class History {
 public:
  virtual ~History() = default;

  // Waits a few seconds for a command that has the database; Conflict after that.
  static Task<Result<std::unique_ptr<History>>> open(ServerChoice choice);

  // Newest activity first. Of a very long list the beginning: some thousand.
  virtual Task<Result<JsonArray>> conversations(std::string search) = 0;
  // Newest first; `state` empty: all.
  virtual Task<Result<JsonArray>> runs(std::string state) = 0;
  virtual Task<Result<Json>> run(std::string id) = 0;
  // Its events so far, up to number `last`.
  virtual Task<Result<>> tell(std::string id, std::int64_t last, EventReader reader) = 0;
};

}  // namespace zo
