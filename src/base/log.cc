#include "base/log.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "base/text.h"
#include "base/time.h"

namespace zo {
namespace {

constexpr std::size_t kFileBytes = 10 * 1024 * 1024;
constexpr int kFilesKept = 5;
constexpr std::size_t kMessageBytes = 4'096;

// The process has one log; it is reached from every thread, so it locks.
struct Sink {
  std::mutex mutex;
  std::string path;
  int file = -1;
  std::size_t bytes = 0;
  LogFilter filter;

  bool open() {
    file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return false;
    struct stat status{};
    bytes = ::fstat(file, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
    return true;
  }

  void rotate() {
    ::close(file);
    for (int i = kFilesKept - 1; i > 0; --i) {
      const std::string from = i == 1 ? path : fmt::format("{}.{}", path, i - 1);
      std::rename(from.c_str(), fmt::format("{}.{}", path, i).c_str());
    }
    open();
  }

  void write(std::string_view line) {
    if (bytes + line.size() > kFileBytes) rotate();
    if (file >= 0 && ::write(file, line.data(), line.size()) > 0) bytes += line.size();
  }
};

Sink& sink() {
  static Sink instance;
  return instance;
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::Debug: return "debug";
    case Level::Info: return "info";
    case Level::Warn: return "warn";
    case Level::Error: return "error";
  }
  return "error";
}

TimeMs wall_clock() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

Result<> open_log(const std::string& folder) {
  const std::lock_guard lock(sink().mutex);
  sink().path = folder + "/zo.log";
  if (!sink().open()) return fail(Code::Unavailable, fmt::format("cannot write {}: {}", sink().path, std::strerror(errno)));
  return {};
}

void set_log_filter(LogFilter filter) {
  const std::lock_guard lock(sink().mutex);
  sink().filter = std::move(filter);
}

void log(Level level, std::string_view part, std::string_view message) {
  const std::lock_guard lock(sink().mutex);
  const std::string clean = sink().filter ? sink().filter(message) : std::string(message);
  const std::string safe = to_valid_utf8(std::string_view(clean).substr(0, kMessageBytes));
  if (sink().file < 0) {
    if (level >= Level::Warn) std::fprintf(stderr, "zo: %.*s: %s\n", static_cast<int>(part.size()), part.data(), safe.c_str());
    return;
  }
  const boost::json::object line{{"at", to_rfc3339(wall_clock())}, {"level", level_name(level)}, {"part", part}, {"message", safe}};
  sink().write(boost::json::serialize(line) + "\n");
}

}  // namespace zo
