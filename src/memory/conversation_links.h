// Which item stands before and behind which in its conversation. An item without a conversation stands alone.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <vector>

#include "memory/vocabulary.h"

namespace zo {

inline constexpr Slot kNoSlot = kSlotsMax;

class ConversationLinks {
 public:
  struct Link {
    Slot before = kNoSlot;
    Slot behind = kNoSlot;
  };

  // Conversation 0 is none. At the end, or the beginning, of a conversation this costs nothing; elsewhere, a walk from its end.
  void add(Slot slot, std::uint32_t conversation, std::uint32_t position);
  void remove(Slot slot);
  // The two before and the two behind; kNoSlot where there is none.
  std::array<Slot, 4> around(Slot slot) const {
    const Link* const links = links_.data();
    const auto [before, behind] = links[slot];
    return {before, before == kNoSlot ? kNoSlot : links[before].before, behind, behind == kNoSlot ? kNoSlot : links[behind].behind};
  }
  void shrink();  // gives back the room for more
  std::size_t bytes() const;

 private:
  struct Place {
    std::uint32_t conversation = 0;
    std::uint32_t position = 0;
  };
  struct Ends {
    Slot first = kNoSlot;
    Slot last = kNoSlot;
  };
  bool is_before(Slot slot, Slot other) const;

  std::vector<Link> links_;
  std::vector<Place> places_;
  boost::unordered_flat_map<std::uint32_t, Ends> ends_;
};

}  // namespace zo
