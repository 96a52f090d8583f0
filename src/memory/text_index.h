// What a person's items say, to be found by words: an inverted index in RAM, ranked by BM25F (Robertson and Zaragoza 2009) over an item's
// own text and, at less weight, the text of the two turns before and behind it in its conversation. Derived: rebuilt from the store,
// then kept in step item by item; the same items give the same scores in whatever order they came.
//
// Not for two threads at once.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "memory/conversation_links.h"
#include "memory/vocabulary.h"
#include "memory/words.h"

namespace zo {

inline constexpr std::size_t kQueryTerms = 12;    // words of a question that are looked for: the rarest
inline constexpr std::size_t kHitsMax = 1'000;
inline constexpr std::size_t kHitsExplained = 50;  // of one search, the best

struct IndexedText {
  std::string_view head;           // who said it, when, under which title
  std::string_view body;
  std::uint32_t conversation = 0;  // 0: of none, so nothing stands beside it
  std::uint32_t position = 0;      // in the conversation
  TimeMs at = 0;                   // the newer of two equal hits comes first
};

// How much of a hit's score is owed to one word of the question, or to a quoted phrase, which is shown in quotes.
struct HitShare {
  std::string word;
  float score = 0;
};

struct TextHit {
  Slot slot = 0;
  float score = 0;
  std::vector<HitShare> why;  // the largest first; empty behind kHitsExplained hits
};

// Which items a search may give: what it says is heeded exactly, and does not change a score.
using SlotFilter = std::function<bool(Slot)>;

class TextIndex {
 public:
  TextIndex();
  ~TextIndex();
  TextIndex(const TextIndex&) = delete;
  TextIndex& operator=(const TextIndex&) = delete;

  // Replaces what stands at the slot. Exhausted from kSlotsMax on.
  Result<> add(Slot slot, const IndexedText& text);
  // Really gone: its words too, where no other item has them.
  void remove(Slot slot);
  // After many were added: gives back memory that only made this quick.
  void settle();
  bool holds(Slot slot) const { return slot < rows_.size() && rows_[slot].terms != nullptr; }
  std::size_t size() const { return items_; }

  // The `k` best, best first. No word of the question must be there, each that is there counts; quoted phrases and identifiers more.
  std::vector<TextHit> search(std::string_view question, std::size_t k, const SlotFilter& filter = {});

  // The weight of the text around an item, in tenths of its own text's: 3, and 0 to leave it out of all searches that follow.
  void weigh_neighbours(std::uint32_t tenths);

  struct Size {
    std::size_t items = 0;
    std::size_t terms = 0;
    std::size_t postings = 0;
    std::size_t bytes = 0;  // of memory, nearly
  };
  Size measure() const;

 private:
  struct Row {
    TimeMs at = 0;
    std::unique_ptr<std::uint8_t[]> terms;  // their numbers, rising, as differences in LEB128; null: no item
    std::uint16_t head_length = 0;
    std::uint16_t body_length = 0;
    Language language = Language::English;
  };
  struct Wanted;  // a word of the question
  struct Phrase;

  std::vector<TermId> terms_of(Slot slot) const;
  void set_terms(Slot slot);
  void weigh_lengths(Slot slot);
  void weigh_length(Slot slot);
  LanguageSet languages() const;
  std::vector<Wanted> wanted(const QueryWords& query) const;
  std::vector<Phrase> phrases(const QueryWords& query, const std::vector<Wanted>& words) const;
  void gather(const Wanted& word);
  void gather(const Phrase& phrase);
  float part(const Wanted& word, std::uint32_t weight, Slot slot) const;
  std::uint32_t weight_in(const Wanted& word, Slot slot) const;
  void gather(const std::vector<Wanted>& words, const std::vector<Phrase>& phrases, std::size_t k, const SlotFilter& filter);
  float kth_score(std::size_t k, const SlotFilter& filter);
  void keep_above(float score);
  std::vector<TextHit> best(std::size_t k, const SlotFilter& filter);
  void explain(TextHit& hit, const std::vector<Wanted>& words, const std::vector<Phrase>& phrases) const;

  Words words_;
  Vocabulary vocabulary_;
  ConversationLinks links_;
  std::vector<Row> rows_;
  std::vector<std::uint32_t> lengths_;  // of an item and what is around it, weighted, in tenths
  std::uint64_t lengths_sum_ = 0;
  std::array<std::uint32_t, kLanguages> items_in_{};
  std::size_t items_ = 0;
  std::uint32_t around_tenths_ = 3;

  // Of one search, kept for the next: what each item has gathered. All zero between searches.
  float length_weight_ = 0;  // of one tenth of a word
  std::vector<std::uint32_t> weights_;
  std::vector<float> scores_;
  std::vector<Slot> touched_;  // by one word
  std::vector<Slot> scored_;   // by any
  std::vector<float> sorted_;
  std::vector<std::uint64_t> found_;  // of one item that is added
};

}  // namespace zo
