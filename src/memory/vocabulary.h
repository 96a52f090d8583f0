// The terms of an index and where each of them stands: a number a term, and its postings in the order of their slots.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zo {

using Slot = std::uint32_t;    // the number of an item, given by the owner of the index, dense
using TermId = std::uint32_t;

inline constexpr Slot kSlotsMax = Slot{1} << 26;

// One term in one item, in 4 bytes: 26 bits of slot, one bit for "once in the head", 5 bits of how often in all.
class Posting {
 public:
  static constexpr std::uint32_t kTimesMax = 31;  // BM25 makes no difference beyond

  Posting(Slot slot, bool in_head, std::uint32_t times) : bits_(slot << 6 | (in_head ? 1u : 0u) << 5 | (times < kTimesMax ? times : kTimesMax)) {}
  Slot slot() const { return bits_ >> 6; }
  bool in_head() const { return (bits_ >> 5 & 1u) != 0; }
  std::uint32_t times() const { return bits_ & kTimesMax; }
  std::uint32_t times_in_body() const { return times() - (in_head() ? 1u : 0u); }

 private:
  std::uint32_t bits_;
};
static_assert(sizeof(Posting) == 4);

class Vocabulary {
 public:
  std::optional<TermId> find(std::string_view text) const;
  TermId add(std::string_view text);  // or the one that is there
  std::string_view text(TermId term) const { return terms_[term].text; }
  std::span<const Posting> postings(TermId term) const { return terms_[term].postings; }
  const Posting* posting(TermId term, Slot slot) const;  // null: none
  std::span<const Posting> postings_from(TermId term, Slot slot) const;

  void put(TermId term, const Posting& posting);
  // A term that stands nowhere any more is forgotten, and its number goes to another.
  void take(TermId term, Slot slot);

  void shrink();  // gives back the room for more

  std::size_t terms() const { return ids_.size(); }
  std::size_t postings() const { return postings_; }
  std::size_t bytes() const;  // of memory, nearly

 private:
  struct Term {
    std::string text;
    std::vector<Posting> postings;
  };
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    const std::vector<Term>* terms;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    std::size_t operator()(TermId term) const { return (*this)((*terms)[term].text); }
  };
  struct Equal {
    using is_transparent = void;
    const std::vector<Term>* terms;
    bool operator()(TermId a, TermId b) const { return a == b; }
    bool operator()(std::string_view text, TermId term) const { return text == (*terms)[term].text; }
    bool operator()(TermId term, std::string_view text) const { return text == (*terms)[term].text; }
  };

 public:
  Vocabulary() : ids_(0, Hash{&terms_}, Equal{&terms_}) {}
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

 private:
  std::vector<Term> terms_;
  std::vector<TermId> free_;
  boost::unordered_flat_set<TermId, Hash, Equal> ids_;
  std::size_t postings_ = 0;
};

}  // namespace zo
