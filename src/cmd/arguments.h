// The command line: which command is meant, with which choices. The only file that knows CLI11.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace zo {

// All of `zo`: reads the words, runs the command, returns its exit code.
int command_line(int argc, const char* const* argv);

// "there is no command 'aks'", with the nearest of `known` as advice: `before` stands in front of it ("zo", "zo token").
Error unknown_word(std::string_view before, std::string_view typed, std::span<const std::string> known);

}  // namespace zo
