#include "memory/characters.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace zo {
namespace {

constexpr std::size_t kPartsMost = 18;  // that one character is made of, by Unicode
constexpr char32_t kBreak = 0;

struct Range {
  char32_t first;
  char32_t last;
};
bool is_in(std::span<const Range> ranges, char32_t c) {
  return std::ranges::any_of(ranges, [&](const Range& range) { return c >= range.first && c <= range.last; });
}

constexpr Range kUnseen[] = {{0xAD, 0xAD}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0x0640, 0x0640}};
constexpr Range kHan[] = {{0x3005, 0x3007}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0x20000, 0x323AF}};
constexpr Range kDense[] = {{0x0E00, 0x0EFF}, {0x1000, 0x109F}, {0x1100, 0x11FF}, {0x1780, 0x17FF}, {0x3005, 0x3007}, {0x3040, 0x30FF}, {0x3130, 0x318F},
                            {0x31F0, 0x31FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xAC00, 0xD7AF}, {0xF900, 0xFAFF}, {0x20000, 0x323AF}};
constexpr Range kAccents[] = {{0x0300, 0x036F}, {0x0483, 0x0487}, {0x0591, 0x05C7}, {0x0610, 0x061A}, {0x064B, 0x065F},
                              {0x0670, 0x0670}, {0x06D6, 0x06ED}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}};
constexpr char32_t kZeros[] = {0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50};  // from which ten digits go up
constexpr std::pair<char32_t, std::string_view> kPlain[] = {{U'ß', "ss"}, {U'ø', "o"}, {U'æ', "ae"}, {U'œ', "oe"}, {U'đ', "d"},
                                                            {U'ð', "d"},  {U'þ', "th"}, {U'ł', "l"}, {U'ı', "i"}, {U'ς', "σ"}};

bool is_mark(char32_t c) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME;
}

char32_t meant_by(char32_t c) {
  if (c == 0x2019 || c == 0x02BC) return U'\'';
  if (c == 0x2010 || c == 0x2011) return U'-';
  for (const char32_t zero : kZeros)
    if (c >= zero && c < zero + 10) return U'0' + (c - zero);
  return c;
}

// The next character of `rest`, taken from it.
char32_t next(std::string_view& rest) {
  utf8proc_int32_t point = 0;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(rest.data()), static_cast<utf8proc_ssize_t>(rest.size()), &point);
  rest.remove_prefix(length > 0 ? static_cast<std::size_t>(length) : 1);
  return length > 0 ? static_cast<char32_t>(point) : kBreak;
}

std::u32string_view parts_of(char32_t c, std::array<char32_t, kPartsMost>& parts, int how) {
  std::array<utf8proc_int32_t, kPartsMost> found{};
  const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), found.data(), kPartsMost, static_cast<utf8proc_option_t>(how), nullptr);
  const std::size_t size = count > 0 && std::cmp_less_equal(count, kPartsMost) ? static_cast<std::size_t>(count) : 0;
  for (std::size_t i = 0; i < size; ++i) parts[i] = static_cast<char32_t>(found[i]);
  return {parts.data(), size};
}

// Accents that stand alone are joined with their letters, where Unicode has one character for both.
void compose(std::u32string& text) {
  static_assert(sizeof(char32_t) == sizeof(utf8proc_int32_t));
  const auto length = utf8proc_normalize_utf32(reinterpret_cast<utf8proc_int32_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                                               static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  if (length >= 0) text.resize(static_cast<std::size_t>(length));
}

}  // namespace

void normalize(std::string_view text, std::u32string& out) {
  const auto beyond = std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  out.assign(text.begin(), beyond);
  text.remove_prefix(out.size());
  bool composed = true;
  std::size_t marks = 0;
  std::array<char32_t, kPartsMost> parts{};
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte < 0x80) {
      out.push_back(byte);
      text.remove_prefix(1);
      marks = 0;
      continue;
    }
    const char32_t c = next(text);
    if (is_in(kUnseen, c)) continue;
    for (const char32_t part : parts_of(c, parts, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STABLE)) {
      marks = is_mark(part) ? marks + 1 : 0;
      if (marks > kMarksMax) continue;
      composed = composed && part < 0x80;
      out.push_back(meant_by(part));
    }
  }
  if (!composed) compose(out);
}

bool is_han(char32_t character) { return is_in(kHan, character); }

CharacterKind kind_beyond_ascii(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return c >= 0x0E00 && is_in(kDense, c) ? CharacterKind::Dense : CharacterKind::Letter;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return CharacterKind::Mark;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL: return CharacterKind::Digit;
    default: return CharacterKind::Break;
  }
}

char32_t to_lower(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

void append_utf8(std::string& out, char32_t character) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(character), bytes.data());
  for (utf8proc_ssize_t i = 0; i < length; ++i) out.push_back(static_cast<char>(bytes[static_cast<std::size_t>(i)]));
}

std::string without_accents(std::string_view utf8) {
  std::string out;
  std::array<char32_t, kPartsMost> parts{};
  while (!utf8.empty()) {
    const char32_t c = next(utf8);
    const auto* const plain = std::ranges::find(kPlain, c, [](const auto& pair) { return pair.first; });
    if (c < 0x80) out.push_back(static_cast<char>(c));
    else if (plain != std::end(kPlain)) out += plain->second;
    else if (c >= 0x0700 && c < 0x1E00) append_utf8(out, c);  // the marks of these scripts are no accents
    else if (c >= 0x2E80) append_utf8(out, c);
    else
      for (const char32_t part : parts_of(c, parts, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE))
        if (!is_in(kAccents, part)) append_utf8(out, part);
  }
  return out;
}

}  // namespace zo
