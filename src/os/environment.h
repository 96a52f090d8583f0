// Variables of the environment that nobody but us is to see.
#pragma once

#include <string>

namespace zo {

// Its value, empty when it is not set. It is unset, and the bytes overwritten: unset alone, they stay readable in /proc/self/environ. Before
// other threads run.
std::string take_variable(const char* name);

}  // namespace zo
