// Texts that a person sees as the same: whatever their line ends, spaces at the ends of lines, the shape of quotes, dashes and spaces, and
// however their accents are put together. For edits, which must find what a model has written from memory.
#pragma once

#include <string>
#include <string_view>

namespace zo {

struct Replacement {
  std::string text;
  std::size_t places = 0;  // replaced, or, without `all`, found: more than one leaves the text as it was
};

// Replaces `from` by `to`, exactly where it stands so, else where it stands so but for the above. What both have in common keeps the bytes
// that it has in `text`, and new lines end as those of `text` do.
Replacement replaced(std::string_view text, std::string_view from, std::string_view to, bool all);

// Whether both are the same characters, however their accents are put together: "é" in one piece or in two.
bool is_same_name(std::string_view a, std::string_view b);

}  // namespace zo
