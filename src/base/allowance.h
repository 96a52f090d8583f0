// Which of many things of one kind may be used: all of them, or those of a list. The tools and the models of a token are two of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zo {

struct Allowance {
  bool all = false;
  std::vector<std::string> names;

  static Allowance everything() { return {.all = true, .names = {}}; }
  // "all", `empty`, or names with commas; the form in the store and on the command line. Names are trimmed, the empty left out.
  static Allowance from_text(std::string_view text, std::string_view empty = "none");
  std::string text(std::string_view empty = "none") const;

  bool allows(std::string_view name) const;
  // What `wanted` allows and this does not: "all", or a name; nothing when this allows as much.
  std::string first_beyond(const Allowance& wanted) const;
  bool operator==(const Allowance&) const = default;
};

}  // namespace zo
