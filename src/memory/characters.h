// The characters of a text as an index sees them: compatible forms made one (full-width letters, ligatures, both ways to write an accent),
// what cannot be seen left out, invalid bytes a break.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace zo {

inline constexpr std::size_t kMarksMax = 4;  // on one character; further ones are left out

// Normalisation form KC (UAX 15), but for marks behind the fourth; digits of other scripts are those of ASCII, a curly apostrophe is a
// straight one. Into `out`, whose memory is used again.
void normalize(std::string_view text, std::u32string& out);

enum class CharacterKind : std::uint8_t {
  Break,
  Letter,
  Digit,
  Mark,   // belongs to the letter before it
  Dense,  // of a script that sets no spaces between words, or few: Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese
};
CharacterKind kind_beyond_ascii(char32_t character);
inline CharacterKind kind_of(char32_t character) {
  if (character >= 0x80) return kind_beyond_ascii(character);
  const char32_t lower = character | 0x20;
  if (lower >= U'a' && lower <= U'z') return CharacterKind::Letter;
  return character >= U'0' && character <= U'9' ? CharacterKind::Digit : CharacterKind::Break;
}
bool is_han(char32_t character);
char32_t to_lower(char32_t character);

void append_utf8(std::string& out, char32_t character);
// Without accents, for Latin, Greek, Cyrillic, Hebrew and Arabic; ß as ss, ø as o and so on. For text in lower case.
std::string without_accents(std::string_view utf8);

}  // namespace zo
