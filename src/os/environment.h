// Variables of the environment that nobody but us is to see.
#pragma once

#include <string>

namespace zo {

// Its value, empty when it is not set. It is unset, and the bytes overwritten: unset alone, they stay readable in /proc/self/environ. Before
// other threads run.
std::string take_variable(const char* name);

// The zone that this machine's clocks show, for others to be told in TZ: "Asia/Tokyo". Empty where it is UTC, or not told.
std::string time_zone();

}  // namespace zo
