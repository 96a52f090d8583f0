// The fixed part of what a model is told. Small on purpose, and the same bytes every time, so that providers' prefix caches hit.
#pragma once

#include <string>
#include <string_view>

namespace zo {

// `tools`: whether any are offered.
std::string system_text(bool tools);

}  // namespace zo
