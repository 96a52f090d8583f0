// Some models write their thinking into the text, between <think> and </think> (or <thinking>, <thought>, <reasoning>) at its beginning, or
// end it with </think> alone, since their template has begun it. This splits such a text while it streams. Tags in code are text.
#pragma once

#include <string>
#include <string_view>

#include "model/code_lines.h"

namespace zo {

class ThinkTags {
 public:
  struct Split {
    std::string reasoning;
    std::string text;
    bool was_reasoning = false;  // so was all the text before this split
  };
  Split feed(std::string_view piece);
  // What was held back because it might have become a tag.
  Split finish();
  // The thinking was begun in the text, and never ended.
  bool is_open() const { return state_ == State::Thinking; }

 private:
  enum class State { Beginning, Thinking, AfterThinking, Text, Ended };
  void begin();
  void think(Split& out);
  void answer(Split& out);
  void text(Split& out, bool is_last);
  void pass(std::string_view text);
  bool is_tag(std::string_view behind) const;

  State state_ = State::Beginning;
  std::string_view closing_;
  std::string held_;
  char before_ = '\n';     // the last of the text that was passed on
  std::string line_;        // of the text that was passed on: its last line so far
  CodeLines code_;
  bool was_opened_ = false;  // an opening tag stands in it, so closing ones are about that
};

}  // namespace zo
