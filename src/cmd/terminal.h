// What stands at the other end of our streams: whether it is a terminal, how wide, whether it wants colour; and the one way out
// to it. Answers and lists go to standard output; all that is for the person beside them goes to standard error. Text of others
// (models, tools, file names, titles, servers) never steers a terminal: only what shaded() and clear_line() make does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zo {

struct Terminal {
  bool input = false;  // which of the three streams are terminals
  bool output = false;
  bool errors = false;
  bool colour_output = false;  // a terminal, and neither NO_COLOR nor TERM=dumb
  bool colour_errors = false;
  bool dumb = false;           // cannot move its cursor
  bool quiet = false;          // --quiet: standard error is for errors only
  std::size_t width = 80;

  static Terminal detect(bool quiet);
  // Whether a line on standard error may change while one looks at it.
  bool can_animate() const { return errors && !dumb && !quiet; }
};

// Characters outside ASCII have a width, and libedit reads them, only in a UTF-8 locale.
void use_utf8_locale();

// Without what could steer a terminal or turn the direction of what stands on it: all of is_control() (base/shown.h) but newline
// and tab is left out.
std::string terminal_safe(std::string_view utf8);

enum class Shade { Plain, Dim, Bold, Red, Green, Yellow };

// Text that is fit for a terminal, whatever it was made of.
class TerminalText {
 public:
  TerminalText() = default;
  TerminalText(std::string_view text) : bytes_(terminal_safe(text)) {}
  TerminalText(const std::string& text) : TerminalText(std::string_view(text)) {}
  TerminalText(const char* text) : TerminalText(std::string_view(text)) {}

  const std::string& bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  bool ends_line() const { return bytes_.ends_with('\n'); }
  TerminalText& operator+=(const TerminalText& more) {
    bytes_ += more.bytes_;
    return *this;
  }
  friend TerminalText operator+(TerminalText a, const TerminalText& b) { return a += b; }

 private:
  friend TerminalText shaded(const TerminalText& text, Shade shade, bool colour);
  friend TerminalText clear_line();
  std::string bytes_;
};
TerminalText shaded(const TerminalText& text, Shade shade, bool colour);
// Takes the line away on which the cursor stands.
TerminalText clear_line();
// Columns that the text takes; wide characters take two.
std::size_t display_width(std::string_view utf8);
// At most `columns` of it, with an ellipsis where it was cut.
std::string fit_width(std::string_view utf8, std::size_t columns);

// All of it, at once. A reader that has gone ends the process, quietly and with exit code 0. Text goes into a pipe or a file
// byte for byte, and onto a terminal as a TerminalText.
void write_output(std::string_view text);
void show_output(const TerminalText& text);
void write_errors(const TerminalText& text);

// "zo: message" and, when there is advice, "try: advice".
TerminalText error_text(const Error& error, bool colour);
void print_error(const Error& error);
// One dimmed line on standard error, unless quiet.
void print_note(const Terminal& terminal, std::string_view text);
// Asks on the terminal; `otherwise` where there is none to ask on.
bool confirm(const Terminal& terminal, std::string_view question, bool otherwise);

}  // namespace zo
