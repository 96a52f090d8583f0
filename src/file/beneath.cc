#include "file/beneath.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <vector>

#include "base/shown.h"
#include "base/text.h"
#include "os/file.h"
#include "os/owner.h"
#include "os/workspace.h"

namespace zo {
namespace {

constexpr std::size_t kPathBytes = 4'095;
constexpr std::size_t kNameBytes = 255;
constexpr int kLinks = 8;
constexpr int kNumberedNames = 1'000;
constexpr std::string_view kInside = "/workspace";

// What follows `prefix` if `path` is it or stands below it.
std::optional<std::string_view> below(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  return path;
}

// "report.tar.gz", 2 → "report-2.tar.gz", a name that no shell has to be told about; one that begins with a dot has no extension.
std::string numbered(const std::string& name, int number) {
  std::size_t dot = name.find('.', 1);
  if (dot == std::string::npos) dot = name.size();
  return fmt::format("{}-{}{}", name.substr(0, dot), number, name.substr(dot));
}

struct stat status_of(const Fd& fd) {
  struct stat status{};
  ZO_CHECK(::fstat(fd.get(), &status) == 0);
  return status;
}

constexpr std::string_view kDraftPrefix = ".zo-";
constexpr std::size_t kDraftDigits = 16;

bool same_moment(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// A new file in `folder` with `bytes` in it, under a name that nobody guesses; removed unless it is kept.
class Draft {
 public:
  explicit Draft(const Fd& folder) : folder_(folder) {}
  ~Draft() {
    if (!name_.empty()) ::unlinkat(folder_.get(), name_.c_str(), 0);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  // errno says why not.
  bool write(std::string_view bytes, unsigned mode) {
    unsigned long long chance = 0;
    if (::getrandom(&chance, sizeof chance, 0) != sizeof chance) return false;
    const std::string name = fmt::format("{}{:016x}", kDraftPrefix, chance);
    const Fd fd(::openat(folder_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd.is_open()) return false;
    name_ = name;
    return write_all(fd.get(), bytes).has_value() && ::fchmod(fd.get(), mode) == 0 && ::fdatasync(fd.get()) == 0;
  }
  bool rename_to(const std::string& name, unsigned flags) {
    if (::renameat2(folder_.get(), name_.c_str(), folder_.get(), name.c_str(), flags) != 0) return false;
    name_.clear();
    return true;
  }

 private:
  const Fd& folder_;
  std::string name_;
};

// Where an open file is now, as the kernel names it; empty when that cannot be told.
std::string place_of(int fd) {
  char place[kPathBytes + 1];
  const ssize_t length = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), place, sizeof place);
  return {place, static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

}  // namespace

bool is_draft_name(std::string_view name) {
  return name.size() == kDraftPrefix.size() + kDraftDigits && name.starts_with(kDraftPrefix) &&
         name.substr(kDraftPrefix.size()).find_first_not_of("0123456789abcdef") == name.npos;
}

SplitPath split_last(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

Result<std::string> path_inside(std::string_view path, const std::string& workspace) {
  const std::string shown = one_line(name_in_line(path.substr(0, 200)), 120);
  if (path.empty()) return fail(Code::Invalid, "the path is empty");
  if (path.find('\0') != std::string_view::npos) return fail(Code::Invalid, fmt::format("'{}' contains a zero byte", shown));
  if (path.size() > kPathBytes)
    return fail(Code::Invalid, fmt::format("'{}' has {} bytes, limit {}", shown, path.size(), kPathBytes));
  const auto outside = [&] {
    return fail(Code::Invalid, fmt::format("'{}' is outside the workspace {}", shown, workspace),
                "a path like notes.txt or folder/notes.txt");
  };
  std::string_view rest = path;
  if (const auto inner = below(path, workspace)) rest = *inner;
  else if (const auto mounted = below(path, kInside)) rest = *mounted;
  else if (const auto home = below(path, "~")) rest = *home;
  else if (path.front() == '/') return outside();

  std::vector<std::string> parts;
  for (std::string_view part : split(rest, '/')) {
    if (part.empty() || part == ".") continue;
    if (part.size() > kNameBytes)
      return fail(Code::Invalid, fmt::format("'{}' has a name of {} bytes, limit {}", shown, part.size(), kNameBytes));
    if (part != "..") parts.emplace_back(part);
    else if (parts.empty()) return outside();
    else parts.pop_back();
  }
  if (!parts.empty() && parts.front() == kTrashFolder)
    return fail(Code::Denied, fmt::format("'{}' is where deleted files are kept for a while", shown), "the list of deleted files, in the page");
  return parts.empty() ? "." : join(parts, "/");
}

std::unexpected<Error> Beneath::failed(int reason, std::string_view verb, const std::string& path) const {
  const std::string shown = name_in_line(path);
  switch (reason) {
    case EXDEV: case ELOOP: return fail(Code::Invalid, fmt::format("'{}' leads outside the workspace {}", shown, name_));
    case ENOENT: return fail(Code::NotFound, fmt::format("there is no '{}' in the workspace", shown));
    case ENOTDIR: return fail(Code::Invalid, fmt::format("'{}' stands below something that is no folder", shown));
    case EISDIR: return fail(Code::Invalid, fmt::format("'{}' is a folder", shown));
    case ENOSPC: case EDQUOT:
      return fail(Code::Exhausted, fmt::format("cannot {} '{}': the disk of the workspace {} is full", verb, shown, name_),
                  "free some space, then again");
    case EACCES: case EPERM: {
      const auto [uid, gid] = workspace_owner();
      return fail(Code::Denied, fmt::format("user {} may not {} '{}'", uid, verb, shown),
                  fmt::format("chown -R {}:{} '{}/{}'", uid, gid, name_, shown));
    }
    default: return os_fail(reason, fmt::format("cannot {} '{}'", verb, shown));
  }
}

Result<Fd> Beneath::open(const std::string& path, int flags, unsigned mode) const {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  if ((flags & O_PATH) == 0) how.flags |= O_NOCTTY | O_NONBLOCK;
  how.mode = mode;
  // Without symlinks on the way a path is what it says; with them, what they led to is looked at.
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  for (int attempt = 0;; ++attempt) {
    Fd fd(static_cast<int>(::syscall(SYS_openat2, root_, path.c_str(), &how, sizeof how)));
    const bool by_symlinks = (how.resolve & RESOLVE_NO_SYMLINKS) == 0;
    if (fd.is_open() && by_symlinks && is_in_trash(fd)) return failed(ENOENT, "open", path);
    if (fd.is_open()) return fd;
    // EAGAIN: something was renamed meanwhile, so the kernel could not be sure; once more, a bounded number of times.
    if (errno == ELOOP && !by_symlinks) how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    else if (errno != EAGAIN || attempt == 100) return failed(errno, "open", path);
  }
}

bool Beneath::is_in_trash(const Fd& there) const {
  const std::string place = place_of(there.get());
  const std::string root = place_of(root_);
  const std::string trash = fmt::format("{}{}{}", root, root.ends_with('/') ? "" : "/", kTrashFolder);
  return root.empty() || place.empty() || place == trash || place.starts_with(trash + "/");
}

Result<Fd> Beneath::open_regular(const std::string& path) const {
  ZO_TRY(Fd fd, open(path, O_RDONLY));
  const mode_t mode = status_of(fd).st_mode;
  if (S_ISDIR(mode)) return failed(EISDIR, "read", path);
  if (!S_ISREG(mode))
    return fail(Code::Invalid, fmt::format("'{}' is not a file: a pipe, socket or device", name_in_line(path)));
  return fd;
}

// Every folder is opened beneath the root anew, so that one swapped for a symlink on the way does not lead out.
Result<Fd> Beneath::open_folder(const std::string& path) const {
  Result<Fd> there = open(path, O_PATH | O_DIRECTORY);
  if (there || there.error().code != Code::NotFound) return there;
  const SplitPath last = split_last(path);
  ZO_TRY(const Fd parent, open_folder(last.folder));
  if (::mkdirat(parent.get(), last.name.c_str(), 0755) != 0 && errno != EEXIST) return failed(errno, "make", path);
  return open(path, O_PATH | O_DIRECTORY);
}

Result<std::string> Beneath::follow_links(std::string path) const {
  for (int i = 0; i < kLinks; ++i) {
    const Result<Fd> link = open(path, O_PATH | O_NOFOLLOW);
    if (!link && link.error().code == Code::NotFound) return path;
    if (!link) return std::unexpected(link.error());
    if (!S_ISLNK(status_of(*link).st_mode)) return path;
    char target[kPathBytes];
    const ssize_t length = ::readlinkat(link->get(), "", target, sizeof target);
    if (length <= 0 || target[0] == '/') return failed(EXDEV, "write", path);
    ZO_TRY(path, inside(split_last(path).folder + "/" + std::string(target, static_cast<std::size_t>(length))));
  }
  return fail(Code::Invalid, fmt::format("'{}' is a symlink to a symlink, and so on", name_in_line(path)));
}

Result<> Beneath::replace(const std::string& wanted, std::string_view bytes, const struct stat* expected, const Check& check) const {
  if (wanted == ".") return failed(EISDIR, "write", wanted);
  ZO_TRY(const std::string path, follow_links(wanted));
  const SplitPath last = split_last(path);
  ZO_TRY(const Fd folder, open_folder(last.folder));
  unsigned mode = bytes.starts_with("#!") ? 0755 : 0644;
  struct stat before{};
  if (::fstatat(folder.get(), last.name.c_str(), &before, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISDIR(before.st_mode)) return failed(EISDIR, "write", path);
    if (!S_ISREG(before.st_mode))
      return fail(Code::Invalid, fmt::format("'{}' is not a file: a pipe, socket or device", name_in_line(path)));
    if ((before.st_mode & 0222) == 0)
      return fail(Code::Denied, fmt::format("'{}' is marked read-only", name_in_line(path)), "chmod u+w, if it may be changed");
    mode = before.st_mode & 0777;
  }
  if (before.st_nlink > 1) return write_in_place(folder, path, bytes, before, expected, check);
  Draft draft(folder);
  if (!draft.write(bytes, mode)) return failed(errno, "write", path);
  if (expected != nullptr) {
    struct stat now{};
    const bool there = ::fstatat(folder.get(), last.name.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0;
    if (!there || !same_moment(now, *expected))
      return fail(Code::Conflict,
                  fmt::format("'{}' was changed by someone else meanwhile; nothing was written", name_in_line(path)),
                  "read it again");
  }
  if (check) ZO_OK(check(folder, path));
  if (!draft.rename_to(last.name, 0)) return failed(errno, "write", path);
  return {};
}

// A file with several names keeps them all, so it cannot be replaced by another; a crash in between leaves it half written.
Result<> Beneath::write_in_place(const Fd& folder, const std::string& path, std::string_view bytes, const struct stat& before,
                                 const struct stat* expected, const Check& check) const {
  const Fd fd(::openat(folder.get(), split_last(path).name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat now{};
  if (!fd.is_open() || ::fstat(fd.get(), &now) != 0) return failed(errno, "write", path);
  if (!same_moment(now, expected != nullptr ? *expected : before))
    return fail(Code::Conflict, fmt::format("'{}' was changed by someone else meanwhile; nothing was written", name_in_line(path)), "read it again");
  if (check) ZO_OK(check(folder, path));
  if (!write_all(fd.get(), bytes) || ::ftruncate(fd.get(), static_cast<off_t>(bytes.size())) != 0 || ::fdatasync(fd.get()) != 0) return failed(errno, "write", path);
  return {};
}

bool Beneath::holds(const std::string& path, std::string_view bytes) const {
  const Result<Fd> file = open_regular(path);
  if (!file || static_cast<std::size_t>(status_of(*file).st_size) != bytes.size()) return false;
  std::string found(bytes.size() + 1, '\0');
  const ssize_t count = ::pread(file->get(), found.data(), found.size(), 0);
  return count == static_cast<ssize_t>(bytes.size()) && std::string_view(found).substr(0, bytes.size()) == bytes;
}

Result<std::string> Beneath::add(const std::string& path, std::string_view bytes) const {
  if (path == ".") return failed(EISDIR, "write", path);
  const SplitPath last = split_last(path);
  ZO_TRY(const Fd folder, open_folder(last.folder));
  Draft draft(folder);
  if (!draft.write(bytes, 0644)) return failed(errno, "write", path);
  for (int number = 1; number <= kNumberedNames; ++number) {
    const std::string name = number == 1 ? last.name : numbered(last.name, number);
    const std::string place = last.folder == "." ? name : last.folder + "/" + name;
    if (draft.rename_to(name, RENAME_NOREPLACE)) return place;
    if (errno != EEXIST) return failed(errno, "write", path);
    if (holds(place, bytes)) return place;
  }
  return fail(Code::Exhausted, fmt::format("there are {} files like '{}' already", kNumberedNames, name_in_line(path)),
              "another name");
}

Result<> Beneath::remove(const std::string& path) const {
  if (path == ".") return fail(Code::Invalid, fmt::format("'{}' is the workspace itself", name_));
  const SplitPath last = split_last(path);
  ZO_TRY(const Fd folder, open(last.folder, O_PATH | O_DIRECTORY));
  if (::unlinkat(folder.get(), last.name.c_str(), 0) == 0) return {};
  if (errno == EISDIR && ::unlinkat(folder.get(), last.name.c_str(), AT_REMOVEDIR) == 0) return {};
  if (errno == ENOTEMPTY) return fail(Code::Conflict, fmt::format("'{}' is a folder with something in it", name_in_line(path)), "remove what is in it first");
  return failed(errno, "remove", path);
}

Result<> Beneath::move(const std::string& path, const std::string& to) const {
  if (path == "." || to == ".") return fail(Code::Invalid, fmt::format("'{}' is the workspace itself", name_));
  const SplitPath from = split_last(path);
  const SplitPath target = split_last(to);
  ZO_TRY(const Fd folder, open(from.folder, O_PATH | O_DIRECTORY));
  struct stat status{};
  if (::fstatat(folder.get(), from.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return failed(errno, "rename", path);
  if (from.name == kTrashFolder || target.name == kTrashFolder)
    return fail(Code::Denied, fmt::format("'{}' is the name of the folder of deleted files", kTrashFolder), "another name");
  const Result<Fd> into = open(target.folder, O_PATH | O_DIRECTORY);
  if (!into && into.error().code == Code::NotFound)
    return fail(Code::NotFound, fmt::format("there is no folder '{}' in the workspace", name_in_line(target.folder)), "make it first");
  if (!into) return std::unexpected(into.error());
  if (::renameat2(folder.get(), from.name.c_str(), into->get(), target.name.c_str(), RENAME_NOREPLACE) == 0) return {};
  const std::string shown = name_in_line(path);
  switch (errno) {
    case EEXIST: return fail(Code::Conflict, fmt::format("there is a '{}' already; nothing was renamed", name_in_line(to)), "choose another name");
    case EINVAL: return fail(Code::Invalid, fmt::format("the folder '{}' cannot be moved into itself", shown));
    case EXDEV: return fail(Code::Invalid, fmt::format("'{}' and '{}' are on different file systems", shown, name_in_line(target.folder)), "copy it with the shell");
    default: return failed(errno, "rename", path);
  }
}

Result<> Beneath::make_folder(const std::string& path) const {
  if (path == ".") return fail(Code::Conflict, fmt::format("'{}' is the workspace itself", name_));
  const SplitPath last = split_last(path);
  ZO_TRY(const Fd parent, open_folder(last.folder));
  if (::mkdirat(parent.get(), last.name.c_str(), 0755) == 0) return {};
  if (errno == EEXIST) return fail(Code::Conflict, fmt::format("there is a '{}' already", name_in_line(path)), "choose another name");
  return failed(errno, "make", path);
}

}  // namespace zo
