#include "memory/language.h"

#include <algorithm>
#include <bit>
#include <boost/unordered/unordered_flat_map.hpp>

#include "base/text.h"
#include "memory/stop_words.h"

namespace zo {
namespace {

constexpr float kEnough = 0.85f;   // less than this speaks for no language
constexpr float kAhead = 1.3f;    // by which the first must lead the second
constexpr float kOfALetter = 0.9f;

constexpr const char* kStemmers[kLanguages] = {"english", "german",    "french",  "spanish", "italian", "portuguese", "dutch", "swedish",
                                               "danish",  "norwegian", "finnish", "russian", "greek",   "arabic",     "hindi"};

using Table = boost::unordered_flat_map<std::string_view, KnownWord>;

const Table& known_words() {
  static const Table all = [] {
    Table table;
    for (std::size_t language = 0; language < kLanguages; ++language)
      for (const std::string_view word : split(kStopWords[language], ' ')) table[word].stop_word_in |= LanguageSet{1} << language;
    for (std::size_t month = 0; month < kMonths.size(); ++month)
      for (const std::string_view word : split(kMonths[month], ' ')) table[word].month = static_cast<std::uint32_t>(month + 1);
    return table;
  }();
  return all;
}

struct Letters {
  std::u32string_view letters;
  LanguageSet languages;
};
constexpr Letters kLetters[] = {
    {U"ß", only(Language::German)},
    {U"ü", only(Language::German) | only(Language::Spanish)},
    {U"äö", only(Language::German) | only(Language::Swedish) | only(Language::Finnish)},
    {U"å", only(Language::Swedish) | only(Language::Danish) | only(Language::Norwegian)},
    {U"æø", only(Language::Danish) | only(Language::Norwegian)},
    {U"ñ¿¡", only(Language::Spanish)},
    {U"áíóú", only(Language::Spanish) | only(Language::Portuguese)},
    {U"ãõ", only(Language::Portuguese)},
    {U"ç", only(Language::French) | only(Language::Portuguese)},
    {U"êâô", only(Language::French) | only(Language::Portuguese)},
    {U"îûœëï", only(Language::French)},
    {U"é", only(Language::French) | only(Language::Spanish) | only(Language::Portuguese)},
    {U"è", only(Language::French) | only(Language::Italian)},
    {U"àù", only(Language::French) | only(Language::Italian)},
    {U"ìò", only(Language::Italian)},
};

}  // namespace

const char* stemmer_name(Language language) { return kStemmers[static_cast<std::size_t>(language)]; }

KnownWord known_word(std::string_view word) {
  const auto found = known_words().find(word);
  return found == known_words().end() ? KnownWord{} : found->second;
}

void LanguageVotes::word(LanguageSet languages) {
  if (full()) return;
  ++words_;
  if (languages == 0) return;
  // A word of many languages says less.
  const float vote = 1.0f / static_cast<float>(std::popcount(languages));
  for (std::size_t i = 0; i < kLanguages; ++i)
    if ((languages >> i & 1u) != 0) votes_[i] += vote;
}

void LanguageVotes::letter(std::int32_t point) {
  if (point >= 0x180 || full()) return;
  for (const Letters& some : kLetters) {
    if (some.letters.find(static_cast<char32_t>(point)) == some.letters.npos) continue;
    for (std::size_t i = 0; i < kLatinLanguages; ++i)
      if ((some.languages >> i & 1u) != 0) votes_[i] += kOfALetter / static_cast<float>(std::popcount(some.languages));
  }
}

LanguageVotes::Verdict LanguageVotes::verdict() const {
  const std::span<const float> latin(votes_.data(), kLatinLanguages);
  const auto best = static_cast<std::size_t>(std::ranges::max_element(latin) - latin.begin());
  float second = 0;
  for (std::size_t i = 0; i < latin.size(); ++i)
    if (i != best) second = std::max(second, latin[i]);
  if (latin[best] < kEnough) return {};
  return {.language = static_cast<Language>(best), .sure = latin[best] >= kAhead * second};
}

}  // namespace zo
