#include "os/environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace zo {

std::string take_variable(const char* name) {
  char* const value = ::getenv(name);
  if (value == nullptr) return {};
  std::string taken(value);
  ::explicit_bzero(value, ::strlen(value));
  ::unsetenv(name);
  return taken;
}

std::string time_zone() {
  constexpr std::string_view kFolder = "zoneinfo/";
  const char* const set = ::getenv("TZ");
  std::string zone = set != nullptr ? set : "";
  if (zone.starts_with(':')) zone.erase(0, 1);
  if (zone.empty()) {
    char target[4'096];
    const ssize_t length = ::readlink("/etc/localtime", target, sizeof target);
    zone.assign(target, static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    if (zone.find(kFolder) == zone.npos) return {};
  }
  if (const std::size_t at = zone.rfind(kFolder); at != zone.npos) zone.erase(0, at + kFolder.size());
  const bool is_utc = zone == "UTC" || zone == "Etc/UTC" || zone == "UTC0";
  return is_utc || zone.starts_with('/') ? std::string() : zone;
}

}  // namespace zo
