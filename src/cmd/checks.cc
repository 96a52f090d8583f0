#include "cmd/checks.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/text.h"
#include "base/time.h"
#include "model/local_catalog.h"
#include "model/models.h"
#include "os/process.h"
#include "store/reserve.h"

namespace zo {
namespace {

constexpr std::uint64_t kDiskLeast = 100'000'000;      // below: writes will soon fail
constexpr std::uint64_t kDiskWanted = 2'000'000'000;   // below: no room for the embedded model
constexpr std::uint64_t kOpenFilesWanted = 4'096;
constexpr TimeMs kThisProgramsYear = 1'767'225'600'000;  // 2026-01-01: a clock before it is wrong, and TLS fails with it

std::string why() { return std::strerror(errno); }

Finding good(std::string layer, std::string detail) { return {std::move(layer), Finding::State::Good, std::move(detail), {}}; }
Finding note(std::string layer, std::string detail, std::string advice) {
  return {std::move(layer), Finding::State::Note, std::move(detail), std::move(advice)};
}
Finding broken(std::string layer, std::string detail, std::string advice) {
  return {std::move(layer), Finding::State::Broken, std::move(detail), std::move(advice)};
}

}  // namespace

Finding check_home(const Home& home) {
  struct stat status{};
  if (::stat(home.folder.c_str(), &status) != 0) return broken("home", home.folder + ": " + why(), "set ZO_HOME to a folder of yours");
  if (::access(home.folder.c_str(), W_OK) != 0) return broken("home", home.folder + ": " + why(), "chmod 700 " + home.folder);
  return good("home", home.folder);
}

Finding check_disk(const Home& home) {
  struct statvfs status{};
  if (::statvfs(home.folder.c_str(), &status) != 0) return broken("disk", home.folder + ": " + why(), "");
  const std::uint64_t free = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  const std::string detail = human_size(free) + " free under " + home.folder;
  if (free < kDiskLeast) return broken("disk", detail, "free at least " + human_size(kDiskLeast));
  if (free < kDiskWanted) return note("disk", detail, "the embedded model needs " + human_size(kDiskWanted));
  return good("disk", detail);
}

Finding check_reserve(const Home& home) {
  const Reserve reserve(home.reserve());
  const std::uint64_t held = reserve.held_bytes();
  const std::uint64_t wanted = reserve.wanted_bytes();
  if (held >= wanted) return good("reserve", human_size(held) + " kept, so that deleting works on a full disk");
  if (::access(home.database().c_str(), F_OK) != 0) return note("reserve", "none yet; the first start makes it", "");
  const std::string detail = held == 0 ? "missing" : human_size(held) + " of " + human_size(wanted);
  return note("reserve", detail + ": on a full disk deleting may fail, and nothing new is stored but where something was deleted",
              "free " + human_size(2 * wanted) + " under " + home.folder + "; a server then takes it by itself");
}

Finding check_log_folder(const Home& home) {
  if (::access(home.logs().c_str(), W_OK | X_OK) != 0)
    return broken("logs", home.logs() + " cannot be written: " + why(), fmt::format("chown {} {}", ::geteuid(), home.logs()));
  return good("logs", home.logs());
}

Finding check_port(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in place{.sin_family = AF_INET, .sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)))};
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &place.sin_addr);
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0)
    return note("port", address + " is not free: " + why(), "zo serve --listen 127.0.0.1:0, or let it choose the next one");
  return good("port", address + " is free");
}

Finding check_clock(std::int64_t now_ms) {
  if (now_ms < kThisProgramsYear) return broken("clock", "the clock says " + to_rfc3339(now_ms), "timedatectl set-ntp true");
  return good("clock", to_rfc3339(now_ms));
}

Finding check_open_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::string detail = with_thousands(limit.rlim_max) + " files may be open";
  if (limit.rlim_max < kOpenFilesWanted) return note("open files", detail, fmt::format("ulimit -Hn {}", kOpenFilesWanted));
  return good("open files", detail);
}

std::vector<std::string> environment_models() {
  std::vector<std::string> found;
  for (const std::string& name : model_variables())
    if (const char* value = std::getenv(name.c_str()); value != nullptr && *value != '\0') found.push_back(name);
  return found;
}

Finding check_environment_models() {
  const std::vector<std::string> found = environment_models();
  if (found.empty()) return note("providers", "no keys in this environment", "");
  return note("providers", "set in this environment, not asked: " + join(found, ", "), "zo model test NAME asks one");
}

Finding check_local_runtime(const Home& home) {
  if (const auto program = LocalCatalog(home.cache).program()) return good("local runtime", program->path);
  if (find_program("python3").empty()) return note("local runtime", "not installed, and neither is python3", "apt-get install python3 python3-pip, then zo model install");
  return note("local runtime", "not installed", "zo model install");
}

Finding check_local_weights(const Home& home) {
  std::vector<std::string> found;
  for (const LocalWeights& weights : LocalCatalog(home.cache).weights())
    found.push_back(fmt::format("{} ({})", weights.name, human_size(static_cast<std::uint64_t>(weights.size_bytes))));
  if (found.empty()) return note("local model", "not installed", "zo model install");
  return good("local model", join(found, ", "));
}

}  // namespace zo
