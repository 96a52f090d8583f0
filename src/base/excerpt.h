// The head and the tail of a stream of bytes whose length nobody knows: bounded memory, exact totals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace zo {

class Excerpt {
 public:
  // Keeps two thirds of `bytes_max` from the beginning and one third from the end.
  explicit Excerpt(std::size_t bytes_max) : head_max_(bytes_max * 2 / 3), tail_max_(bytes_max - head_max_) {}

  void add(std::string_view bytes);
  // Everything, if it fitted; else head and tail with a line between them that says how much was left out.
  std::string text() const;
  std::uint64_t total() const { return total_; }

 private:
  std::size_t head_max_;
  std::size_t tail_max_;
  std::string head_;
  std::string tail_;  // a character more than tail_max_, and up to twice that, so that it is rarely moved
  std::uint64_t total_ = 0;
};

}  // namespace zo
