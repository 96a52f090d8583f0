#include "os/file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace zo {
namespace {

Code code_of(int error_number) {
  switch (error_number) {
    case ENOENT: case ENOTDIR: return Code::NotFound;
    case EACCES: case EPERM: case EROFS: return Code::Denied;
    case EEXIST: case ENOTEMPTY: return Code::Conflict;
    case ENOSPC: case EDQUOT: case EMFILE: case ENFILE: case ENOMEM: case EFBIG: case EAGAIN: return Code::Exhausted;
    case EISDIR: case EINVAL: case ENAMETOOLONG: case ELOOP: return Code::Invalid;
    case EIO: return Code::Corrupt;
    default: return Code::Unavailable;
  }
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<> sync_folder(const std::string& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || ::fsync(fd.get()) != 0) return os_fail(errno, "cannot make sure of " + folder);
  return {};
}

// MFD_EXEC is younger than the C library's headers; kernels before 6.3 refuse it and need none.
constexpr unsigned kMemfdExec = 0x0010;

}  // namespace

Error os_error(int error_number, std::string what) {
  return {code_of(error_number), std::move(what) + ": " + std::generic_category().message(error_number), ""};
}

Result<std::string> load_file(const std::string& path, std::size_t bytes_max) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return os_fail(errno, "cannot read " + path);
  std::string bytes;
  char chunk[16'384];
  for (;;) {
    const ssize_t count = ::read(fd.get(), chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_fail(errno, "cannot read " + path);
    if (count == 0) return bytes;
    bytes.append(chunk, static_cast<std::size_t>(count));
    if (bytes.size() > bytes_max)
      return fail(Code::Exhausted, fmt::format("{} is larger than {}", path, human_size(bytes_max)));
  }
}

Result<> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_fail(errno, "cannot write");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<> rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_fail(errno, "cannot rename " + from);
  return sync_folder(folder_of(to));
}

Result<> save_file(const std::string& path, std::string_view bytes, unsigned mode) {
  std::string temporary = path + ".XXXXXX";
  const Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.is_open()) return os_fail(errno, "cannot write " + path);
  const Result<> written = write_all(fd.get(), bytes);
  const bool kept = written && ::fchmod(fd.get(), mode) == 0 && ::fsync(fd.get()) == 0 &&
                    ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!kept) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    return os_fail(reason, "cannot write " + path);
  }
  return sync_folder(folder_of(path));
}

Result<> make_folders(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string folder = path.substr(0, end);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST && errno != EISDIR)
      return os_fail(errno, "cannot make the folder " + folder);
    if (end == std::string::npos) break;
  }
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return os_fail(errno, "cannot make the folder " + path);
  if (!S_ISDIR(status.st_mode)) return fail(Code::Conflict, path + " is not a folder");
  return {};
}

Result<Fd> memory_file(const std::string& name, std::string_view bytes) {
  Fd fd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | kMemfdExec));
  if (!fd.is_open() && errno == EINVAL) fd = Fd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.is_open()) return os_fail(errno, "cannot make a file in memory");
  ZO_OK(write_all(fd.get(), bytes));
  const bool sealed = ::lseek(fd.get(), 0, SEEK_SET) == 0 &&
                      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0;
  if (!sealed) return os_fail(errno, "cannot seal a file in memory");
  return fd;
}

Result<Fd> lock_file(const std::string& path, std::string_view what) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) return os_fail(errno, "cannot open " + path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno == EWOULDBLOCK) return fail(Code::Conflict, fmt::format("{} is running already (it holds {})", what, path));
  return os_fail(errno, "cannot lock " + path);
}

}  // namespace zo
