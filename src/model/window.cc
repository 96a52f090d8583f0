#include "model/window.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::array<std::string_view, 24> kTooLong = {
    "context length",           "context window",          "context_length",         "context limit",           "context size",        "prompt is too long",
    "maximum context",          "maximum prompt length",   "input token count",      "reduce the length",       "number of tokens to keep", "input is too long",
    "too many tokens",          "exceeds the maximum number of tokens", "input length and `max_tokens`", "token limit exceeded", "exceeds the model's", "maximum input length",
    "prompt too long",          "input tokens exceed",     "requested tokens",       "larger than the context", "exceed_context_size", "maximum allowed tokens"};
// A number behind one of these, near by, is the window.
constexpr std::array<std::string_view, 8> kBefore = {"maximum", "context", "limit", "window", "size", "allowed", "n_ctx", "up to"};
constexpr std::size_t kNear = 34;
constexpr std::int64_t kLeast = 256;
constexpr std::int64_t kMost = 100'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number that begins at `at`, with its thousands.
std::optional<std::int64_t> number_at(std::string_view text, std::size_t at) {
  std::int64_t value = 0;
  for (; at < text.size() && (is_digit(text[at]) || ((text[at] == ',' || text[at] == '_') && at + 1 < text.size() && is_digit(text[at + 1]))); ++at)
    if (is_digit(text[at])) value = std::min(value * 10 + (text[at] - '0'), kMost + 1);
  if (value < kLeast || value > kMost) return std::nullopt;
  return value;
}

}  // namespace

bool says_too_long(std::string_view complaint) {
  return std::ranges::any_of(kTooLong, [&](std::string_view words) { return complaint.find(words) != std::string_view::npos; });
}

std::optional<std::int64_t> window_in(std::string_view complaint) {
  // "214676 tokens > 200000 maximum"
  if (const std::size_t more = complaint.find('>'); more != std::string_view::npos)
    if (const std::size_t digit = complaint.find_first_of("0123456789", more); digit != std::string_view::npos && digit - more <= 3)
      if (const auto number = number_at(complaint, digit)) return number;
  for (std::size_t at = 0; (at = complaint.find_first_of("0123456789", at)) != std::string_view::npos;) {
    const std::size_t end = std::min(complaint.find_first_not_of("0123456789,_", at), complaint.size());
    const std::size_t from = at > kNear ? at - kNear : 0;
    std::string_view before = complaint.substr(from, at - from);
    // Not over another number.
    if (const std::size_t other = before.find_last_of("0123456789"); other != std::string_view::npos) before.remove_prefix(other + 1);
    const bool is_window = std::ranges::any_of(kBefore, [&](std::string_view word) { return before.find(word) != std::string_view::npos; });
    if (const auto number = number_at(complaint, at); number && is_window) return number;
    at = end;
  }
  return std::nullopt;
}

}  // namespace zo
