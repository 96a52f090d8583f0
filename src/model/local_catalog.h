// What of the embedded model is on this machine: weights (GGUF files), the program that runs them, and how fast they were here.
// model/local_install.h puts them there. Everything reads the disk: call through offload().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace zo {

inline constexpr char kUsualModel[] = "qwen2.5-coder-1.5b";
inline constexpr char kSmallModel[] = "qwen2.5-coder-0.5b";

struct LocalWeights {
  std::string name;   // the file's, without ".gguf"
  std::string label;  // "Qwen2.5-Coder 1.5B"
  std::string path;
  std::int64_t size_bytes = 0;
  double tokens_per_second = 0;  // as it wrote last time; 0 = not known yet
};
// Of any name.
std::string local_label(const std::string& name);

// llama.cpp's server, in one of its two forms.
struct LocalProgram {
  enum class Kind { Python, LlamaServer };
  Kind kind = Kind::Python;
  std::string path;
  std::vector<std::string> folders;  // of the host, beside /usr, that it needs
};

class LocalCatalog {
 public:
  // `cache` may be missing.
  explicit LocalCatalog(std::string cache) : cache_(std::move(cache)) {}

  // By name.
  std::vector<LocalWeights> weights() const;
  std::optional<LocalWeights> weights(const std::string& name) const;
  // The one that the installer chose (install/runtime.py); nothing when it is gone.
  std::optional<LocalProgram> program() const;
  // Which model answers when nobody chose: that of set_default(), the usual one, the small one, any other that is installed; else
  // the usual one.
  std::string default_model() const;
  Result<> set_default(const std::string& name) const;
  // Kept for weights(). Lost without a word when the cache cannot be written.
  void remember_speed(const std::string& name, double tokens_per_second) const;

 private:
  std::string cache_;
};

}  // namespace zo
