// `zo model install`: the embedded model, or any other GGUF.
#include "cmd/model_install.h"

#include <fmt/core.h>

#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/terminal.h"
#include "model/local_install.h"

namespace zo {
namespace {

constexpr PinnedModel kLarge{"qwen2.5-coder-1.5b", "Qwen2.5-Coder 1.5B", 1'117'320'768};
constexpr PinnedModel kSmall{"qwen2.5-coder-0.5b", "Qwen2.5-Coder 0.5B", 491'400'064};
constexpr std::uint64_t kMemoryForLarge = 4'000'000'000;
constexpr std::size_t kNameBytes = 64;

std::uint64_t memory_free() {
  // MemAvailable, which counts what caches would give back.
  std::FILE* file = std::fopen("/proc/meminfo", "re");
  if (file == nullptr) return 0;
  std::array<char, 256> line{};
  unsigned long long kib = 0;
  while (std::fgets(line.data(), line.size(), file) != nullptr)
    if (std::sscanf(line.data(), "MemAvailable: %llu kB", &kib) == 1) break;
  std::fclose(file);
  return kib * limits::KiB;
}

int install_source(const InstallOptions& options, const std::string& cache) {
  const bool is_url = options.source.find("://") != std::string::npos;
  std::vector<std::string> arguments{"file", "--cache", cache, "--name", model_name_of(options.source), is_url ? "--url" : "--path",
                                     options.source};
  if (!options.sha256.empty()) arguments.insert(arguments.end(), {"--sha256", options.sha256});
  return run_local_installer(arguments);
}

}  // namespace

const PinnedModel& pinned_model(bool small, std::uint64_t memory_free_bytes) {
  return small || memory_free_bytes < kMemoryForLarge ? kSmall : kLarge;
}

std::string model_name_of(std::string_view path_or_url) {
  std::string_view name = path_or_url.substr(0, path_or_url.find_first_of("?#"));
  if (path_or_url.find("://") == path_or_url.npos) name = path_or_url;
  while (name.ends_with('/')) name.remove_suffix(1);
  name = name.substr(name.rfind('/') + 1);
  if (to_lower(name).ends_with(".gguf")) name.remove_suffix(5);
  std::string out;
  for (const char c : to_lower(name)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!plain && out.empty()) continue;
    out += plain || c == '.' || c == '_' || c == '-' ? c : '-';
  }
  out.resize(std::min(out.size(), kNameBytes));
  return out.empty() ? "model" : out;
}

int model_install(const InstallOptions& options) {
  const Result<Home> home = open_home();
  if (!home) {
    print_error(home.error());
    return exit_code(home.error().code);
  }
  const Terminal terminal = Terminal::detect(false);
  const int runtime = run_local_installer({"runtime", "--cache", home->cache});
  if (runtime != 0) return runtime;
  if (!options.source.empty()) return install_source(options, home->cache);
  const PinnedModel& model = pinned_model(options.small, memory_free());
  const std::string question = fmt::format("Fetch {} ({}, Apache-2.0) into {}?", model.label, human_size(model.bytes), home->cache);
  if (!options.yes && !confirm(terminal, question, true)) return 1;
  return run_local_installer({"weights", "--cache", home->cache, "--model", std::string(model.name)});
}

}  // namespace zo
