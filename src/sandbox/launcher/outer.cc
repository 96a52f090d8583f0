// The stage before bubblewrap: what needs the rights of the server, done and then given up.
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "sandbox/launcher/launcher.h"

namespace zo::launcher {
namespace {

bool is(const char* argument, const char* word) { return argument != nullptr && std::strcmp(argument, word) == 0; }

void join_cgroup(const char* fd) {
  const int door = static_cast<int>(number(fd));
  if (write(door, "0", 1) != 1) die("cannot join the control group");
  close(door);
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

}  // namespace

void outer(char** args) {
  const pid_t parent = getppid();
  const char* user = nullptr;
  for (; *args != nullptr && !is(*args, "--"); ++args) {
    if (is(*args, "--cgroup")) {
      join_cgroup(*++args);
    } else if (is(*args, "--user")) {
      user = *++args;
      make_private_mounts(*++args);
    } else if (is(*args, "--mount") && args[1] != nullptr && args[2] != nullptr) {
      mount_staged(args[1], args[2]);
      args += 2;
    } else {
      errno = EINVAL;
      die("outer");
    }
  }
  if (user != nullptr) become(static_cast<unsigned>(number(user)));
  // Changing the user has made the kernel forget that we die with the server.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent) die("the server has gone");
  if (*args == nullptr || *++args == nullptr) die("no program");
  execv(*args, args);
  die(*args);
}

}  // namespace zo::launcher
