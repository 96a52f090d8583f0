// Which language a short text is in, cheaply: by its script, its stop words and its letters. Good enough to choose a stemmer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace zo {

enum class Language : std::uint8_t {
  English,
  German,
  French,
  Spanish,
  Italian,
  Portuguese,
  Dutch,
  Swedish,
  Danish,
  Norwegian,
  Finnish,
  Russian,  // and whatever else is written in Cyrillic
  Greek,
  Arabic,
  Hindi,
};
inline constexpr std::size_t kLanguages = 15;
inline constexpr std::size_t kLatinLanguages = 11;  // the first ones: told apart by words, the others by their script
inline constexpr std::size_t kWordsDetected = 128;  // of a text; the rest does not count

// The name of its Snowball stemmer.
const char* stemmer_name(Language language);

// One bit a language.
using LanguageSet = std::uint32_t;
constexpr LanguageSet only(Language language) { return LanguageSet{1} << static_cast<unsigned>(language); }

// `word` in lower case, without accents.
struct KnownWord {
  LanguageSet stop_word_in = 0;  // the languages in which it says nothing about what a text is about
  std::uint32_t month = 0;       // 1 to 12: that it names, in any of them
};
KnownWord known_word(std::string_view word);

// What speaks for each language of the Latin script, gathered word by word.
class LanguageVotes {
 public:
  // A word and the languages in which it is a stop word.
  void word(LanguageSet stop_word_in);
  // Any letter outside ASCII, in lower case.
  void letter(std::int32_t point);
  bool full() const { return words_ >= kWordsDetected; }

  struct Verdict {
    Language language = Language::English;
    bool sure = false;  // false: too little speaks for it, or nearly as much for another
  };
  Verdict verdict() const;

 private:
  std::array<float, kLanguages> votes_{};
  std::size_t words_ = 0;
};

}  // namespace zo
