// Shows a run as it happens: the answer on standard output, everything else on standard error, dimmed. What a person sees on a
// terminal is one text; a pipe behind either stream gets plain lines.
#pragma once

#include "async/clock.h"
#include "cmd/status_line.h"
#include "cmd/story.h"

namespace zo {

class RunPrinter {
 public:
  enum class Answer {
    AsItComes,
    AtTheEnd,  // only the last message of the model, once it is whole
    Never,     // the caller prints it
  };
  RunPrinter(const Terminal& terminal, Answer answer) : terminal_(terminal), answer_(answer), status_(terminal) {}

  void show(const std::vector<StoryPiece>& pieces);
  // The status line, a frame further.
  void tick(const Story& story);
  // Ends the line that is being written: the run waits.
  void pause();
  // Ends the text that is shown.
  void finish(const Story& story);
  // A line on standard error.
  void note(std::string_view text);

 private:
  void write_answer(std::string_view text);
  void clear_status();

  const Terminal& terminal_;
  Answer answer_;
  StatusLine status_;
  RealClock clock_;
  bool in_line_ = false;  // the answer has not ended its line
};

}  // namespace zo
