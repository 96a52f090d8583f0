#include "tool/plain.h"

#include "base/text.h"

namespace zo {
namespace {

constexpr char kEscape = '\x1b';
constexpr char kBell = '\x07';

// Each line without what a carriage return has drawn over.
std::string without_overdrawn(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (line.ends_with('\r')) line.remove_suffix(1);
    out += line.substr(line.rfind('\r') + 1);  // npos + 1 is 0
    if (end < text.size()) out.push_back('\n');
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

void PlainText::take(char c, std::string& out) {
  switch (state_) {
    case State::Return:
      state_ = State::Text;
      out.push_back('\n');
      if (c == '\n') return;
      [[fallthrough]];
    case State::Text:
      if (c == kEscape) state_ = State::Escape;
      else if (c == '\r') state_ = State::Return;
      else if (c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20) {
        if (c != '\x7f') out.push_back(c);
      }
      return;
    case State::Escape:  // "[" begins a control sequence; "]", "P", "X", "^" and "_" a string; " " to "/" go on; the rest is over
      if (c == '[') state_ = State::Sequence;
      else if (std::string_view("]PX^_").find(c) != std::string_view::npos) state_ = State::String;
      else if (c < ' ' || c > '/') state_ = State::Text;
      return;
    case State::Sequence:  // up to a final byte; a control character breaks it off
      if (c >= '@' || c < ' ') state_ = State::Text;
      return;
    case State::String:  // up to BEL or ESC and a backslash
      if (c == kBell || c == '\n') state_ = State::Text;
      else if (c == kEscape) state_ = State::StringEscape;
      return;
    case State::StringEscape:
      state_ = State::Text;
      return;
  }
}

std::string PlainText::feed(std::string_view bytes) {
  std::string text = std::move(pending_);
  for (char c : bytes) take(c, text);
  const std::size_t whole = whole_code_points(text).size();
  pending_ = text.substr(whole);
  text.resize(whole);
  return to_valid_utf8(text);
}

std::string PlainText::finish() {
  if (state_ == State::Return) pending_.push_back('\n');
  state_ = State::Text;
  return to_valid_utf8(std::exchange(pending_, {}));
}

std::string plain_text(std::string_view bytes) {
  PlainText plain;
  std::string text = plain.feed(without_overdrawn(bytes));
  return text + plain.finish();
}

}  // namespace zo
