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

#include "agent/records.h"
#include "base/json.h"

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
  std::string state;  // "done", "failed", "cancelled", "limited"
  std::optional<Error> error;
};

class Story {
 public:
  Story() = default;
  // What comes before that message is not told: it was queued into a run that already worked.
  explicit Story(std::string begins_with_message) : awaited_message_(std::move(begins_with_message)) {}

  std::vector<StoryPiece> take(std::string_view kind, const Json& data);

  // What goes on now, for a status line: "shell  python3 plot.py · reading 1,204 rows"; empty while text flows.
  const std::string& doing() const { return doing_; }
  // The text of the last finished message of the model.
  const std::string& answer() const { return answer_; }
  // Set by run_finished.
  const std::optional<StoryEnd>& end() const { return end_; }
  // What was left that the person's own tools may run.
  const std::vector<LeftFile>& left() const { return left_; }
  std::int64_t steps() const { return step_; }

 private:
  struct Call {
    std::string title;   // "shell  head -3 sales.csv"
    std::string output;  // the last line that it said
  };

  void begin_step(const Json& data);
  void say(std::string text);
  void tell_rest();
  void take_message(const Json& message);
  void take_person(const Json& message);
  void take_tool_event(std::string_view kind, const Json& data);
  void take_trouble(std::string_view kind, const Json& data);
  void finish(const Json& run);
  void tell_left(const std::string& run_id);
  void add(StoryPiece::Kind kind, std::string text) { pieces_.push_back({kind, std::move(text)}); }
  void show_calls();

  std::string awaited_message_;
  std::vector<StoryPiece> pieces_;  // of the event being taken
  std::int64_t last_number_ = 0;
  std::int64_t step_ = 0;
  std::string text_;      // of the current step, as the model said it
  std::string told_;      // of it, what was given out
  bool said_any_ = false; // of any step
  std::map<std::string, Call> calls_;    // asked for by the last message and not ended
  std::vector<std::string> working_;     // of them, those that have started
  std::string doing_;
  std::string answer_;
  std::vector<LeftFile> left_;
  std::optional<StoryEnd> end_;
};

// "shell  head -3 sales.csv  ✓ 41 ms": one line for one call that has ended.
std::string tool_line(const Json& tool_call);

}  // namespace zo
