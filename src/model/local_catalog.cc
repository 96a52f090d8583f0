#include "model/local_catalog.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "os/file.h"

namespace zo {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".gguf";
constexpr std::size_t kModelsAtMost = 100;  // further files in the folder are not looked at
constexpr std::size_t kSpeedBytes = 64;
constexpr std::size_t kPathBytes = 4'096;

double speed_in(const std::string& path) {
  const Result<std::string> text = load_file(path, kSpeedBytes);
  double speed = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), speed);
  return speed > 0 && speed < 1e6 ? speed : 0;
}

bool is_below_usr(const std::string& path) { return path == "/usr" || path.starts_with("/usr/"); }

// What local_install.py has made: a virtual environment whose Python is the system's, or another whose home it noted.
std::optional<LocalProgram> own_program(const std::string& cache) {
  const std::string home = cache + "/runtime";
  const std::string python = home + "/bin/python";
  const Result<std::string> base = load_file(home + "/base", kPathBytes);
  if (!base || ::access(python.c_str(), X_OK) != 0) return std::nullopt;
  LocalProgram program{LocalProgram::Kind::Python, python, {home}};
  if (const std::string folder(trim(*base)); folder.starts_with('/') && !is_below_usr(folder)) program.folders.push_back(folder);
  return program;
}

std::optional<LocalProgram> program_on_path() {
  const char* path = std::getenv("PATH");
  for (const std::string_view folder : split(path != nullptr ? path : "", ':')) {
    if (!folder.starts_with('/')) continue;
    std::error_code failure;
    const fs::path found = fs::canonical(std::string(folder) + "/llama-server", failure);
    if (failure || ::access(found.c_str(), X_OK) != 0) continue;
    LocalProgram program{LocalProgram::Kind::LlamaServer, found, {}};
    // With its libraries, which stand beside its bin/; of a program that lies elsewhere only its own folder is shown.
    const fs::path own = found.parent_path();
    if (!is_below_usr(found)) program.folders.push_back(own.filename() == "bin" ? own.parent_path() : own);
    return program;
  }
  return std::nullopt;
}

}  // namespace

std::string local_label(const std::string& name) {
  if (name == kUsualModel) return "Qwen2.5-Coder 1.5B";
  if (name == kSmallModel) return "Qwen2.5-Coder 0.5B";
  return name;
}

std::vector<LocalWeights> LocalCatalog::weights() const {
  std::vector<LocalWeights> found;
  std::error_code failure;
  fs::directory_iterator files(cache_ + "/models", failure);
  for (; !failure && files != fs::directory_iterator() && found.size() < kModelsAtMost; files.increment(failure)) {
    const std::string file = files->path().filename();
    if (!file.ends_with(kEnding) || file.size() == kEnding.size() || !is_valid_utf8(file)) continue;
    if (auto one = weights(file.substr(0, file.size() - kEnding.size()))) found.push_back(std::move(*one));
  }
  std::ranges::sort(found, {}, &LocalWeights::name);
  return found;
}

std::optional<LocalWeights> LocalCatalog::weights(const std::string& name) const {
  if (name.empty() || name.find('/') != std::string::npos || name.find('\0') != std::string::npos) return std::nullopt;
  const std::string stem = cache_ + "/models/" + name;
  const std::string path = stem + std::string(kEnding);
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) return std::nullopt;
  const auto size = fs::file_size(path, failure);
  if (failure) return std::nullopt;
  return LocalWeights{name, local_label(name), path, static_cast<std::int64_t>(size), speed_in(stem + ".speed")};
}

// Ours first: it was tried with our script, and the installer makes it only where PATH has nothing that will do.
std::optional<LocalProgram> LocalCatalog::program() const {
  auto own = own_program(cache_);
  return own ? own : program_on_path();
}

std::string LocalCatalog::default_model() const {
  for (const char* name : {kUsualModel, kSmallModel})
    if (weights(name)) return name;
  const std::vector<LocalWeights> others = weights();
  return others.empty() ? kUsualModel : others.front().name;
}

void LocalCatalog::remember_speed(const std::string& name, double tokens_per_second) const {
  // A cache that others share may be closed to us; then the speed is measured anew.
  (void)save_file(cache_ + "/models/" + name + ".speed", fmt::format("{:.1f}\n", tokens_per_second), 0644);
}

}  // namespace zo
