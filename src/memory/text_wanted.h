// What a search looks for, once the index has said what of the question it holds. Within the index only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/text_index.h"

namespace zo {

inline constexpr std::uint32_t kOwnTenths = 10;
inline constexpr float kBm25K1 = 0.9f;
inline constexpr float kBm25B = 0.4f;
inline constexpr float kIdentifierWeight = 1.5f;
inline constexpr float kPhraseWeight = 1.25f;  // of each of its words
inline constexpr float kPhraseShare = 0.5f;    // of what its words may score at most: for an item that has them all itself

inline constexpr float kRoundingMargin = 1.0001f;

struct TextIndex::Wanted {
  std::string word;
  std::vector<TermId> terms;
  std::size_t postings = 0;
  std::uint32_t phrase = 0;
  float weight = 0;  // inverse document frequency, and more for what is more
};

struct TextIndex::Phrase {
  std::string words;
  std::vector<const Wanted*> parts;
  float score = 0;
};

}  // namespace zo
