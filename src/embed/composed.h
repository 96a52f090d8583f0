// Characters of a text, in Unicode's composed form (NFC): a letter and its accent become one where there is one.
#pragma once

#include <string_view>
#include <vector>

namespace zo {

// Takes the next part of a text that is not empty, cut at a space where there is one, and replaces `out` by its characters; what is no
// UTF-8 becomes U+FFFD. A part is at most 1 KiB, because putting many accents in order takes the square of their number.
void take_composed(std::string_view& text, std::vector<char32_t>& out);

}  // namespace zo
