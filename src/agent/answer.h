// A run as an answer: what a caller who only wants the text makes of its events. Text comes as increments, exactly once, also
// when the reader was so slow that deltas were replaced by whole texts.
#pragma once

#include "agent/agents.h"

namespace zo {

struct AnswerPart {
  std::string text;   // what to append to the answer shown so far
  RunEventPtr event;  // the event that brought it
};

// Which part of the run is the answer, and how its text comes.
struct AnswerWish {
  enum class Text {
    AsItComes,
    Whole,  // only a message that ends the talk, once it is final: an object that was mended, or came after tool calls, is one object
  };
  // Set: what comes before this message was placed answers somebody else.
  MessageId question;
  Text text = Text::AsItComes;
};

// Of a message that was taken into a run which worked already, or whose request came twice.
inline MessageId question_of(const Started& started) { return started.queued || started.repeated ? started.message.id : MessageId{}; }

class AnswerReader {
 public:
  explicit AnswerReader(Watcher& watcher, AnswerWish wish = {}) : watcher_(watcher), wish_(std::move(wish)) {}

  // The next parts; empty at the end of the run.
  Task<Result<std::vector<AnswerPart>>> next();
  // Reads to the end.
  Task<Result<>> finish();

  // After the end.
  const std::string& final_text() const { return final_; }  // of the last message
  const std::string& finish_reason() const { return finish_; }  // why the model ended it: "stop", "length" …
  bool done() const { return done_; }
  const Error& error() const { return error_; }             // when not done
  bool waits() const { return waits_; }                     // for a person's answer; not done, and it will go on
  Usage usage() const { return usage_; }

 private:
  // True until the question has been placed.
  bool waits_for_question(const RunEvent& event);
  std::string take(const RunEvent& event);
  std::string take_message(const Message& message);
  std::string append(std::string_view text);
  std::string advance(std::int64_t step, std::string_view whole);
  void end(const Run& run);

  Watcher& watcher_;
  AnswerWish wish_;
  std::int64_t step_ = 0;
  std::string shown_;  // of this step
  bool anything_shown_ = false;
  std::string final_;
  std::string finish_;
  bool done_ = false;
  bool waits_ = false;
  std::vector<std::string> asked_;  // what a person is asked about, in a line each
  Error error_{Code::Unavailable, "ZoClone is stopping; the run goes on when it starts again", ""};
  Usage usage_;
};

}  // namespace zo
