// A service inside: reads what it prints, so that it never blocks, and keeps its standard input, if that is ours, open for as long
// as it is wanted.
#pragma once

#include <memory>

#include "sandbox/launch.h"

namespace zo {

inline constexpr std::size_t kServiceOutput = 16 * limits::KiB;

std::unique_ptr<SandboxedService> keep_service(std::unique_ptr<Launched> launched, Fd input);

}  // namespace zo
