#include "store/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

#include "base/limits.h"
#include "os/fd.h"

namespace zo {
namespace {

constexpr std::uint64_t kReserveBytes = 8 * limits::MiB;
constexpr std::uint64_t kDiskShare = 8;  // at most one part in so many of the whole disk
constexpr std::uint64_t kPieceBytes = 256 * limits::KiB;  // where not all is to be had, whole pieces are

bool is_full(int failure) { return failure == ENOSPC || failure == EDQUOT; }

}  // namespace

// The file is only ever as long as the room that it holds.
bool Reserve::take() const {
  if (path_.empty()) return true;
  const Fd file(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat status{};
  if (!file.is_open()) return !is_full(errno);
  if (::fstat(file.get(), &status) != 0) return true;
  const auto held = static_cast<std::uint64_t>(status.st_size);
  const std::uint64_t wanted = wanted_bytes();
  for (std::uint64_t have = held; have < wanted; have += kPieceBytes)
    if (const int failure = ::posix_fallocate(file.get(), static_cast<off_t>(have), static_cast<off_t>(std::min(kPieceBytes, wanted - have)));
        failure != 0)
      return !is_full(failure);
  return true;
}

void Reserve::release() const {
  if (!path_.empty()) static_cast<void>(::truncate(path_.c_str(), 0));
}

std::uint64_t Reserve::held_bytes() const {
  struct stat status{};
  return !path_.empty() && ::stat(path_.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::uint64_t Reserve::wanted_bytes() const {
  const std::size_t slash = path_.rfind('/');
  struct statvfs disk{};
  if (slash == std::string::npos || ::statvfs(path_.substr(0, slash + 1).c_str(), &disk) != 0) return 0;
  return std::min(kReserveBytes, disk.f_blocks * disk.f_frsize / kDiskShare);
}

}  // namespace zo
