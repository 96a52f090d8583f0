// `zo model install`: the embedded model, or any other GGUF.
#include "cmd/model_install.h"

#include <fmt/core.h>

#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/terminal.h"
#include "model/local_catalog.h"
#include "model/local_install.h"
#include "model/models.h"

namespace zo {
namespace {

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

// With --small, a small one that is there but does not answer is not enough.
bool has_weights(const InstallOptions& options, const LocalCatalog& catalog) {
  return options.small ? catalog.weights(kSmallModel) && catalog.default_model() == kSmallModel : !catalog.weights().empty();
}

int install_runtime(const std::string& cache) { return run_local_installer({"runtime", "--cache", cache}); }

int install_source(const InstallOptions& options, const std::string& cache) {
  if (const int runtime = install_runtime(cache); runtime != 0) return runtime;
  const bool is_url = options.source.find("://") != std::string::npos;
  std::vector<std::string> arguments{"file", "--cache", cache, "--name", model_name_of(options.source), is_url ? "--url" : "--path",
                                     options.source};
  if (!options.sha256.empty()) arguments.insert(arguments.end(), {"--sha256", options.sha256});
  return run_local_installer(std::move(arguments));
}

int install_pinned(const InstallOptions& options, const std::string& cache) {
  const LocalCatalog catalog(cache);
  if (options.if_missing && has_weights(options, catalog)) return catalog.program() ? 0 : install_runtime(cache);
  const PinnedModel& model = pinned_model(options.small, memory_free());
  const std::string question =
      fmt::format("Fetch {} ({}, Apache-2.0) and what runs it ({}) into {}?", model.label, human_size(model.bytes), human_size(runtime_bytes()), cache);
  if (!options.yes && !confirm(Terminal::detect(false), question, true)) return 1;
  if (const int runtime = install_runtime(cache); runtime != 0) return runtime;
  if (const int weights = run_local_installer({"weights", "--cache", cache, "--model", model.name}); weights != 0) return weights;
  const Result<> chosen = catalog.set_default(model.name);
  if (chosen) return 0;
  print_error(chosen.error());
  return exit_code(chosen.error().code);
}

}  // namespace

const PinnedModel& pinned_model(bool small, std::uint64_t memory_free_bytes) {
  return pinned_models().at(small || memory_free_bytes < kMemoryForLarge ? 1 : 0);
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
  take_model_environment();  // no key is for python3 or pip
  return options.source.empty() ? install_pinned(options, home->cache) : install_source(options, home->cache);
}

}  // namespace zo
