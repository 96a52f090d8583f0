// The version of this program; the same in `zo --version`, /api/computer and /openapi.json.
#pragma once

#include <string_view>

namespace zo {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace zo
