#include "cmd/status_line.h"

#include "base/time.h"

namespace zo {
namespace {

constexpr std::array<std::string_view, 10> kFrames{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};

}  // namespace

TerminalText StatusLine::draw(std::string_view doing, std::int64_t now_ms) {
  if (doing.empty()) return clear();
  // What a tool said last comes and goes behind the dot; the clock belongs to the tool.
  const std::string_view subject = doing.substr(0, doing.find(" · "));
  if (subject != subject_) {
    subject_ = subject;
    since_ms_ = now_ms;
  }
  const std::int64_t elapsed = now_ms - since_ms_;
  const std::string clock = elapsed < 1'000 ? "" : "  " + human_duration(elapsed);
  const std::size_t room = terminal_.width - 1;
  const std::size_t used = 2 + display_width(clock);
  std::string line(kFrames[static_cast<std::size_t>(now_ms / kStatusFrameMs) % kFrames.size()]);
  line += " " + fit_width(terminal_safe(doing), room > used ? room - used : 0) + clock;
  shown_ = true;
  return clear_line() + shaded(line, Shade::Dim, terminal_.colour_errors);
}

TerminalText StatusLine::clear() {
  subject_.clear();
  if (!std::exchange(shown_, false)) return {};
  return clear_line();
}

}  // namespace zo
