#include "memory/vocabulary.h"

#include <algorithm>

namespace zo {
namespace {

constexpr std::size_t kInString = 15;    // bytes that a std::string holds without memory of its own
constexpr std::size_t kAllocation = 16;  // what one piece of memory costs beside its bytes, nearly

auto place(auto&& postings, Slot slot) { return std::ranges::lower_bound(postings, slot, {}, &Posting::slot); }

}  // namespace

std::optional<TermId> Vocabulary::find(std::string_view text) const {
  const auto found = ids_.find(text);
  return found == ids_.end() ? std::nullopt : std::optional(*found);
}

TermId Vocabulary::add(std::string_view text) {
  if (const auto found = ids_.find(text); found != ids_.end()) return *found;
  TermId term = static_cast<TermId>(terms_.size());
  if (free_.empty()) {
    terms_.push_back({.text = std::string(text), .postings = {}});
  } else {
    term = free_.back();
    free_.pop_back();
    terms_[term].text = text;
  }
  ids_.insert(term);
  return term;
}

const Posting* Vocabulary::posting(TermId term, Slot slot) const {
  const auto& postings = terms_[term].postings;
  const auto found = place(postings, slot);
  return found != postings.end() && found->slot() == slot ? &*found : nullptr;
}

std::span<const Posting> Vocabulary::postings_from(TermId term, Slot slot) const {
  const std::span<const Posting> postings = terms_[term].postings;
  return postings.subspan(static_cast<std::size_t>(place(postings, slot) - postings.begin()));
}

void Vocabulary::put(TermId term, const Posting& posting) {
  auto& postings = terms_[term].postings;
  // A sixth more, not twice as much: most of the index is postings.
  if (postings.size() == postings.capacity()) postings.reserve(postings.size() + std::max<std::size_t>(1, postings.size() / 6));
  if (postings.empty() || postings.back().slot() < posting.slot()) postings.push_back(posting);
  else postings.insert(place(postings, posting.slot()), posting);
  ++postings_;
}

void Vocabulary::take(TermId term, Slot slot) {
  auto& postings = terms_[term].postings;
  const auto found = place(postings, slot);
  if (found == postings.end() || found->slot() != slot) return;
  postings.erase(found);
  --postings_;
  if (!postings.empty()) return;
  ids_.erase(ids_.find(term));
  terms_[term] = {};
  free_.push_back(term);
}

void Vocabulary::shrink() {
  for (Term& term : terms_) term.postings.shrink_to_fit();
  terms_.shrink_to_fit();
}

std::size_t Vocabulary::bytes() const {
  std::size_t sum = terms_.capacity() * sizeof(Term) + free_.capacity() * sizeof(TermId) + ids_.bucket_count() * (sizeof(TermId) + 1);
  for (const Term& term : terms_) {
    if (term.postings.capacity() > 0) sum += term.postings.capacity() * sizeof(Posting) + kAllocation;
    if (term.text.capacity() > kInString) sum += term.text.capacity() + 1 + kAllocation;
  }
  return sum;
}

}  // namespace zo
