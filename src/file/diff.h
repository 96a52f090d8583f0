// What an edit changed, as a unified diff (the format of diff -u) with three lines of context.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace zo {

// At most about `bytes_max`; a longer one ends in a line that says so. Empty when nothing changed.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after, std::size_t bytes_max);

}  // namespace zo
