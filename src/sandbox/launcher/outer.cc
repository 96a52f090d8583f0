// The stage before bubblewrap: what needs the rights of the server is done and the rights are given up; then it stays, to see
// that the whole tree ends. Bubblewrap ties its processes to each other only when they are set up: one whose parent is killed
// before that would wait, or run, for ever. Here every orphan of the tree becomes a child of ours.
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
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
  follow_into_death(parent, SIGTERM);
  if (*args == nullptr || *++args == nullptr) die("no program");
  supervise(args);
}

}  // namespace zo::launcher
