// One line at the bottom that changes while one looks at it: a turning sign, a word, a clock. It is drawn over itself and
// taken away before anything else is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cmd/terminal.h"

namespace zo {

class StatusLine {
 public:
  explicit StatusLine(const Terminal& terminal) : terminal_(terminal) {}

  // What to write to show `doing` now; its clock starts when the first words of `doing` change. Empty: nothing has to change.
  TerminalText draw(std::string_view doing, std::int64_t now_ms);
  // What to write to take it away.
  TerminalText clear();

 private:
  const Terminal& terminal_;
  std::string subject_;
  std::int64_t since_ms_ = 0;
  bool shown_ = false;
};

inline constexpr std::int64_t kStatusFrameMs = 100;

}  // namespace zo
