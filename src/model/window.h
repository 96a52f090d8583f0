// "Context too long", in the words of many servers, and the window that they name.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace zo {

inline constexpr std::string_view kWindow = "window";  // the fact (model/quirks.h)

// Whether that complaint, in small letters, is about the length of what was sent.
bool says_too_long(std::string_view complaint);
// The window in tokens that it names; nothing when it names none.
std::optional<std::int64_t> window_in(std::string_view complaint);

}  // namespace zo
