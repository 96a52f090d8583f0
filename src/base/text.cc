#include "base/text.h"

#include <charconv>
#include <fmt/core.h>

#include <algorithm>

namespace zo {
namespace {

// Length of the valid UTF-8 sequence at the start of `s`, 0 if there is none (RFC 3629: no surrogates, no overlong forms).
std::size_t sequence_length(std::string_view s) {
  const auto at = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return tail(1) ? 2 : 0;
  if (lead < 0xf0) {
    const bool low = lead == 0xe0 && at(1) < 0xa0;
    const bool surrogate = lead == 0xed && at(1) > 0x9f;
    return tail(1) && tail(2) && !low && !surrogate ? 3 : 0;
  }
  const bool low = lead == 0xf0 && at(1) < 0x90;
  const bool high = lead == 0xf4 && at(1) > 0x8f;
  return lead < 0xf5 && tail(1) && tail(2) && tail(3) && !low && !high ? 4 : 0;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Edits between two words, swapped neighbours counting as one (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

}  // namespace

std::string to_valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    if (length == 0) out += "\xef\xbf\xbd";
    else out += bytes.substr(0, length);
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

bool is_valid_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

std::string_view utf8_suffix(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t begin = text.size() - bytes_max;
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) ++begin;
  return text.substr(begin);
}

std::string_view whole_code_points(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto lead = static_cast<unsigned char>(text[text.size() - back]);
    if ((lead & 0xc0) == 0x80) continue;
    const std::size_t needs = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return needs > back ? text.substr(0, text.size() - back) : text;
  }
  return text;
}

std::string head_and_tail(std::string_view text, std::size_t bytes_max, std::uint64_t total_bytes) {
  if (text.size() <= bytes_max) return std::string(text);
  const std::string_view head = utf8_prefix(text, bytes_max * 2 / 3);
  const std::string_view tail = utf8_suffix(text, bytes_max / 3);
  const std::uint64_t total = std::max<std::uint64_t>(total_bytes, text.size());
  const std::uint64_t left_out = total - head.size() - tail.size();
  return fmt::format("{}\n[… {} of {} bytes left out …]\n{}", head, with_thousands(left_out), with_thousands(total), tail);
}

std::string one_line(std::string_view text, std::size_t chars_max) {
  std::string out;
  for (char c : trim(text)) {
    const bool space = is_space(c);
    if (space && !out.empty() && out.back() == ' ') continue;
    out.push_back(space ? ' ' : c);
    if (out.size() > chars_max + 4) break;
  }
  if (out.size() <= chars_max) return out;
  return std::string(trim(utf8_prefix(out, chars_max - std::min<std::size_t>(chars_max, 3)))) + "…";
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_lower(std::string_view ascii) {
  std::string out(ascii);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::uint64_t> to_whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string with_thousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string human_size(std::uint64_t bytes) {
  if (bytes < 10'000) return with_thousands(bytes) + " B";
  if (bytes < 1'000'000) return with_thousands(bytes / 1'000) + " kB";
  if (bytes < 10'000'000'000) return with_thousands(bytes / 1'000'000) + " MB";
  return with_thousands(bytes / 1'000'000'000) + " GB";
}

std::vector<std::string> near_words(std::string_view typed, std::span<const std::string> words, std::size_t count) {
  std::vector<std::pair<std::size_t, std::size_t>> ranked;  // distance, index
  const std::string wanted = to_lower(typed.substr(0, 100));
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string have = to_lower(words[i]);
    std::size_t d = distance(wanted, have);
    if (!wanted.empty() && have.find(wanted) != std::string::npos) d = std::min<std::size_t>(d, 1);
    if (d <= std::max<std::size_t>(2, wanted.size() / 2)) ranked.emplace_back(d, i);
  }
  std::ranges::sort(ranked);
  std::vector<std::string> out;
  for (const auto& [d, i] : ranked)
    if (out.size() < count) out.push_back(words[i]);
  return out;
}

bool percent_decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return true;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) out.push_back(c);
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace zo
