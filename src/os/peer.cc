#include "os/peer.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "os/fd.h"
#include "os/file.h"

namespace zo {
namespace {

#ifdef SO_PEERPIDFD
constexpr int kPeerPidfd = SO_PEERPIDFD;
#else
constexpr int kPeerPidfd = 77;  // asm-generic/socket.h
#endif
constexpr std::size_t kStatusBytes = 64 * 1024;

std::unexpected<Error> refuse(const std::string& why) {
  return fail(Code::Denied, "this socket serves only programs of the server's own user outside every sandbox, and " + why +
                                "; others use the server's address, with a token");
}

// A descriptor for the process that connected, not for whichever has its pid by now. Older kernels know only the pid.
Fd open_peer(int socket, pid_t pid) {
  int number = -1;
  socklen_t size = sizeof(number);
  if (::getsockopt(socket, SOL_SOCKET, kPeerPidfd, &number, &size) == 0) return Fd(number);
  if (errno != ENOPROTOOPT) return Fd();
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool has_ended(const Fd& process) {
  pollfd poll{.fd = process.get(), .events = POLLIN, .revents = 0};
  return ::poll(&poll, 1, 0) != 0;
}

std::string proc_file(const std::string& process, std::string_view name) { return fmt::format("/proc/{}/{}", process, name); }

// "4026531841 in device 4"; Denied where the process may not be looked into, as the command line of a plain user keeps its
// memory from everybody.
Result<std::string> namespace_of(const std::string& process, std::string_view kind) {
  struct stat found{};
  const std::string path = proc_file(process, "ns/") + std::string(kind);
  if (::stat(path.c_str(), &found) != 0) return os_fail(errno, "cannot look at " + path);
  return fmt::format("{} in device {}", found.st_ino, found.st_dev);
}

// The number of the first mount that the process sees: that of its root. A mount belongs to one namespace, and mountinfo, unlike
// the namespace itself, is open to everybody.
Result<std::string> first_mount(const std::string& process) {
  const std::string path = proc_file(process, "mountinfo");
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 32> line{};
  const ssize_t got = file.is_open() ? ::read(file.get(), line.data(), line.size()) : -1;
  if (got < 0) return os_fail(errno, "cannot read " + path);
  const std::string_view text(line.data(), static_cast<std::size_t>(got));
  if (text.find(' ') == text.npos) return fail(Code::Unavailable, "no mount is to be seen in " + path);
  return std::string(text.substr(0, text.find(' ')));
}

// In how many pid namespaces the process has a pid, from that of /proc down to its own.
Result<std::size_t> depth_of(const std::string& process) {
  ZO_TRY(const std::string status, load_file(proc_file(process, "status"), kStatusBytes));
  const std::size_t begin = status.find("\nNSpid:");
  if (begin == status.npos) return fail(Code::Unavailable, "the kernel does not tell of pid namespaces");
  const std::string_view line = std::string_view(status).substr(begin + 1, status.find('\n', begin + 1) - begin - 1);
  return static_cast<std::size_t>(std::ranges::count(line, '\t'));
}

// `look` at the peer and at ourselves.
template <class Look>
Result<bool> same(const std::string& peer, Look look) {
  ZO_TRY(const auto theirs, look(peer));
  ZO_TRY(const auto ours, look("self"));
  return theirs == ours;
}

Result<bool> shares(const std::string& peer, std::string_view kind) {
  const Result<bool> known = same(peer, [&](const std::string& process) { return namespace_of(process, kind); });
  if (known || known.error().code != Code::Denied) return known;
  if (kind == "mnt") return same(peer, first_mount);
  return same(peer, depth_of);
}

}  // namespace

Result<unsigned> trusted_peer(int socket) {
  struct ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return refuse("the kernel does not say who you are");
  if (peer.uid != ::geteuid()) return refuse(fmt::format("your uid is {}, the server's {}", peer.uid, ::geteuid()));
  // 0: a process that our pid namespace does not show, such as one of the host when we are in a container.
  if (peer.pid <= 0) return refuse("your process cannot be seen from the server's pid namespace");
  const Fd process = open_peer(socket, peer.pid);
  if (!process.is_open() || has_ended(process)) return refuse("the process that connected has ended");
  const std::string pid = std::to_string(peer.pid);
  for (const auto& [kind, name] : {std::pair{"pid", "pid"}, {"mnt", "mount"}}) {
    const Result<bool> ours = shares(pid, kind);
    if (!ours) return refuse(fmt::format("your {} namespace cannot be told: {}", name, ours.error().message));
    if (!*ours) return refuse(fmt::format("your {} namespace is not the server's", name));
  }
  // Only now is it sure that what /proc said was said of that process.
  if (has_ended(process)) return refuse("the process that connected has ended");
  return peer.uid;
}

}  // namespace zo
