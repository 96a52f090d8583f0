#include "os/workspace.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "os/file.h"
#include "os/idmap.h"
#include "os/mounts.h"
#include "os/owner.h"

namespace zo {
namespace {

// The machine's own, with all that is below them.
constexpr std::string_view kSystemTrees[] = {"/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run", "/sbin", "/sys", "/usr", "/var/cache", "/var/lib/apt", "/var/lib/dpkg", "/var/lib/systemd", "/var/log", "/var/spool"};
// Not as a whole; a folder in them may be somebody's.
constexpr std::string_view kSharedFolders[] = {"/", "/home", "/media", "/mnt", "/opt", "/root", "/srv", "/tmp", "/var", "/var/lib", "/var/tmp"};
// Below a home: what logs people in, holds their keys, or is started with their session.
constexpr std::string_view kPrivateFolders[] = {".ssh", ".gnupg", ".config", ".local", ".aws", ".kube", ".docker", ".mozilla", "bin"};

// Without symlinks and "..", as far as it is there.
std::string resolved(const std::string& path) {
  std::error_code failure;
  std::string real = std::filesystem::weakly_canonical(path, failure).string();
  while (real.size() > 1 && real.ends_with('/')) real.pop_back();
  return failure ? path : real;
}

// One folder that somebody would like to have as the workspace.
class Candidate {
 public:
  Candidate(const std::vector<Mount>& mounts, const std::string& path) : mounts_(mounts), real_(resolved(path)), place_(place_of(mounts_, real_)) {}

  const std::string& real() const { return real_; }
  bool is(std::string_view other) const {
    const Spot spot = spot_of(other);
    return real_ == spot.real || (place_.device == spot.place.device && place_.path == spot.place.path);
  }
  bool is_at_or_below(std::string_view other) const {
    const Spot spot = spot_of(other);
    return zo::is_at_or_below(real_, spot.real) || zo::is_at_or_below(place_, spot.place);
  }
  // Also when it is reached through something mounted below.
  bool is_around(std::string_view other) const {
    const Spot spot = spot_of(other);
    if (zo::is_at_or_below(spot.real, real_) || zo::is_at_or_below(spot.place, place_)) return true;
    return std::ranges::any_of(mounts_, [&](const Mount& mount) {
      const MountPlace mounted{mount.device, mount.root};
      return zo::is_at_or_below(mount.point, real_) &&
             (zo::is_at_or_below(spot.place, mounted) || zo::is_at_or_below(mounted, spot.place));
    });
  }

 private:
  struct Spot {
    std::string real;
    MountPlace place;
  };
  Spot spot_of(std::string_view path) const {
    std::string real = resolved(std::string(path));
    MountPlace place = place_of(mounts_, real);
    return {std::move(real), std::move(place)};
  }

  const std::vector<Mount>& mounts_;
  std::string real_;
  MountPlace place_;
};

// The homes that are nearest to it: ours, and that of the folder's owner.
std::vector<std::string> homes_near(const std::string& path) {
  std::vector<std::string> homes;
  if (const char* own = ::getenv("HOME"); own != nullptr && *own == '/' && own[1] != '\0') homes.emplace_back(own);
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return homes;
  if (const passwd* owner = ::getpwuid(status.st_uid); owner != nullptr && owner->pw_dir[0] == '/' && owner->pw_dir[1] != '\0')
    homes.emplace_back(owner->pw_dir);
  return homes;
}

std::unexpected<Error> refused(const std::string& path, const std::string& why, const std::string& advice) {
  return fail(Code::Denied, fmt::format("{} cannot be the workspace, since agents may change everything in it: {}", path, why), advice);
}

Result<> check_choice(const std::vector<Mount>& mounts, const std::string& path, const ClosedFolders& closed) {
  if (!path.starts_with('/')) return fail(Code::Invalid, fmt::format("the workspace '{}' is not an absolute path", path));
  const Candidate candidate(mounts, path);
  const std::string advice = "a folder of its own, like ~/zo";
  for (const std::string& home : homes_near(path)) {
    if (candidate.is(home)) return refused(path, "it is a whole home", fmt::format("a folder of its own, like {}/zo", home));
    for (const std::string_view name : kPrivateFolders)
      if (candidate.is_at_or_below(fmt::format("{}/{}", home, name))) return refused(path, fmt::format("it belongs to {}/{}", home, name), advice);
  }
  for (const std::string_view tree : kSystemTrees)
    if (candidate.is_at_or_below(tree)) return refused(path, fmt::format("it belongs to {}", tree), advice);
  for (const std::string_view shared : kSharedFolders)
    if (candidate.is(shared)) return refused(path, fmt::format("it is {}", shared), advice);
  // Where it really is, not a symlink to another folder of ours.
  const std::filesystem::path except = closed.except;
  const bool is_itself = !closed.except.empty() && resolved(closed.except) == resolved(except.parent_path()) + "/" + except.filename().string();
  const bool excepted = is_itself && candidate.is_at_or_below(closed.except);
  for (const std::string& folder : closed.folders) {
    if (candidate.is_around(folder)) return refused(path, fmt::format("ZoClone's own {} is in it", folder), advice);
    if (!excepted && candidate.is_at_or_below(folder)) return refused(path, fmt::format("it belongs to ZoClone's own {}", folder), advice);
  }
  return {};
}

}  // namespace

Result<> check_workspace_choice(const std::string& path, const ClosedFolders& closed) { return check_choice(mounts(), path, closed); }

// As root: a mapped view of what the folder's owner has in it, or the reason why there is none.
Result<> Workspace::meet_owner() {
  if (::geteuid() != 0) return {};
  ZO_OK(ActAsOwner::check());
  struct stat status{};
  if (::fstat(folder_.get(), &status) != 0) return os_fail(errno, "cannot look at " + path_);
  const UserIds owner = workspace_owner();
  if (status.st_uid == owner.uid) return {};
  Result<Fd> mapping = map_ids({status.st_uid, status.st_gid}, owner);
  Result<Fd> view = mapping ? mapped_folder(folder_, *mapping) : Result<Fd>(std::unexpected(mapping.error()));
  if (view) {
    mapping_ = std::move(*mapping);
    view_ = std::move(*view);
    return {};
  }
  unmapped_ = view.error().message;
  return {};
}

Result<Workspace> Workspace::open(std::string path, const ClosedFolders& closed) {
  const std::vector<Mount> mounted = mounts();
  ZO_OK(check_choice(mounted, path, closed));
  ZO_OK(make_folders(path));
  ZO_TRY(Workspace workspace, open_in(mounted, std::move(path), closed));
  if (!workspace.unmapped_.empty()) ZO_OK(give_to_owner(workspace.folder_, workspace.path_));
  return workspace;
}

Result<Workspace> Workspace::look(std::string path, const ClosedFolders& closed) {
  const std::vector<Mount> mounted = mounts();
  ZO_OK(check_choice(mounted, path, closed));
  return open_in(mounted, std::move(path), closed);
}

Result<Workspace> Workspace::open_in(const std::vector<Mount>& mounts, std::string path, const ClosedFolders& closed) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  Workspace workspace(path, Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)));
  if (!workspace.folder_.is_open()) return os_fail(errno, "cannot open the workspace " + path);
  // Of a mount that was there: through /proc one reaches those of others, of which nothing is known here, as of one that came meanwhile.
  struct statx place{};
  if (::statx(workspace.folder_.get(), "", AT_EMPTY_PATH, STATX_MNT_ID, &place) == 0 && (place.stx_mask & STATX_MNT_ID) != 0 &&
      std::ranges::none_of(mounts, [&](const Mount& mount) { return mount.id == place.stx_mnt_id; }))
    return refused(path, "it is in another mount namespace", "a folder of its own, like ~/zo");
  // Of what was opened, too: somebody may have put another folder there meanwhile.
  ZO_OK(check_choice(mounts, workspace.current_path(), closed));
  ZO_OK(workspace.meet_owner());
  return workspace;
}

Result<> Workspace::check_access() const {
  struct stat status{};
  if (::fstat(folder_.get(), &status) != 0 || status.st_nlink == 0)
    return fail(Code::NotFound, fmt::format("the workspace {} has been deleted", path_), "restart ZoClone, which makes it anew");
  const ActAsOwner as_owner;
  if (const Fd entered(::openat(view().get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)); entered.is_open()) return {};
  if (errno != EACCES) return os_fail(errno, "cannot enter the workspace " + path_);
  const auto [uid, gid] = workspace_owner();
  return fail(Code::Denied, fmt::format("the workspace {} is closed to user {}, as which commands run", path_, uid),
              fmt::format("chown {}:{} {}", uid, gid, path_));
}

std::uint64_t Workspace::free_bytes() const {
  struct statvfs status{};
  if (::fstatvfs(folder_.get(), &status) != 0) return 0;
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

std::string Workspace::current_path() const {
  std::error_code failure;
  const std::string path = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", folder_.get()), failure).string();
  return failure ? path_ : path;
}

}  // namespace zo
