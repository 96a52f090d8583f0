#include "os/mounts.h"

#include <charconv>

#include "base/limits.h"
#include "base/text.h"
#include "os/file.h"

namespace zo {
namespace {

// Spaces, tabs, line feeds and backslashes come as three octal digits.
std::string unescaped(std::string_view text) {
  const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '7'; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && digit(i + 1) && digit(i + 2) && digit(i + 3);
    if (!escape) {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
    i += 3;
  }
  return out;
}

}  // namespace

std::vector<Mount> mounts() {
  std::vector<Mount> all;
  const std::string text = load_file("/proc/self/mountinfo", 4 * limits::MiB).value_or("");
  for (std::string_view line : split(text, '\n')) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const auto before = split(line.substr(0, dash), ' ');
    const auto after = split(line.substr(dash + 3), ' ');
    if (before.size() < 5 || after.size() < 3) continue;
    std::uint64_t id = 0;
    std::from_chars(before[0].data(), before[0].data() + before[0].size(), id);
    all.push_back({id, std::string(before[2]), unescaped(before[3]), unescaped(before[4]), std::string(after[0]), std::string(after[2])});
  }
  return all;
}

bool is_at_or_below(std::string_view path, std::string_view folder) {
  if (folder == "/") return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_at_or_below(const MountPlace& place, const MountPlace& folder) {
  return place.device == folder.device && is_at_or_below(place.path, folder.path);
}

MountPlace place_of(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* nearest = nullptr;
  for (const Mount& mount : mounts)
    if (is_at_or_below(path, mount.point) && (nearest == nullptr || mount.point.size() >= nearest->point.size())) nearest = &mount;
  if (nearest == nullptr) return {"", std::string(path)};
  const std::string_view rest = nearest->point == "/" ? path : path.substr(nearest->point.size());
  std::string within = (nearest->root == "/" ? "" : nearest->root) + std::string(rest == "/" ? "" : rest);
  return {nearest->device, within.empty() ? "/" : within};
}

}  // namespace zo
