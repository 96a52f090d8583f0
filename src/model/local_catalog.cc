#include "model/local_catalog.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <filesystem>

#include "base/json.h"
#include "base/text.h"
#include "model/local_install.h"
#include "os/file.h"

namespace zo {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".gguf";
constexpr std::size_t kModelsAtMost = 100;  // further files in the folder are not looked at
constexpr std::size_t kSpeedBytes = 64;
constexpr std::size_t kProgramBytes = 64 * limits::KiB;
constexpr std::size_t kNameBytes = 256;
constexpr char kDefault[] = "/models/default";

double speed_in(const std::string& path) {
  const Result<std::string> text = load_file(path, kSpeedBytes);
  double speed = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), speed);
  return speed > 0 && speed < 1e6 ? speed : 0;
}

}  // namespace

std::string local_label(const std::string& name) {
  const auto pinned = std::ranges::find(pinned_models(), name, &PinnedModel::name);
  return pinned != pinned_models().end() ? pinned->label : name;
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

std::optional<LocalProgram> LocalCatalog::program() const {
  const Result<std::string> text = load_file(cache_ + "/program.json", kProgramBytes);
  const Result<Json> chosen = text ? parse_json(*text, "program.json") : fail(Code::NotFound, "no program");
  if (!chosen) return std::nullopt;
  const std::string path(string_at(*chosen, "path").value_or(""));
  if (!path.starts_with('/') || ::access(path.c_str(), X_OK) != 0) return std::nullopt;
  LocalProgram program{.path = path};
  if (string_at(*chosen, "kind") == "llama-server") program.kind = LocalProgram::Kind::LlamaServer;
  if (const JsonArray* folders = array_at(*chosen, "folders"))
    for (const Json& folder : *folders)
      if (folder.is_string()) program.folders.emplace_back(folder.get_string());
  return program;
}

std::string LocalCatalog::default_model() const {
  const std::string chosen(trim(load_file(cache_ + kDefault, kNameBytes).value_or("")));
  for (const std::string& name : {chosen, std::string(kUsualModel), std::string(kSmallModel)})
    if (weights(name)) return name;
  const std::vector<LocalWeights> others = weights();
  return others.empty() ? kUsualModel : others.front().name;
}

Result<> LocalCatalog::set_default(const std::string& name) const { return save_file(cache_ + kDefault, name + "\n", 0644); }

void LocalCatalog::remember_speed(const std::string& name, double tokens_per_second) const {
  // A cache that others share may be closed to us; then the speed is measured anew.
  (void)save_file(cache_ + "/models/" + name + ".speed", fmt::format("{:.1f}\n", tokens_per_second), 0644);
}

}  // namespace zo
