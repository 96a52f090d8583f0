// Text of the outside world, made safe and short: valid UTF-8, head and tail, near words, sizes for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zo {

// Invalid bytes become U+FFFD; NUL stays. The result is always valid UTF-8.
std::string to_valid_utf8(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);
// The longest prefix of at most `bytes_max` bytes that does not cut a code point.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max);
// The longest suffix likewise.
std::string_view utf8_suffix(std::string_view text, std::size_t bytes_max);
// Of a text that goes on: without the beginning of a code point, at its end, whose rest has not come.
std::string_view whole_code_points(std::string_view text);

// `text` if it fits, else its head and tail with a line between them that says how much was left out. Where `text` is such a
// head and tail itself, `total_bytes` is the size of the whole.
std::string head_and_tail(std::string_view text, std::size_t bytes_max, std::uint64_t total_bytes = 0);
// One line of at most `chars_max` bytes for a list or a title: white space folded, an ellipsis where it was cut.
std::string one_line(std::string_view text, std::size_t chars_max);

std::string_view trim(std::string_view text);
std::string to_lower(std::string_view ascii);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
bool equals_ignoring_case(std::string_view a, std::string_view b);

// Of digits alone; nothing for anything else, or for more than fits.
std::optional<std::uint64_t> to_whole_number(std::string_view text);

// "41 MB", "1,204 B": decimal units, for people.
std::string human_size(std::uint64_t bytes);
// "1,117,320,768"
std::string with_thousands(std::uint64_t number);

// Up to `count` of `words` that a person may have meant by `typed`, nearest first; empty when nothing is near.
std::vector<std::string> near_words(std::string_view typed, std::span<const std::string> words, std::size_t count);

// Percent-decoding of RFC 3986; "+" stays "+". Invalid when an escape is broken or yields NUL.
bool percent_decode(std::string_view text, std::string& out);
std::string percent_encode(std::string_view text);

// Lower-case hex.
std::string to_hex(std::string_view bytes);

}  // namespace zo
