#include "cmd/run_printer.h"

namespace zo {

void RunPrinter::show(const std::vector<StoryPiece>& pieces) {
  if (pieces.empty()) return;
  clear_status();
  for (const StoryPiece& piece : pieces) {
    switch (piece.kind) {
      case StoryPiece::Kind::Answer:
        if (answer_ == Answer::AsItComes) write_answer(piece.text);
        break;
      case StoryPiece::Kind::Person: break;  // who asked knows the question
      case StoryPiece::Kind::Tool: note("▸ " + piece.text); break;
      case StoryPiece::Kind::Note:
      case StoryPiece::Kind::Hint: note(piece.text); break;
      case StoryPiece::Kind::Change: break;
      case StoryPiece::Kind::Progress:
        if (!terminal_.can_animate()) note(piece.text);
        break;
    }
  }
}

void RunPrinter::write_answer(std::string_view text) {
  if (text.empty()) return;
  write_output(text);
  in_line_ = !text.ends_with('\n');
}

void RunPrinter::tick(const Story& story) {
  if (!terminal_.can_animate() || (in_line_ && terminal_.output)) return;
  const TerminalText drawn = status_.draw(story.doing(), clock_.steady_ms());
  if (!drawn.empty()) write_errors(drawn);
}

void RunPrinter::clear_status() {
  const TerminalText cleared = status_.clear();
  if (!cleared.empty()) write_errors(cleared);
}

void RunPrinter::note(std::string_view text) {
  clear_status();
  if (in_line_ && terminal_.output && terminal_.errors && !terminal_.quiet) write_answer("\n");
  print_note(terminal_, text);
}

void RunPrinter::pause() {
  clear_status();
  if (in_line_) write_answer("\n");
}

void RunPrinter::finish(const Story& story) {
  pause();
  if (answer_ == Answer::AtTheEnd && !story.answer().empty()) {
    write_answer(story.answer());
    if (in_line_) write_answer("\n");
  }
}

}  // namespace zo
