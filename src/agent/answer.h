// A run as an answer: what a caller who only wants the text makes of its events. Text comes as increments, exactly once, also
// when the reader was so slow that deltas were replaced by whole texts.
#pragma once

#include "agent/agents.h"

namespace zo {

struct AnswerPart {
  std::string text;     // what to append to the answer shown so far
  WatchedEvent event;   // the event that brought it
};

class AnswerReader {
 public:
  explicit AnswerReader(Watcher& watcher) : watcher_(watcher) {}

  // The next parts; empty at the end of the run.
  Task<Result<std::vector<AnswerPart>>> next();
  // Reads to the end.
  Task<Result<>> finish();

  // After the end.
  const std::string& final_text() const { return final_; }  // of the last message
  bool done() const { return done_; }
  const Error& error() const { return error_; }             // when not done
  Usage usage() const { return usage_; }

 private:
  std::string take(const WatchedEvent& event, const Json& data);
  std::string advance(std::int64_t step, std::string_view whole);
  void end(const Json& run);

  Watcher& watcher_;
  std::int64_t step_ = 0;
  std::string shown_;  // of this step
  bool anything_shown_ = false;
  std::string final_;
  bool done_ = false;
  Error error_{Code::Unavailable, "ZoClone is stopping; the run goes on when it starts again", ""};
  Usage usage_;
};

}  // namespace zo
