// A run as text for a terminal: its events in, pieces of text out. Pure: it knows no clock, no terminal and no connection, so
// the golden event files say exactly what people see. An event may come twice, and live ones may be missing: what is said in
// the end is the same.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/event.h"

namespace zo {

struct StoryPiece {
  enum class Kind {
    Answer,    // text of the model, to be written as it is
    Person,    // a message of a person, taken in
    Tool,      // one line: a tool call that has ended
    Note,      // one line beside the answer
    Progress,  // one line, worth showing only where no status line shows it already
    Change,    // how a file was changed, a diff: for who tells the run whole
    Hint,      // one line: where the changes are told, for who does not
  };
  Kind kind;
  std::string text;
  bool operator==(const StoryPiece&) const = default;
};

// How a run ended.
struct StoryEnd {
  RunState state = RunState::Done;
  std::optional<Error> error;
};

class Story {
 public:
  Story() = default;
  // What comes before that message is not told: it was queued into a run that already worked.
  explicit Story(MessageId begins_with_message) : awaited_message_(std::move(begins_with_message)) {}

  std::vector<StoryPiece> take(const FeedEvent<RunEvent>& event);

  // What goes on now, for a status line: "shell  python3 plot.py · reading 1,204 rows"; empty while text flows.
  const std::string& doing() const { return doing_; }
  // The text of the last finished message of the model.
  const std::string& answer() const { return answer_; }
  // Set when the run has ended, or waits for a person.
  const std::optional<StoryEnd>& end() const { return end_; }
  // What was left that the person's own tools may run.
  const std::vector<LeftFile>& left() const { return left_; }
  std::int64_t steps() const { return step_; }

  // Of the last event that was taken.
  std::int64_t last_number() const { return last_number_; }

 private:
  struct Call {
    std::string title;   // "shell  head -3 sales.csv"
    std::string output;  // the last line that it said
  };

  void take(const event::MessagePlaced& placed);
  void take(const event::StepStarted& started);
  void take(const event::Text& text) { say(text_ + text.text); }
  void take(const event::Reasoning&) { doing_ = "thinking"; }
  void take(const event::MessagePartial& partial) { say(partial.text); }
  void take(const event::MessageSaid& said);
  void take(const event::ToolArguments& arguments) { doing_ = "writing a call of " + arguments.name; }
  void take(const event::ToolStarted& started);
  void take(const event::ToolProgress& progress);
  void take(const event::ToolFinished& finished);
  void take(const event::ContextTrimmed& trimmed);
  void take(const event::StepRestarted& restarted);
  void take(const event::Retrying& retrying);
  void take(const event::ModelState& state);
  void take(const event::ToolAsked& asked);
  void take(const event::RunWaiting& waiting);
  void take(const event::RunFinished& finished);
  void take(const event::RunStarted&) {}
  void take(const event::RunResumed&) { end_.reset(); }
  void say(std::string text);
  void tell_rest();
  void end_line();
  void tell_left(const RunId& run);
  void add(StoryPiece::Kind kind, std::string text) { pieces_.push_back({kind, std::move(text)}); }
  void show_calls();

  MessageId awaited_message_;
  std::vector<StoryPiece> pieces_;  // of the event being taken
  std::int64_t last_number_ = 0;
  std::int64_t step_ = 0;
  std::string text_;      // of the current step, as the model said it
  std::string told_;      // of it, what was given out
  bool said_any_ = false; // of any step
  std::map<ToolCallId, Call> calls_;    // asked for by the last message and not ended
  std::vector<ToolCallId> working_;     // of them, those that have started
  std::string doing_;
  std::string answer_;
  std::vector<LeftFile> left_;
  std::optional<StoryEnd> end_;
};

// "shell  head -3 sales.csv  ✓ 41 ms": one line for one call that has ended.
std::string tool_line(const ToolCall& call);

}  // namespace zo
