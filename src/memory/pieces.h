// A text cut into what can be looked for: words, numbers, identifiers as a whole and in their parts, pairs of characters where no spaces
// are set. In lower case; not yet stemmed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "memory/language.h"

namespace zo {

inline constexpr std::size_t kPieceBytes = 64;       // a longer one is known by its beginning
inline constexpr std::size_t kPiecesMax = 20'000;    // of a text; the rest cannot be found
inline constexpr std::size_t kCompoundChars = 512;   // a longer identifier is cut
inline constexpr std::size_t kHashPrefix = 7;        // by which a hash is often called

enum class PieceKind : std::uint8_t {
  Word,        // letters only: to be stemmed
  Exact,       // with a digit in it
  Identifier,  // several words joined: a path, a date, a version, snake_case, camelCase
  Pair,        // two characters of a script that sets no spaces; or one, which counts where it stands alone
};

struct Piece {
  PieceKind kind = PieceKind::Word;
  std::string_view text;
  bool latin = true;                     // a word's letters
  Language language = Language::English;  // of a word that is not Latin: by its script
  bool counts = true;                    // to the length of the text: false for a second reading of the same characters
};

// What a month is found by, however a text names it: "month:5". A date (ISO 8601, "5月") gives it here, a word is left to who knows words.
std::string month_term(std::uint32_t month);

// Of characters that normalize() made. What is given is good for the call only.
void for_each_piece(std::u32string_view text, const std::function<void(const Piece&)>& found);

}  // namespace zo
