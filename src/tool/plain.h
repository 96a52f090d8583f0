// Output of programs as plain text: escape sequences of terminals (ECMA-48) and other control characters taken out, valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace zo {

// Works on a stream: what a chunk leaves open, an escape sequence or a character, is kept for the next.
class PlainText {
 public:
  // The plain text of the next bytes. Line feeds and tabs stay; a carriage return becomes a line feed unless one follows.
  std::string feed(std::string_view bytes);
  // What an unfinished character leaves.
  std::string finish();

 private:
  enum class State { Text, Escape, Sequence, String, StringEscape, Return };
  void take(char c, std::string& out);

  State state_ = State::Text;
  std::string pending_;  // the beginning of a character
};

// The whole of it. A line that was drawn over with carriage returns, as progress bars do, is left as it last was.
std::string plain_text(std::string_view bytes);

}  // namespace zo
