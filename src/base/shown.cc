#include "base/shown.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"

namespace zo {
namespace {

bool turns_direction(char32_t value) {
  return value == 0x061C || value == 0x200E || value == 0x200F || (value >= 0x202A && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
}

// JSON leaves DEL and what is beyond ASCII as it is; none of the control characters needs a pair of surrogates.
std::string quoted(std::string_view valid) {
  const std::string text = to_text(Json(valid));
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint c = first_code_point(rest);
    if (is_control(c.value)) out += fmt::format("\\u{:04x}", static_cast<unsigned>(c.value));
    else out += rest.substr(0, c.bytes);
    rest.remove_prefix(std::min(c.bytes, rest.size()));
  }
  return out;
}

bool has_control(std::string_view valid) {
  while (!valid.empty()) {
    const CodePoint c = first_code_point(valid);
    if (is_control(c.value)) return true;
    valid.remove_prefix(std::min(c.bytes, valid.size()));
  }
  return false;
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {((lead & 0x1Fu) << 6) | (byte(1) & 0x3Fu), 2};
  if (lead < 0xF0) return {((lead & 0x0Fu) << 12) | ((byte(1) & 0x3Fu) << 6) | (byte(2) & 0x3Fu), 3};
  return {((lead & 0x07u) << 18) | ((byte(1) & 0x3Fu) << 12) | ((byte(2) & 0x3Fu) << 6) | (byte(3) & 0x3Fu), 4};
}

bool is_control(char32_t value) {
  return value < 0x20 || (value >= 0x7F && value < 0xA0) || value == 0x2028 || value == 0x2029 || turns_direction(value);
}

std::string name_in_line(std::string_view name) {
  std::string valid = to_valid_utf8(name);
  return valid.starts_with('"') || has_control(valid) ? quoted(valid) : valid;
}

std::string name_from_line(std::string_view written) {
  if (!written.starts_with('"')) return std::string(written);
  const Result<Json> name = parse_json(written, "a name");
  return name && name->is_string() ? std::string(std::string_view(name->get_string())) : std::string(written);
}

std::string shell_word(std::string_view name) {
  const bool plain = std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("_-./,+@%").contains(c); });
  if (plain) return std::string(name);
  std::string word = "'";
  for (const char c : name) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace zo
