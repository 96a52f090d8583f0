#include "memory/text_index.h"

#include <fmt/core.h>

#include <algorithm>

#include "memory/text_wanted.h"

namespace zo {
namespace {

constexpr std::size_t kLengthMax = 65'535;

// The numbers of an item's terms as a row keeps them: how many, then the differences, all in LEB128.
void append_number(std::vector<std::uint8_t>& out, std::uint32_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<std::uint8_t>(number | 0x80));
  out.push_back(static_cast<std::uint8_t>(number));
}

std::uint32_t next_number(const std::uint8_t*& at) {
  std::uint32_t number = 0;
  for (unsigned shift = 0;; shift += 7) {
    const std::uint8_t byte = *at++;
    number |= std::uint32_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return number;
  }
}

std::uint16_t as_length(std::size_t words) { return static_cast<std::uint16_t>(std::min(words, kLengthMax)); }

}  // namespace

TextIndex::TextIndex() = default;
TextIndex::~TextIndex() = default;

Result<> TextIndex::add(Slot slot, const IndexedText& text) {
  if (slot >= kSlotsMax) return fail(Code::Exhausted, fmt::format("the text index: item {} does not fit, limit {}", slot, kSlotsMax));
  if (holds(slot)) remove(slot);
  if (slot >= rows_.size()) {
    rows_.resize(slot + 1);
    lengths_.resize(slot + 1);
  }
  Row& row = rows_[slot];
  row.at = text.at;
  std::size_t head_length = 0;
  std::size_t body_length = 0;
  found_.clear();
  const auto into = [&](std::uint32_t in_head, std::size_t& length) {
    return [this, in_head, &length](const Words::Term& term) {
      length += term.counts ? 1u : 0u;
      TermId id = term.note != nullptr ? *term.note : Words::kNoNote;
      if (id == Words::kNoNote) id = vocabulary_.add(term.text);
      if (term.note != nullptr) *term.note = id;
      found_.push_back(std::uint64_t{id} << 1 | in_head);
    };
  };
  row.language = words_.terms(text.head, into(1, head_length), text.body, into(0, body_length));
  row.head_length = as_length(head_length);
  row.body_length = as_length(body_length);
  set_terms(slot);
  ++items_;
  ++items_in_[static_cast<std::size_t>(row.language)];
  links_.add(slot, text.conversation, text.position);
  weigh_lengths(slot);
  return {};
}

// From what was found in the text to postings and the row's own list.
void TextIndex::set_terms(Slot slot) {
  std::ranges::sort(found_);
  std::vector<std::uint8_t> bytes;
  TermId last = 0;
  for (std::size_t i = 0; i < found_.size();) {
    const auto term = static_cast<TermId>(found_[i] >> 1);
    std::uint32_t in_head = 0;
    std::uint32_t in_body = 0;
    for (; i < found_.size() && found_[i] >> 1 == term; ++i) ++((found_[i] & 1) != 0 ? in_head : in_body);
    vocabulary_.put(term, Posting(slot, in_head > 0, in_body + (in_head > 0 ? 1u : 0u)));
    append_number(bytes, term - last + 1);
    last = term;
  }
  bytes.push_back(0);  // the end
  rows_[slot].terms = std::make_unique_for_overwrite<std::uint8_t[]>(bytes.size());
  std::ranges::copy(bytes, rows_[slot].terms.get());
}

std::vector<TermId> TextIndex::terms_of(Slot slot) const {
  std::vector<TermId> terms;
  const std::uint8_t* at = rows_[slot].terms.get();
  TermId last = 0;
  for (std::uint32_t number = next_number(at); number != 0; number = next_number(at)) terms.push_back(last += number - 1);
  return terms;
}

void TextIndex::remove(Slot slot) {
  if (!holds(slot)) return;
  for (const TermId term : terms_of(slot)) vocabulary_.take(term, slot);
  --items_in_[static_cast<std::size_t>(rows_[slot].language)];
  --items_;
  const auto around = links_.around(slot);
  links_.remove(slot);
  rows_[slot] = {};
  weigh_length(slot);
  for (const Slot other : around)
    if (other != kNoSlot) weigh_length(other);
  words_.forget();
}

void TextIndex::settle() {
  words_.forget();
  vocabulary_.shrink();
  links_.shrink();
  rows_.shrink_to_fit();
  lengths_.shrink_to_fit();
  found_ = {};
}

void TextIndex::weigh_lengths(Slot slot) {
  weigh_length(slot);
  for (const Slot other : links_.around(slot))
    if (other != kNoSlot) weigh_length(other);
}

void TextIndex::weigh_length(Slot slot) {
  lengths_sum_ -= lengths_[slot];
  lengths_[slot] = 0;
  if (!holds(slot)) return;
  std::uint32_t around = 0;
  for (const Slot other : links_.around(slot))
    if (other != kNoSlot) around += rows_[other].body_length;
  lengths_[slot] = kOwnTenths * (std::uint32_t{rows_[slot].head_length} + rows_[slot].body_length) + around_tenths_ * around;
  lengths_sum_ += lengths_[slot];
}

void TextIndex::weigh_neighbours(std::uint32_t tenths) {
  around_tenths_ = tenths;
  for (Slot slot = 0; slot < rows_.size(); ++slot)
    if (holds(slot)) weigh_length(slot);
}

LanguageSet TextIndex::languages() const {
  LanguageSet set = 0;
  for (std::size_t i = 0; i < kLanguages; ++i)
    if (items_in_[i] > 0) set |= LanguageSet{1} << i;
  return set;
}

TextIndex::Size TextIndex::measure() const {
  std::size_t bytes = vocabulary_.bytes() + links_.bytes() + rows_.capacity() * sizeof(Row) + lengths_.capacity() * sizeof(lengths_[0]);
  for (Slot slot = 0; slot < rows_.size(); ++slot) {
    if (!holds(slot)) continue;
    const std::uint8_t* at = rows_[slot].terms.get();
    while (next_number(at) != 0) {
    }
    bytes += static_cast<std::size_t>(at - rows_[slot].terms.get()) + 16;  // and what a piece of memory costs
  }
  bytes += weights_.capacity() * sizeof(weights_[0]) + scores_.capacity() * sizeof(scores_[0]);
  return {.items = items_, .terms = vocabulary_.terms(), .postings = vocabulary_.postings(), .bytes = bytes};
}

}  // namespace zo
