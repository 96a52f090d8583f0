#include "model/wire_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::array<std::string_view, 3> kNoNumbers = {"NaN", "Infinity", "-Infinity"};
constexpr std::string_view kEscapes = "\"\\/bfnrtu";
constexpr std::size_t kUnitChars = 6;  // \uXXXX

// The code unit of a \uXXXX that stands at `at`; nothing when there is none.
std::optional<unsigned> unit_at(std::string_view text, std::size_t at) {
  if (at + kUnitChars > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  unsigned value = 0;
  const char* const end = text.data() + at + kUnitChars;
  const auto [read, failure] = std::from_chars(text.data() + at + 2, end, value, 16);
  if (failure != std::errc{} || read != end) return std::nullopt;
  return value;
}

bool is_high(unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low(unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

void append_half(std::string& out, unsigned unit) {
  out += static_cast<char>(0xE0 | (unit >> 12));
  out += static_cast<char>(0x80 | ((unit >> 6) & 0x3F));
  out += static_cast<char>(0x80 | (unit & 0x3F));
}

// Copies what stands at `at` inside a string, mended; returns how much was read.
std::size_t mend_in_string(std::string_view text, std::size_t at, std::string& out) {
  const char c = text[at];
  if (static_cast<unsigned char>(c) < 0x20) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    return 1;
  }
  if (c != '\\') {
    out += c;
    return 1;
  }
  if (const std::optional<unsigned> unit = unit_at(text, at)) {
    const std::optional<unsigned> next = unit_at(text, at + kUnitChars);
    if (is_high(*unit) && next && is_low(*next)) {
      out += text.substr(at, 2 * kUnitChars);
      return 2 * kUnitChars;
    }
    if (is_high(*unit) || is_low(*unit)) append_half(out, *unit);
    else out += text.substr(at, kUnitChars);
    return kUnitChars;
  }
  const bool known = at + 1 < text.size() && text[at + 1] != 'u' && kEscapes.find(text[at + 1]) != std::string_view::npos;
  if (known) out += text.substr(at, 2);
  else out += "\\\\";
  return known ? 2 : 1;
}

std::string mended(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  bool in_string = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') in_string = !in_string;
    if (in_string && c != '"') {
      at += mend_in_string(text, at, out);
      continue;
    }
    const std::string_view rest = text.substr(at);
    const auto word = std::ranges::find_if(kNoNumbers, [&](std::string_view no_number) { return rest.starts_with(no_number); });
    if (c != '"' && word != kNoNumbers.end()) {
      out += "null";
      at += word->size();
      continue;
    }
    out += c;
    ++at;
  }
  return out;
}

bool is_half(std::string_view text, std::size_t at, char from, char to) {
  if (at + 3 > text.size() || text[at] != '\xED') return false;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  return second >= static_cast<unsigned char>(from) && second <= static_cast<unsigned char>(to);
}

// How many bytes at the end may become a character with what follows.
std::size_t open_tail(std::string_view text) {
  if (text.size() >= 3 && is_half(text, text.size() - 3, '\xA0', '\xAF')) return 3;
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const std::size_t needs = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return needs > back ? back : 0;
  }
  return 0;
}

std::string pairs_joined(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (!is_half(text, at, '\xA0', '\xBF')) {
      out += text[at++];
      continue;
    }
    if (!is_half(text, at, '\xA0', '\xAF') || !is_half(text, at + 3, '\xB0', '\xBF')) {
      out += "\xEF\xBF\xBD";
      at += 3;
      continue;
    }
    const auto bits = [&](std::size_t of) { return ((static_cast<unsigned>(text[of + 1]) & 0x0F) << 6) | (static_cast<unsigned>(text[of + 2]) & 0x3F); };
    const unsigned point = 0x10000 + (bits(at) << 10) + bits(at + 3);
    out += static_cast<char>(0xF0 | (point >> 18));
    out += static_cast<char>(0x80 | ((point >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
    at += 6;
  }
  return out;
}

}  // namespace

Result<Json> parse_wire_json(std::string_view text, std::string_view what, std::size_t bytes_max) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Result<Json> strict = parse_json(text, what, bytes_max);
  if (strict || text.size() > bytes_max) return strict;
  boost::json::parse_options options;
  options.max_depth = limits::kJsonDepth;
  options.allow_invalid_utf8 = true;
  boost::json::error_code error;
  Json value = boost::json::parse(mended(text), error, {}, options);
  if (error) return strict;
  return value;
}

std::string PieceJoiner::feed(std::string_view piece) {
  if (held_.empty() && is_valid_utf8(piece)) return std::string(piece);
  std::string text = std::exchange(held_, {});
  text += piece;
  const std::size_t open = open_tail(text);
  held_ = text.substr(text.size() - open);
  text.resize(text.size() - open);
  return to_valid_utf8(pairs_joined(text));
}

std::string PieceJoiner::finish() { return to_valid_utf8(std::exchange(held_, {})); }

}  // namespace zo
