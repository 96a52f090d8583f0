// The search of a TextIndex: term at a time, so that every posting is touched once and in order.
#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>
#include <utility>

#include "memory/text_index.h"
#include "memory/text_wanted.h"

namespace zo {
namespace {

constexpr std::size_t kLookupsWorth = 2;    // a posting gathered costs as much as so many looks at a score
constexpr std::size_t kPostingsWorth = 12;  // an item looked up costs as much as so many postings gathered
constexpr std::size_t kSteps = 6;           // from posting to posting, before it is searched for

}  // namespace

// What of the question is there, the rarest first.
std::vector<TextIndex::Wanted> TextIndex::wanted(const QueryWords& query) const {
  std::vector<Wanted> words;
  for (const QueryWord& word : query.words) {
    Wanted found{.word = word.word, .terms = {}, .phrase = word.phrase};
    for (const std::string& text : word.terms) {
      const auto term = vocabulary_.find(text);
      if (!term) continue;
      found.terms.push_back(*term);
      found.postings += vocabulary_.postings(*term).size();
    }
    if (found.terms.empty()) continue;
    const auto all = static_cast<double>(items_);
    const double in = std::min(static_cast<double>(found.postings), all);
    const double rarity = std::log(1.0 + (all - in + 0.5) / (in + 0.5));
    const float more = (word.kind == PieceKind::Identifier ? kIdentifierWeight : 1.0f) * (word.phrase != 0 ? kPhraseWeight : 1.0f);
    found.weight = static_cast<float>(rarity) * more;
    words.push_back(std::move(found));
  }
  std::ranges::sort(words, {}, [](const Wanted& word) { return std::tie(word.postings, word.word); });
  if (words.size() > kQueryTerms) words.resize(kQueryTerms);
  return words;
}

// The quoted phrases of more than one word whose words are all there.
std::vector<TextIndex::Phrase> TextIndex::phrases(const QueryWords& query, const std::vector<Wanted>& words) const {
  std::vector<Phrase> all;
  std::uint32_t count = 0;
  for (const QueryWord& word : query.words) count = std::max(count, word.phrase);
  for (std::uint32_t number = 1; number <= count; ++number) {
    Phrase phrase;
    std::size_t asked = 0;
    for (const QueryWord& word : query.words) {
      if (word.phrase != number) continue;
      ++asked;
      phrase.words += (phrase.words.empty() ? "\"" : " ") + word.word;
    }
    phrase.words += "\"";
    for (const Wanted& word : words) {
      if (word.phrase != number) continue;
      phrase.parts.push_back(&word);
      phrase.score += kPhraseShare * word.weight;
    }
    if (asked > 1 && phrase.parts.size() == asked) all.push_back(std::move(phrase));
  }
  return all;
}

// BM25F: the weights of all places are added first, then they saturate.
float TextIndex::part(const Wanted& word, std::uint32_t weight, Slot slot) const {
  const float times = static_cast<float>(weight) / static_cast<float>(kOwnTenths);
  return word.weight * times / (times + kBm25K1 * (1.0f - kBm25B) + length_weight_ * static_cast<float>(lengths_.data()[slot]));
}

// A slot is written down whether it is new or not, and counted if it is: guessing which would cost more.
void TextIndex::gather(const Wanted& word) {
  touched_.resize(rows_.size() + 1);
  std::size_t touched = 0;
  Slot* const list = touched_.data();
  std::uint32_t* const weights = weights_.data();
  const auto touch = [&](Slot slot, std::uint32_t weight) {
    list[touched] = slot;
    touched += weights[slot] == 0 ? 1u : 0u;
    weights[slot] += weight;
  };
  for (const TermId term : word.terms)
    for (const Posting& posting : vocabulary_.postings(term)) {
      touch(posting.slot(), kOwnTenths * posting.times());
      const std::uint32_t around = around_tenths_ * posting.times_in_body();
      if (around == 0) continue;
      for (const Slot other : links_.around(posting.slot()))
        if (other != kNoSlot) touch(other, around);
    }
  std::size_t scored = scored_.size();
  scored_.resize(scored + touched + 1);
  Slot* const scored_list = scored_.data();
  float* const scores = scores_.data();
  for (std::size_t i = 0; i < touched; ++i) {
    const Slot slot = list[i];
    scored_list[scored] = slot;
    scored += scores[slot] == 0 ? 1u : 0u;
    scores[slot] += part(word, std::exchange(weights[slot], 0u), slot);
  }
  scored_.resize(scored);
}

void TextIndex::gather(const Phrase& phrase) {
  const auto has = [&](const Wanted& word, Slot slot) {
    return std::ranges::any_of(word.terms, [&](TermId term) { return vocabulary_.posting(term, slot) != nullptr; });
  };
  for (const TermId term : phrase.parts.front()->terms)  // the rarest
    for (const Posting& posting : vocabulary_.postings(term)) {
      const Slot slot = posting.slot();
      const bool all = std::ranges::all_of(phrase.parts, [&](const Wanted* word) { return has(*word, slot); });
      // An item that has several forms of the word comes by several times.
      const bool first = std::ranges::find_if(phrase.parts.front()->terms, [&](TermId other) { return vocabulary_.posting(other, slot) != nullptr; })[0] == term;
      if (all && first && scores_[slot] > 0) scores_[slot] += phrase.score;  // else it is out of the race
    }
}

// The k-th best score so far of those that the filter lets through; 0 where there are fewer.
float TextIndex::kth_score(std::size_t k, const SlotFilter& filter) {
  sorted_.clear();
  for (const Slot slot : scored_)
    if (!filter || filter(slot)) sorted_.push_back(scores_[slot]);
  if (sorted_.size() < k) return 0;
  const auto kth = sorted_.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::ranges::nth_element(sorted_, kth, std::greater());
  return *kth;
}

void TextIndex::keep_above(float score) {
  std::erase_if(scored_, [&](Slot slot) {
    if (scores_[slot] >= score) return false;
    scores_[slot] = 0;
    return true;
  });
}

// The rarest words first. Once the words that are left cannot lift an item that has none of the words so far among the best k, only the
// items that still can be among them are looked at (MaxScore; Turtle and Flood 1995). What is left out changes neither hits nor scores.
void TextIndex::gather(const std::vector<Wanted>& words, const std::vector<Phrase>& phrases, std::size_t k, const SlotFilter& filter) {
  float left = 0;  // that an item can still gain, and a little for rounding
  for (const Wanted& word : words) left += word.weight * kRoundingMargin;
  for (const Phrase& phrase : phrases) left += phrase.score * kRoundingMargin;
  bool closed = false;
  for (const Wanted& word : words) {
    if (word.postings * kLookupsWorth > scored_.size()) {
      const float kth = kth_score(k, filter);
      closed = closed || kth > left;
      if (closed) keep_above(kth - left);
    }
    if (!closed || word.postings < scored_.size() * kPostingsWorth) gather(word);
    else
      for (const Slot slot : scored_)
        if (const std::uint32_t weight = weight_in(word, slot); weight > 0) scores_[slot] += part(word, weight, slot);
    left -= word.weight;
  }
  for (const Phrase& phrase : phrases) gather(phrase);
}

std::vector<TextHit> TextIndex::best(std::size_t k, const SlotFilter& filter) {
  struct Found {
    float score;
    Slot slot;
  };
  const auto better = [&](const Found& a, const Found& b) {
    if (a.score != b.score) return a.score > b.score;
    return std::tuple(rows_[a.slot].at, a.slot) > std::tuple(rows_[b.slot].at, b.slot);
  };
  std::vector<Found> heap;  // the worst of the best on top
  heap.reserve(k + 1);
  for (const Slot slot : scored_) {
    const Found one{.score = std::exchange(scores_.data()[slot], 0.0f), .slot = slot};
    const bool full = heap.size() == k;
    if ((full && !better(one, heap.front())) || (filter && !filter(slot))) continue;
    if (full) {
      std::ranges::pop_heap(heap, better);
      heap.pop_back();
    }
    heap.push_back(one);
    std::ranges::push_heap(heap, better);
  }
  scored_.clear();
  std::ranges::sort_heap(heap, better);
  std::vector<TextHit> hits;
  for (const Found& one : heap) hits.push_back({.slot = one.slot, .score = one.score, .why = {}});
  return hits;
}

std::uint32_t TextIndex::weight_in(const Wanted& word, Slot slot) const {
  std::uint32_t weight = 0;
  const auto around = links_.around(slot);
  const Slot first = std::min({slot, around[0], around[1], around[2], around[3]});
  for (const TermId term : word.terms) {
    // Turns of one conversation mostly have slots side by side: one search, and a few steps from there.
    const std::span<const Posting> postings = vocabulary_.postings_from(term, first);
    const auto posting_of = [&](Slot one) -> const Posting* {
      for (const Posting& posting : postings.first(std::min(kSteps, postings.size())))
        if (posting.slot() >= one) return posting.slot() == one ? &posting : nullptr;
      return postings.size() <= kSteps ? nullptr : vocabulary_.posting(term, one);
    };
    if (const Posting* const own = posting_of(slot)) weight += kOwnTenths * own->times();
    for (const Slot other : around)
      if (const Posting* const beside = other == kNoSlot ? nullptr : posting_of(other)) weight += around_tenths_ * beside->times_in_body();
  }
  return weight;
}

void TextIndex::explain(TextHit& hit, const std::vector<Wanted>& words, const std::vector<Phrase>& phrases) const {
  for (const Wanted& word : words)
    if (const std::uint32_t weight = weight_in(word, hit.slot); weight > 0) hit.why.push_back({word.word, part(word, weight, hit.slot)});
  for (const Phrase& phrase : phrases) {
    const bool all = std::ranges::all_of(phrase.parts, [&](const Wanted* word) {
      return std::ranges::any_of(word->terms, [&](TermId term) { return vocabulary_.posting(term, hit.slot) != nullptr; });
    });
    if (all) hit.why.push_back({phrase.words, phrase.score});
  }
  std::ranges::sort(hit.why, [](const HitShare& a, const HitShare& b) { return std::tie(b.score, a.word) < std::tie(a.score, b.word); });
}

std::vector<TextHit> TextIndex::search(std::string_view question, std::size_t k, const SlotFilter& filter) {
  const QueryWords query = words_.query(question, languages());
  const std::vector<Wanted> words = wanted(query);
  if (words.empty()) return {};
  weights_.resize(rows_.size());
  scores_.resize(rows_.size());
  const std::vector<Phrase> quoted = phrases(query, words);
  k = std::min(k, kHitsMax);
  if (k == 0) return {};
  const float mean = static_cast<float>(lengths_sum_) / static_cast<float>(items_);
  length_weight_ = mean > 0 ? kBm25K1 * kBm25B / mean : 0.0f;
  gather(words, quoted, k, filter);
  std::vector<TextHit> hits = best(k, filter);
  for (std::size_t i = 0; i < std::min(hits.size(), kHitsExplained); ++i) explain(hits[i], words, quoted);
  return hits;
}

}  // namespace zo
