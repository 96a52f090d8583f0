// The assistant's message that is being written now: what the live events from…to of a run's feed add up to. A reader that comes too
// late for those gets it whole.
#pragma once

#include "agent/event.h"

namespace zo {

struct PartialMessage {
  std::int64_t step = 0;
  std::string text;
  std::string reasoning;
  event::Range range;  // from = 0: nothing is being written

  bool any() const { return range.from != 0; }
  // A live event of it, which has that number.
  void add(std::int64_t of_step, std::int64_t number, std::string_view more_text = {}, std::string_view more_reasoning = {}) {
    if (!any()) *this = {of_step, "", "", {number, number}};
    range.to = number;
    text += more_text;
    reasoning += more_reasoning;
  }
};

}  // namespace zo
