#include "os/idmap.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "os/file.h"

namespace zo {
namespace {

Result<> write_map(pid_t pid, const char* file, unsigned from, unsigned to) {
  const std::string path = fmt::format("/proc/{}/{}", pid, file);
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string line = fmt::format("{} {} 1\n", from, to);
  if (!fd.is_open() || ::write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    return os_fail(errno, "cannot map user " + std::to_string(from));
  return {};
}

// The process that a new user namespace needs to come into being. It shares nothing with us and only waits to be killed.
class Holder {
 public:
  Holder() : pid_(static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0))) {
    if (pid_ != 0) return;
    ::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    for (;;) ::syscall(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
  }
  ~Holder() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

}  // namespace

Result<Fd> map_ids(UserIds from, UserIds to) {
  const Holder holder;
  if (holder.pid() < 0) return os_fail(errno, "cannot make a user namespace");
  ZO_OK(write_map(holder.pid(), "uid_map", from.uid, to.uid));
  ZO_OK(write_map(holder.pid(), "gid_map", from.gid, to.gid));
  Fd mapping(::open(fmt::format("/proc/{}/ns/user", holder.pid()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!mapping.is_open()) return os_fail(errno, "cannot keep a user namespace");
  return mapping;
}

Result<Fd> mapped_folder(const Fd& folder, const Fd& mapping) {
  Fd tree(::open_tree(folder.get(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE));
  if (!tree.is_open()) return os_fail(errno, "cannot make a mount of a folder");
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  attributes.userns_fd = static_cast<unsigned>(mapping.get());
  if (::mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0)
    return os_fail(errno, "cannot map the owner of a folder");
  return tree;
}

}  // namespace zo
