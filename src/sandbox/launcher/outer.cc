// The stage before bubblewrap: what needs the rights of the server is done and the rights are given up; then it stays, to see
// that the whole tree ends. Bubblewrap ties its processes to each other only when they are set up: one whose parent is killed
// before that would wait, or run, for ever. Here every orphan of the tree becomes a child of ours.
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sandbox/launcher/launcher.h"

namespace zo::launcher {
namespace {

constexpr rlim_t kOpenFiles = 1'024;
constexpr rlim_t kFileBytes = rlim_t{1} << 30;
constexpr rlim_t kLockedBytes = rlim_t{1} << 20;

bool is(const char* argument, const char* word) { return argument != nullptr && std::strcmp(argument, word) == 0; }

void limit(int resource, rlim_t value) {
  rlimit now;
  if (getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0) die("cannot read a limit");
  if (now.rlim_max < value) value = now.rlim_max;
  const rlimit wanted{value, value};
  if (setrlimit(static_cast<__rlimit_resource>(resource), &wanted) != 0) die("cannot set a limit");
}

// Here, so that every process of the tree has them, bubblewrap's own included.
void set_limits(rlim_t data_bytes) {
  limit(RLIMIT_DATA, data_bytes);
  limit(RLIMIT_NOFILE, kOpenFiles);
  limit(RLIMIT_FSIZE, kFileBytes);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_MEMLOCK, kLockedBytes);
  limit(RLIMIT_MSGQUEUE, 0);
}

void join_cgroup(const char* fd) {
  const int door = static_cast<int>(number(fd));
  if (write(door, "0", 1) != 1) die("cannot join the control group");
  close(door);
}

// A mount of its own of an open folder, and of what is mounted below it; not yet anywhere. Made before there is a mount namespace
// of our own, to which the folder would be foreign.
int clone_folder(const char* folder, const char* mapping) {
  const int tree = open_tree(static_cast<int>(number(folder)), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
  if (tree < 0) die("cannot open the folder for the sandbox");
  if (is(mapping, "-")) return tree;
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = number(mapping);
  if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0) die("cannot map the folder's owner");
  return tree;
}

void mount_folder(int tree, const char* stage) {
  char staged[256];
  std::snprintf(staged, sizeof staged, "%s/0", stage);
  if (mkdir(staged, 0755) != 0) die(staged);
  if (move_mount(tree, "", AT_FDCWD, staged, MOVE_MOUNT_F_EMPTY_PATH) != 0) die("cannot mount the folder for the sandbox");
  close(tree);
}

void make_private_mounts(const char* stage) {
  if (unshare(CLONE_NEWNS) != 0) die("cannot make a mount namespace");
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) die("cannot make the mounts private");
  if (mount("tmpfs", stage, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0) die("cannot mount a tmpfs on the stage");
}

void mount_staged(const char* host, const char* staged) {
  struct stat status;
  if (stat(host, &status) != 0) die(host);
  if (S_ISDIR(status.st_mode)) {
    if (mkdir(staged, 0755) != 0) die(staged);
  } else {
    const int file = open(staged, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) die(staged);
    close(file);
  }
  if (mount(host, staged, nullptr, MS_BIND | MS_REC, nullptr) != 0) die("cannot mount a folder for the sandbox");
}

void become(unsigned id) {
  if (setgroups(0, nullptr) != 0 || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0)
    die("cannot become the sandbox's user");
}

void kill_children() {
  char list[4'096] = {};
  const int file = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (file < 0 || read(file, list, sizeof list - 1) < 0) die("cannot list child processes");
  close(file);
  char* end = list;
  for (long pid = std::strtol(list, &end, 10); pid > 0; pid = std::strtol(end, &end, 10)) kill(static_cast<pid_t>(pid), SIGKILL);
}

// Killing a parent makes its children ours, so this goes on until there are none.
void end_tree() {
  do kill_children();
  while (waitpid(-1, nullptr, 0) > 0 || errno != ECHILD);
}

// Both for us, who clean up on it, and for the child: what happens when the parent dies. Changing the user has made the kernel
// forget it.
void follow_into_death(pid_t parent, int signal) {
  if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0 || getppid() != parent) die("the server has gone");
}

[[noreturn]] void supervise(char** program) {
  sigset_t awaited;
  sigset_t none;
  sigemptyset(&none);
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGCHLD);
  sigprocmask(SIG_BLOCK, &awaited, nullptr);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) die("cannot take care of orphans");
  const pid_t self = getpid();
  const pid_t child = fork();
  if (child < 0) die("cannot start a process");
  if (child == 0) {
    sigprocmask(SIG_SETMASK, &none, nullptr);
    follow_into_death(self, SIGKILL);
    execv(*program, program);
    die(*program);
  }
  // What was passed on is open in here no more, so that its other end sees when the command closes it.
  if (close_range(3, ~0U, 0) != 0) die("cannot close descriptors");
  for (int signal = 0, status = 0; sigwait(&awaited, &signal) == 0;) {
    const bool ended = waitpid(child, &status, WNOHANG) == child;
    if (!ended && signal == SIGCHLD) continue;
    end_tree();
    std::_Exit(ended && WIFEXITED(status) ? WEXITSTATUS(status) : 128 + (ended ? WTERMSIG(status) : SIGKILL));
  }
  die("cannot wait");
}

}  // namespace

void outer(char** args) {
  const pid_t parent = getppid();
  const char* user = nullptr;
  int tree = -1;
  set_limits(number(*args++));
  for (; *args != nullptr && !is(*args, "--"); ++args) {
    if (is(*args, "--cgroup")) {
      join_cgroup(*++args);
    } else if (is(*args, "--folder") && args[1] != nullptr && args[2] != nullptr) {
      tree = clone_folder(args[1], args[2]);
      args += 2;
    } else if (is(*args, "--user") && args[1] != nullptr && args[2] != nullptr) {
      user = args[1];
      make_private_mounts(args[2]);
      if (tree >= 0) mount_folder(tree, args[2]);
      args += 2;
    } else if (is(*args, "--mount") && args[1] != nullptr && args[2] != nullptr) {
      mount_staged(args[1], args[2]);
      args += 2;
    } else {
      errno = EINVAL;
      die("outer");
    }
  }
  if (user != nullptr) become(static_cast<unsigned>(number(user)));
  follow_into_death(parent, SIGTERM);
  if (*args == nullptr || *++args == nullptr) die("no program");
  supervise(args);
}

}  // namespace zo::launcher
