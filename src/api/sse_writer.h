// One SSE stream to one reader: events from one side, a comment every 15 s from the other, never two writes at once. Readers of a
// run get a batch a write and always an `end` event with a reason.
#pragma once

#include "agent/agents.h"
#include "async/clock.h"
#include "async/condition.h"
#include "net/http_server.h"

namespace zo {

class SseStream {
 public:
  SseStream(const Executor& executor, HttpResponder& out) : out_(out), free_(executor) {}

  Task<bool> begin(std::vector<Header> more = {});
  // False: the reader has gone.
  Task<bool> write(std::string bytes);
  // Until the reader goes; meant to stand beside the writer with `||`.
  Task<void> keep_alive(Clock& clock);
  Task<void> reader_gone() { return out_.client_gone(); }

 private:
  HttpResponder& out_;
  bool writing_ = false;
  Condition free_;
};

// Runs `work` (which writes into the stream) until it ends or the reader goes.
Task<void> serve_stream(Clock& clock, SseStream& stream, Task<void> work);
// Events of a run after the watcher's cursor, in our own format.
Task<void> copy_run(Watcher& watcher, SseStream& stream);

}  // namespace zo
