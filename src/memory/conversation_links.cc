#include "memory/conversation_links.h"

#include <algorithm>
#include <tuple>

namespace zo {

bool ConversationLinks::is_before(Slot slot, Slot other) const {
  return std::tuple(places_[slot].position, slot) < std::tuple(places_[other].position, other);
}

void ConversationLinks::add(Slot slot, std::uint32_t conversation, std::uint32_t position) {
  if (slot >= links_.size()) {
    links_.resize(slot + 1);
    places_.resize(slot + 1);
  }
  links_[slot] = {};
  places_[slot] = {.conversation = conversation, .position = position};
  if (conversation == 0) return;
  Ends& ends = ends_[conversation];
  Slot before = ends.last;
  if (ends.first != kNoSlot && is_before(slot, ends.first)) before = kNoSlot;
  while (before != kNoSlot && is_before(slot, before)) before = links_[before].before;
  const Slot behind = before == kNoSlot ? ends.first : links_[before].behind;
  links_[slot] = {.before = before, .behind = behind};
  (before == kNoSlot ? ends.first : links_[before].behind) = slot;
  (behind == kNoSlot ? ends.last : links_[behind].before) = slot;
}

void ConversationLinks::remove(Slot slot) {
  const std::uint32_t conversation = places_[slot].conversation;
  if (conversation == 0) return;
  const auto [before, behind] = links_[slot];
  Ends& ends = ends_[conversation];
  (before == kNoSlot ? ends.first : links_[before].behind) = behind;
  (behind == kNoSlot ? ends.last : links_[behind].before) = before;
  if (ends.first == kNoSlot) ends_.erase(conversation);
  links_[slot] = {};
  places_[slot] = {};
}

void ConversationLinks::shrink() {
  links_.shrink_to_fit();
  places_.shrink_to_fit();
}

std::size_t ConversationLinks::bytes() const {
  return links_.capacity() * sizeof(Link) + places_.capacity() * sizeof(Place) + ends_.bucket_count() * (sizeof(Ends) + 5);
}

}  // namespace zo
