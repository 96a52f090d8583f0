// Names and texts of others where they are shown: which characters would act instead of being seen, and a name as part of a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace zo {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
};
// Of valid UTF-8.
CodePoint first_code_point(std::string_view text);

// Acts on what shows it, or on the text around it: control characters (C0, DEL, C1), Unicode's line and paragraph separators, and
// all that turns the direction of text (the property Bidi_Control). Newline and tab are among them.
bool is_control(char32_t value);

// A name as a line for people and models may hold it: as it is, or, with a control character in it or a quotation mark at its
// beginning, as a JSON string: "two\nlines". So no name is taken for another, or for a line of its own.
std::string name_in_line(std::string_view name);
// The name that is meant, whether it is written as it is or as name_in_line() does.
std::string name_from_line(std::string_view written);

// A name as a shell takes it for one word: as it is, or in quotes.
std::string shell_word(std::string_view name);

}  // namespace zo
