#include "computer/home.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "os/file.h"

namespace zo {
namespace {

constexpr std::size_t kSocketPathBytes = 107;  // sun_path, without its NUL

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string home_of_person() {
  const std::string home = environment("HOME");
  if (!home.empty()) return home;
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_dir : "/";
}

std::string absolute(const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

}  // namespace

std::string Home::workspace(const std::string& chosen) const {
  if (const std::string wanted = environment("ZO_WORKSPACE"); !wanted.empty()) return absolute(wanted);
  if (!chosen.empty()) return chosen;
  return folder_is_set ? folder + "/workspace" : home_of_person() + "/zo";
}

Result<Home> open_home() {
  Home home;
  const std::string wanted = environment("ZO_HOME");
  home.folder_is_set = !wanted.empty();
  home.folder = absolute(wanted.empty() ? home_of_person() + "/.zo" : wanted);
  while (home.folder.size() > 1 && home.folder.back() == '/') home.folder.pop_back();
  const std::string caches = environment("XDG_CACHE_HOME");
  const std::string settings = environment("XDG_CONFIG_HOME");
  home.keys = (settings.empty() ? home_of_person() + "/.config" : absolute(settings)) + "/zoclone";
  home.cache = (caches.empty() ? home_of_person() + "/.cache" : absolute(caches)) + "/zoclone";
  if (home.socket().size() > kSocketPathBytes)
    return fail(Code::Invalid, fmt::format("the path {} has {} bytes, limit {}", home.socket(), home.socket().size(), kSocketPathBytes),
                "set ZO_HOME to a shorter path");
  ZO_OK(make_folders(home.folder));
  ZO_OK(make_folders(home.logs()));
  return home;
}

Result<HomeLock> HomeLock::take(const Home& home) {
  ZO_TRY(Fd file, lock_file(home.folder + "/lock", "a ZoClone on " + home.folder));
  return HomeLock(std::move(file));
}

}  // namespace zo
