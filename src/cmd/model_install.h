// What `zo model install` would fetch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zo {

// The pinned models, by their names in local_install.py.
struct PinnedModel {
  std::string_view name;
  std::string_view label;
  std::uint64_t bytes;
};
// The larger one wants 4 GB of free memory.
const PinnedModel& pinned_model(bool small, std::uint64_t memory_free_bytes);

// "qwen3-4b-q4_k_m" for "/tmp/Qwen3 4B-Q4_K_M.gguf" or an address that ends so: 1 to 64 of a-z 0-9 . _ -
std::string model_name_of(std::string_view path_or_url);

}  // namespace zo
