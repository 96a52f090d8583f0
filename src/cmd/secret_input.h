// A key or another secret, as a person gives it to a command.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace zo {

// One line of the terminal, not shown while it is typed. Invalid without a terminal, Cancelled where nothing is typed.
Result<std::string> typed_secret(std::string_view prompt);
// Standard input to its end, trimmed. Invalid, with `advice`, where it is empty.
Result<std::string> piped_secret(std::string advice);

}  // namespace zo
