#include "computer/home.h"

#include <fmt/core.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
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

// Nobody else may look in, whoever made it and with which umask.
Result<> keep_to_owner(const std::string& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return os_fail(errno, "cannot look at " + folder);
  if (status.st_uid != ::geteuid())
    return fail(Code::Denied, fmt::format("{} belongs to user {}, and this is user {}", folder, status.st_uid, ::geteuid()),
                "run zo as that user, or set ZO_HOME to a folder of your own");
  if ((status.st_mode & 0077) != 0 && ::chmod(folder.c_str(), 0700) != 0) return os_fail(errno, "cannot close " + folder + " to others");
  return {};
}

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
  const std::string key = environment("ZO_KEY_FILE");
  home.key_file = !key.empty() ? absolute(key) : (home.folder_is_set ? home.folder : home.keys) + "/key";
  home.cache = (caches.empty() ? home_of_person() + "/.cache" : absolute(caches)) + "/zoclone";
  if (home.socket().size() > kSocketPathBytes)
    return fail(Code::Invalid, fmt::format("the path {} has {} bytes, limit {}", home.socket(), home.socket().size(), kSocketPathBytes),
                "set ZO_HOME to a shorter path");
  ZO_OK(make_folders(home.folder));
  ZO_OK(keep_to_owner(home.folder));
  ZO_OK(make_folders(home.logs()));
  return home;
}

Result<HomeLock> HomeLock::take(const Home& home) {
  ZO_TRY(Fd file, lock_file(home.folder + "/lock", "a ZoClone on " + home.folder));
  return HomeLock(std::move(file));
}

Result<std::unique_ptr<Store>> open_store(const Home& home) { return Store::open({home.database(), home.backups(), home.reserve()}); }

}  // namespace zo
