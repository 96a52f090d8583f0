#include "model/think_tags.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace zo {
namespace {

struct Tag {
  std::string_view opening;
  std::string_view closing;
};
constexpr std::array kTags = {Tag{"<think>", "</think>"}, Tag{"<thinking>", "</thinking>"}, Tag{"<thought>", "</thought>"}, Tag{"<reasoning>", "</reasoning>"}};

constexpr std::size_t kSpaceHeld = 1024;  // bytes of white space before a tag; more of it is text
constexpr std::size_t kBlankLine = 4;      // bytes
constexpr std::size_t kLineKept = 4'096;  // bytes of a line that are looked at
constexpr std::string_view kQuotes = " `\"'(";  // before a tag that is only mentioned

std::string_view without_leading_space(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

// How many bytes at the end of `text` could be the beginning of `tag`.
std::size_t overlap(std::string_view text, std::string_view tag) {
  for (std::size_t size = std::min(text.size(), tag.size() - 1); size > 0; --size)
    if (tag.starts_with(text.substr(text.size() - size))) return size;
  return 0;
}

// The first closing tag at or after `from`, of whichever kind.
std::pair<std::size_t, std::size_t> find_closing(std::string_view text, std::size_t from) {
  std::pair<std::size_t, std::size_t> first{text.npos, 0};
  for (const Tag& tag : kTags)
    if (const std::size_t at = text.find(tag.closing, from); at < first.first) first = {at, tag.closing.size()};
  return first;
}

}  // namespace

ThinkTags::Split ThinkTags::feed(std::string_view piece) {
  Split out;
  if (state_ == State::Ended) {
    out.text = piece;
    return out;
  }
  held_ += piece;
  if (state_ == State::Beginning) begin();
  if (state_ == State::Thinking) think(out);
  if (state_ == State::AfterThinking) answer(out);
  if (state_ == State::Text) text(out, false);
  return out;
}

void ThinkTags::begin() {
  const std::string_view text = without_leading_space(held_);
  bool may_become_tag = text.empty() && held_.size() < kSpaceHeld;
  for (const Tag& tag : kTags) {
    if (text.starts_with(tag.opening)) {
      closing_ = tag.closing;
      state_ = State::Thinking;
      held_ = std::string(text.substr(tag.opening.size()));
      return;
    }
    may_become_tag = may_become_tag || tag.opening.starts_with(text);
  }
  if (may_become_tag) return;
  state_ = State::Text;
}

void ThinkTags::think(Split& out) {
  std::size_t end = held_.find(closing_);
  while (end != std::string::npos && end > 0 && held_[end - 1] == '`') end = held_.find(closing_, end + 1);
  const std::size_t kept = std::max(overlap(held_, closing_), held_.empty() || held_.back() != '`' ? std::size_t{0} : std::size_t{1});
  const std::size_t told = end != std::string::npos ? end : held_.size() - kept;
  out.reasoning += held_.substr(0, told);
  held_.erase(0, end != std::string::npos ? end + closing_.size() : told);
  if (end != std::string::npos) state_ = State::AfterThinking;
}

void ThinkTags::answer(Split& out) {
  held_ = std::string(without_leading_space(held_));
  if (held_.empty()) return;
  state_ = State::Ended;
  out.text += std::exchange(held_, {});
}

// Follows what is code in the text that is passed on: fences begin a line with three ticks.
void ThinkTags::pass(std::string_view text) {
  for (const char c : text) {
    if (c != '\n') {
      if (line_.size() < kLineKept) line_ += c;
    } else {
      code_.line(line_);
      line_.clear();
    }
    before_ = c;
    if (c == '>') was_opened_ = was_opened_ || std::ranges::any_of(kTags, [this](const Tag& tag) { return line_.ends_with(tag.opening); });
  }
}

// Whether the closing tag that comes next is one, and not the mention of one. Behind a space it is when a blank line follows.
bool ThinkTags::is_tag(std::string_view behind) const {
  const bool in_ticks = std::ranges::count(line_, '`') % 2 != 0;
  if (code_.inside() || was_opened_ || in_ticks) return false;
  if (before_ == ' ' && (behind.empty() || behind.starts_with("\n\n") || behind.starts_with("\r\n\r\n"))) return true;
  return before_ == '\n' || kQuotes.find(before_) == std::string_view::npos;
}

// A closing tag that nothing has opened: all before it was thinking.
void ThinkTags::text(Split& out, bool is_last) {
  for (;;) {
    const auto [at, size] = find_closing(held_, 0);
    std::size_t kept = 0;
    if (!is_last)
      for (const Tag& tag : kTags) kept = std::max(kept, overlap(held_, tag.closing));
    const std::size_t told = at == std::string::npos ? held_.size() - kept : at;
    pass(std::string_view(held_).substr(0, told));
    out.text += held_.substr(0, told);
    held_.erase(0, told);
    if (at == std::string::npos) return;
    if (!is_last && before_ == ' ' && held_.size() < size + kBlankLine) return;  // what follows tells what it is
    if (is_tag(std::string_view(held_).substr(size))) {
      held_.erase(0, size);
      out.reasoning = std::exchange(out.text, {});
      out.was_reasoning = true;
      state_ = State::AfterThinking;
      return answer(out);
    }
    pass(std::string_view(held_).substr(0, size));
    out.text += held_.substr(0, size);
    held_.erase(0, size);
  }
}

ThinkTags::Split ThinkTags::finish() {
  Split out;
  if (state_ == State::Thinking) out.reasoning = std::exchange(held_, {});
  else if (state_ == State::Text) text(out, true);
  else out.text = std::exchange(held_, {});
  return out;
}

}  // namespace zo
