#include "base/excerpt.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kCharacterBytes = 4;

}  // namespace

void Excerpt::add(std::string_view bytes) {
  total_ += bytes.size();
  const std::size_t to_head = std::min(bytes.size(), head_max_ - head_.size());
  head_ += bytes.substr(0, to_head);
  bytes.remove_prefix(to_head);
  const std::size_t kept = tail_max_ + kCharacterBytes;
  if (bytes.size() > kept) bytes.remove_prefix(bytes.size() - kept);
  tail_ += bytes;
  if (tail_.size() > 2 * kept) tail_.erase(0, tail_.size() - kept);
}

std::string Excerpt::text() const {
  if (total_ <= head_max_ + tail_max_) return head_ + tail_;
  // A character that the cut would halve is left out whole.
  const std::string_view head = utf8_prefix(head_, head_.size() - std::min<std::size_t>(head_.size(), 1));
  const std::string_view tail = utf8_suffix(tail_, tail_max_);
  const std::uint64_t left_out = total_ - head.size() - tail.size();
  return fmt::format("{}\n[… {} of {} bytes left out …]\n{}", head, with_thousands(left_out), with_thousands(total_), tail);
}

}  // namespace zo
