// What a run has seen: a set that only grows. Rules about what may leave this computer will stand on it; nothing decides on it yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zo {

enum class Seen : std::uint8_t {
  Web = 1,      // text that anybody may have written
  Private = 2,  // what its person would not tell to others
  File = 4,     // a file that was written by a run which had seen one of these, or that came from outside
};

class Taint {
 public:
  Taint() = default;
  Taint(Seen seen) : bits_(static_cast<std::uint8_t>(seen)) {}
  // "web,private", as in the store; a name that is not known counts as Web, which is trusted least.
  static Taint from_text(std::string_view text);
  std::string text() const;

  bool empty() const { return bits_ == 0; }
  bool has(Seen seen) const { return (bits_ & static_cast<std::uint8_t>(seen)) != 0; }
  Taint& operator|=(Taint more) {
    bits_ = static_cast<std::uint8_t>(bits_ | more.bits_);
    return *this;
  }
  friend Taint operator|(Taint a, Taint b) { return a |= b; }
  bool operator==(const Taint&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

}  // namespace zo
