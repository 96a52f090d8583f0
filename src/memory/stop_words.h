// Words that say nothing about what a text is about, by language: small lists of our own, in lower case and without accents.
#pragma once

#include <array>
#include <string_view>

#include "memory/language.h"

namespace zo {

// Parted by single spaces, in the order of Language.
extern const std::array<std::string_view, kLanguages> kStopWords;
// The names of the months, from January on, in all those languages that write them as words of their own.
extern const std::array<std::string_view, 12> kMonths;

}  // namespace zo
