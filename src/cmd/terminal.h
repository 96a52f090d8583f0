// What stands at the other end of our streams: whether it is a terminal, how wide, whether it wants colour; and text made fit
// for it. Answers and lists go to standard output; all that is for the person beside them goes to standard error.
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

enum class Shade { Plain, Dim, Bold, Red, Green, Yellow };
std::string shaded(std::string_view text, Shade shade, bool colour);

// Without what could steer a terminal: control characters other than newline and tab, C1 included, are left out.
std::string terminal_safe(std::string_view utf8);
// Columns that the text takes; wide characters take two.
std::size_t display_width(std::string_view utf8);
// At most `columns` of it, with an ellipsis where it was cut.
std::string fit_width(std::string_view utf8, std::size_t columns);

// All of it, at once. A reader that has gone ends the process, quietly and with exit code 0.
void write_output(std::string_view text);
void write_errors(std::string_view text);

// "zo: message" and, when there is advice, "try: advice".
void print_error(const Error& error);
// One dimmed line on standard error, unless quiet.
void print_note(const Terminal& terminal, std::string_view text);
// Asks on the terminal; `otherwise` where there is none to ask on.
bool confirm(const Terminal& terminal, std::string_view question, bool otherwise);

}  // namespace zo
