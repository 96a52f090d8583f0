// What is mounted where, as this process sees it (/proc/self/mountinfo, proc(5)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zo {

struct Mount {
  std::uint64_t id = 0;
  std::string device;   // "8:1"
  std::string root;     // the folder of the file system that stands there
  std::string point;    // where
  std::string type;     // "ext4"
  std::string options;  // of the file system
};
// In the order mounted: of two at the same point, the later one is seen.
std::vector<Mount> mounts();

// Where a folder really is: a bind mount gives another path to the same place.
struct MountPlace {
  std::string device;
  std::string path;  // within the file system
};
// `path` is absolute, without symlinks.
MountPlace place_of(const std::vector<Mount>& mounts, std::string_view path);

// Whether `path` is `folder` or stands below it, by their names.
bool is_at_or_below(std::string_view path, std::string_view folder);
bool is_at_or_below(const MountPlace& place, const MountPlace& folder);

}  // namespace zo
