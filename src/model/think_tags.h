// Some models write their thinking into the text, between <think> and </think> (or <thought>) at its beginning. This splits
// such a text while it streams. A tag anywhere but at the beginning is text.
#pragma once

#include <string>
#include <string_view>

namespace zo {

class ThinkTags {
 public:
  struct Split {
    std::string reasoning;
    std::string text;
  };
  Split feed(std::string_view piece);
  // What was held back because it might have become a tag.
  Split finish();

 private:
  enum class State { Beginning, Thinking, AfterThinking, Text };
  void begin(Split& out);
  void think(Split& out);
  void answer(Split& out);

  State state_ = State::Beginning;
  std::string_view closing_;
  std::string held_;
};

}  // namespace zo
