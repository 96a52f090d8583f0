#include "embed/weights_place.h"

#include <cstdlib>

namespace zo {

std::string embedder_weights_place() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  if (const std::string file = variable("ZO_EMBEDDER_FILE"); !file.empty()) return file;
  std::string cache = variable("XDG_CACHE_HOME");
  if (cache.empty()) cache = variable("HOME") + "/.cache";
  return cache + "/zoclone/models/e5-small-q4.bin";
}

}  // namespace zo
