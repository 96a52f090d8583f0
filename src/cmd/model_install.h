// What `zo model install` would fetch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/local_install.h"

namespace zo {

// The larger one wants 4 GB of free memory.
const PinnedModel& pinned_model(bool small, std::uint64_t memory_free_bytes);

// "qwen3-4b-q4_k_m" for "/tmp/Qwen3 4B-Q4_K_M.gguf" or an address that ends so: 1 to 64 of a-z 0-9 . _ -
std::string model_name_of(std::string_view path_or_url);

}  // namespace zo
