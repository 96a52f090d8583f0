#include "os/owner.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/file.h"

namespace zo {
namespace {

// A number that no distribution hands out, and that exists in containers with the usual 65,536 ids.
constexpr unsigned kOwnerOfRoot = 64'087;
constexpr unsigned kNobody = ~0U;  // no user at all

// The C library's setgroups() changes every thread; the kernel's changes one.
bool set_own_groups(const std::vector<unsigned>& groups) { return ::syscall(SYS_setgroups, groups.size(), groups.data()) == 0; }

std::vector<unsigned> own_groups() {
  std::vector<unsigned> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  ZO_CHECK(::getgroups(static_cast<int>(groups.size()), groups.data()) == static_cast<int>(groups.size()));
  return groups;
}

// These two calls do not say whether they worked; asking for the impossible answers with the present one.
bool set_own_file_user(unsigned uid, unsigned gid) {
  ::setfsgid(gid);
  ::setfsuid(uid);
  return static_cast<unsigned>(::setfsuid(kNobody)) == uid && static_cast<unsigned>(::setfsgid(kNobody)) == gid;
}

}  // namespace

UserIds workspace_owner() {
  if (::geteuid() == 0) return {kOwnerOfRoot, kOwnerOfRoot};
  return {::geteuid(), ::getegid()};
}

ActAsOwner::ActAsOwner() : acting_(::geteuid() == 0) {
  if (!acting_) return;
  groups_ = own_groups();
  const auto [uid, gid] = workspace_owner();
  ZO_CHECK(set_own_groups({}) && set_own_file_user(uid, gid));
}

ActAsOwner::~ActAsOwner() {
  if (acting_) ZO_CHECK(set_own_file_user(0, ::getegid()) && set_own_groups(groups_));
}

Result<> ActAsOwner::check() {
  if (::geteuid() != 0) return {};
  const std::vector<unsigned> groups = own_groups();
  const auto [uid, gid] = workspace_owner();
  const bool can = set_own_groups({}) && set_own_file_user(uid, gid);
  ZO_CHECK(set_own_file_user(0, ::getegid()));
  if (can && set_own_groups(groups)) return {};
  return fail(Code::Denied, fmt::format("running as root, but without the right to act as user {} (CAP_SETUID, CAP_SETGID)", uid),
              "run ZoClone as an ordinary user");
}

Result<> give_to_owner(const Fd& folder, const std::string& path) {
  if (::geteuid() != 0) return {};
  struct stat status{};
  if (::fstat(folder.get(), &status) != 0) return os_fail(errno, "cannot look at " + path);
  const auto [uid, gid] = workspace_owner();
  if (status.st_uid != 0 || ::fchownat(folder.get(), "", uid, gid, AT_EMPTY_PATH) == 0) return {};
  return os_fail(errno, fmt::format("cannot give {} to user {}", path, uid));
}

Result<> prepare_folder(const std::string& path) {
  ZO_OK(make_folders(path));
  return give_to_owner(Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)), path);
}

}  // namespace zo
