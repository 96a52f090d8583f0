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
constexpr std::array kTags = {Tag{"<think>", "</think>"}, Tag{"<thought>", "</thought>"}};

constexpr std::size_t kSpaceHeld = 1024;  // bytes of white space before a tag; more of it is text

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

}  // namespace

ThinkTags::Split ThinkTags::feed(std::string_view piece) {
  Split out;
  if (state_ == State::Text) {
    out.text = piece;
    return out;
  }
  held_ += piece;
  if (state_ == State::Beginning) begin(out);
  if (state_ == State::Thinking) think(out);
  if (state_ == State::AfterThinking) answer(out);
  return out;
}

void ThinkTags::begin(Split& out) {
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
  out.text += std::exchange(held_, {});
}

void ThinkTags::think(Split& out) {
  const std::size_t end = held_.find(closing_);
  const std::size_t told = end != std::string::npos ? end : held_.size() - overlap(held_, closing_);
  out.reasoning += held_.substr(0, told);
  held_.erase(0, end != std::string::npos ? end + closing_.size() : told);
  if (end != std::string::npos) state_ = State::AfterThinking;
}

void ThinkTags::answer(Split& out) {
  held_ = std::string(without_leading_space(held_));
  if (held_.empty()) return;
  state_ = State::Text;
  out.text += std::exchange(held_, {});
}

ThinkTags::Split ThinkTags::finish() {
  Split out;
  (state_ == State::Thinking ? out.reasoning : out.text) = std::exchange(held_, {});
  return out;
}

}  // namespace zo
