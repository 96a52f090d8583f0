// The stage inside bubblewrap, just before the command.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "sandbox/launcher/launcher.h"

namespace zo::launcher {
namespace {

constexpr int kVariables = 64;
constexpr std::size_t kWords = 4'096;
constexpr int kListenQueue = 64;

bool is(const char* word, const char* other) { return word != nullptr && std::strcmp(word, other) == 0; }

// The words of an open file, closed then; a null pointer ends them.
char** words_of(int file) {
  struct stat status;
  if (fstat(file, &status) != 0) die("no words");
  const auto size = static_cast<std::size_t>(status.st_size);
  char* const text = static_cast<char*>(std::malloc(size + 1));
  char** const words = static_cast<char**>(std::calloc(kWords + 1, sizeof(char*)));
  if (text == nullptr || words == nullptr || pread(file, text, size, 0) != status.st_size) die("cannot read the words");
  text[size] = '\0';
  close(file);
  std::size_t count = 0;
  for (char* word = text; word < text + size; word += std::strlen(word) + 1) {
    if (count == kWords) die("too many words");
    words[count++] = word;
  }
  return words;
}

// Of this user in here, bubblewrap's own first process included: on the host it may have others, so only here it can be set.
void limit_processes(rlim_t processes) {
  const rlimit wanted{processes, processes};
  if (setrlimit(RLIMIT_NPROC, &wanted) != 0) die("cannot limit processes");
  if (prlimit(getppid(), RLIMIT_NPROC, &wanted, nullptr) != 0) die("cannot limit the first process");
}

// Bubblewrap's first process puts itself behind the filter while we start already.
void await_filter_of_first_process() {
  constexpr int kTries = 50'000;
  const timespec pause{0, 100'000};
  for (int i = 0; i < kTries; ++i) {
    char status[4'096] = {};
    const int file = open("/proc/1/status", O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, status, sizeof status - 1) < 0) die("cannot look at the first process");
    close(file);
    if (std::strstr(status, "\nSeccomp:\t2\n") != nullptr) return;
    nanosleep(&pause, nullptr);
  }
  errno = ETIMEDOUT;
  die("the first process is without the filter of system calls");
}

void expect(const char* path, const char* device, const char* inode) {
  struct stat status;
  if (lstat(path, &status) != 0) die(path);
  if (status.st_dev != number(device) || status.st_ino != number(inode)) {
    errno = ESTALE;
    die(is(path, ".") ? "another folder stands in its place" : path);
  }
}

void expect_read_only(const char* path, const char* device, const char* inode) {
  expect(path, device, inode);
  if (access(path, W_OK) == 0 || (errno != EROFS && errno != EACCES)) die(path);
}

// A socket that listens on this namespace's loopback, sent out through `door`: who accepts is outside, and there is no other way.
void hand_out_listener(int door, unsigned long long port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (listener < 0 || bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, kListenQueue) != 0)
    die("cannot listen for the way out");
  char byte = 'l';
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &listener, sizeof listener);
  if (sendmsg(door, &message, MSG_NOSIGNAL) != 1) die("cannot hand out the way out");
  close(listener);
  close(door);
}

// Everything from `first` on but `keep` goes when the command is executed, the report's pipe included.
void close_on_exec(unsigned first, unsigned keep) {
  const bool below = keep <= first || close_range(first, keep - 1, CLOSE_RANGE_CLOEXEC) == 0;
  if (!below || close_range(keep < first ? first : keep + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) die("cannot close descriptors");
}

[[noreturn]] void execute(char** command, char** environment) {
  environ = environment;
  execvp(*command, command);
  const int reason = errno;
  std::fprintf(stderr, "zo: cannot run '%s': %s\n", *command, std::strerror(reason));
  std::_Exit(reason == ENOENT ? 127 : 126);
}

}  // namespace

void inner(char** args) {
  args = words_of(static_cast<int>(number(args[0])));
  for (int i = 0; i < 6; ++i)
    if (args[i] == nullptr) die("inner");
  const int report = static_cast<int>(number(args[0]));
  limit_processes(number(args[1]));
  expect(".", args[2], args[3]);
  static char home[4'096];
  std::snprintf(home, sizeof home, "HOME=%s", args[4]);
  const unsigned after_passed = 3 + static_cast<unsigned>(number(args[5]));
  args += 6;

  static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  static char lang[] = "LANG=C.UTF-8";
  static char term[] = "TERM=dumb";
  static char user[] = "USER=zo";
  static char email[] = "EMAIL=zo@localhost";  // who commits, where git's configuration names nobody
  static char* environment[kVariables] = {path, home, lang, term, user, email};
  for (int count = 6; is(*args, "--env") && args[1] != nullptr; args += 2) {
    if (count == kVariables - 1) die("too many variables");
    environment[count++] = args[1];
  }
  for (; is(*args, "--read-only") && args[1] != nullptr && args[2] != nullptr && args[3] != nullptr; args += 4)
    expect_read_only(args[3], args[1], args[2]);
  unsigned keep = 0;
  if (is(*args, "--keep")) {
    keep = static_cast<unsigned>(number(args[1]));
    args += 2;
  }

  if (is(*args, "--listen") && args[1] != nullptr && args[2] != nullptr) {
    hand_out_listener(static_cast<int>(number(args[1])), number(args[2]));
    args += 3;
  }

  umask(022);
  close_on_exec(after_passed, keep);
  await_filter_of_first_process();
  if (write(report, "armed", 5) != 5) die("cannot report");

  if (is(*args, "--probe") && args[1] != nullptr) {
    probe(args[1]);
    std::fflush(stdout);
    std::_Exit(0);
  }
  if (*args == nullptr || *++args == nullptr) die("no command");
  execute(args, environment);
}

}  // namespace zo::launcher
