// The fixed prompt that the embedded model has read, kept on disk by its server, so that it need not be read again at the next start:
// that takes tens of seconds on a small machine, this some tenths of one.
#pragma once

#include <string>

#include "async/threads.h"
#include "model/local_runtime.h"
#include "net/http_client.h"

namespace zo {

// All questions go to a process that is ready, while nobody else asks it.
class LocalPrefix {
 public:
  // `folder` is the runtime's.
  LocalPrefix(HttpClient& http, Threads& threads, LocalRuntime& runtime, std::string folder)
      : http_(http), threads_(threads), runtime_(runtime), folder_(std::move(folder)) {}

  // From now on the model is to know what `body`, a request that writes nothing, asks; `key` names model and program.
  void expect(std::string body, std::string key);
  // After a start of what `key` names. Does nothing when another is expected, nothing was kept, or the process cannot use it.
  Task<void> restore(std::string key);
  // What is expected was restored or read since it was expected.
  bool is_read() const { return is_read_; }
  // Lets it read, and keeps what it has read in place of what was kept before. An Error says what it answered.
  Task<Result<>> read();

 private:
  Task<Result<>> ask(std::string target, std::string body);
  Task<Result<>> slot(std::string_view action);

  HttpClient& http_;
  Threads& threads_;
  LocalRuntime& runtime_;
  std::string folder_;
  std::string body_;
  std::string key_;   // empty: nothing is expected
  std::string file_;
  bool is_read_ = false;
};

}  // namespace zo
