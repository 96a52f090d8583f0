#include "os/peer.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <functional>

#include "os/fd.h"
#include "os/signal.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

constexpr int kCannot = 77;  // the child could not make itself what the test needs
constexpr uid_t kNobody = 65'534;

// A listening socket, and children that connect to it.
struct PeerTest : testing::Test {
  const TempFolder folder;
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  Fd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};

  void SetUp() override {
    const std::string path = folder / "socket";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(listener.get(), generic(), sizeof address), 0);
    ASSERT_EQ(::listen(listener.get(), 4), 0);
  }
  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&address); }

  // Becomes what the test needs, connects, and stays until the other side closes.
  [[noreturn]] void connect_as(const std::function<bool()>& become) {
    if (!become()) ::_exit(kCannot);
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), generic(), sizeof address) != 0) ::_exit(1);
    char byte = 0;
    ::_exit(static_cast<int>(::read(socket.get(), &byte, 1)));
  }
  // What is thought of such a child: "" when it is trusted, "cannot" when there can be none.
  std::string opinion_of(const std::function<bool()>& become) {
    const pid_t child = ::fork();
    if (child == 0) connect_as(become);
    const Fd socket = accept_or_end(child);
    if (!socket.is_open()) return "cannot";
    const Result<unsigned> trusted = trusted_peer(socket.get());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    if (!trusted) return trusted.error().message;
    return *trusted == ::geteuid() ? "" : fmt::format("user {}", *trusted);
  }
  // The next connection, or nothing when `child` ended without one.
  Fd accept_or_end(pid_t child) const {
    for (;;) {
      Fd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (socket.is_open()) return socket;
      if (::waitpid(child, nullptr, WNOHANG) != 0) return socket;
    }
  }
};

bool enter_new(int namespaces) {
  // A plain user needs a user namespace for it; the uid that the socket sees stays the same.
  return ::unshare(namespaces) == 0 || ::unshare(CLONE_NEWUSER | namespaces) == 0;
}

TEST_F(PeerTest, TrustsOurOwnUser) {
  EXPECT_EQ(opinion_of([] { return true; }), "");
}

TEST_F(PeerTest, RefusesWhoeverSeesOtherMounts) {
  const std::string opinion = opinion_of([] { return enter_new(CLONE_NEWNS); });
  if (opinion == "cannot") GTEST_SKIP() << "no mount namespace can be made here";
  EXPECT_EQ(opinion,
            "this socket serves only programs of the server's own user outside every sandbox, and your mount namespace is not the "
            "server's; others use the server's address, with a token");
}

TEST_F(PeerTest, RefusesWhoeverSeesOtherProcesses) {
  const std::string opinion = opinion_of([this] {
    if (!enter_new(CLONE_NEWPID)) return false;
    const pid_t inside = ::fork();
    if (inside == 0) connect_as([] { return true; });
    int status = 0;
    ::waitpid(inside, &status, 0);
    ::_exit(status);
  });
  if (opinion == "cannot") GTEST_SKIP() << "no pid namespace can be made here";
  EXPECT_NE(opinion.find("your pid namespace is not the server's"), std::string::npos) << opinion;
}

TEST_F(PeerTest, RefusesAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  ::chmod((folder / "").c_str(), 0755);
  ::chmod(address.sun_path, 0666);
  const std::string opinion = opinion_of([] { return ::setuid(kNobody) == 0; });
  EXPECT_NE(opinion.find("your uid is 65534, the server's 0"), std::string::npos) << opinion;
}

TEST_F(PeerTest, RefusesAProcessThatHasEnded) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::_exit(::connect(socket.get(), generic(), sizeof address));
  }
  ::waitpid(child, nullptr, 0);
  const Fd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const Result<unsigned> trusted = trusted_peer(socket.get());
  ASSERT_FALSE(trusted);
  EXPECT_NE(trusted.error().message.find("the process that connected has ended"), std::string::npos) << trusted.error().message;
}

// Both sides as programs of a plain user, whose memory nobody may read: /proc does not show their namespaces then.
TEST_F(PeerTest, LooksAtHardenedProcessesOfAPlainUser) {
  ::chmod((folder / "").c_str(), 0755);
  ::chmod(address.sun_path, 0666);
  const pid_t server = ::fork();
  if (server == 0) {
    const auto harden = [] { return harden_process().has_value(); };
    if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(kCannot);
    if (!harden()) ::_exit(kCannot);
    if (!opinion_of(harden).empty()) ::_exit(1);
    const std::string outside = opinion_of([&] { return enter_new(CLONE_NEWNS) && harden(); });
    if (outside == "cannot") ::_exit(kCannot);
    if (outside.find("your mount namespace is not the server's") == std::string::npos) ::_exit(2);
    const std::string below = opinion_of([&] {
      if (!enter_new(CLONE_NEWPID)) return false;
      const pid_t inside = ::fork();
      if (inside == 0) connect_as(harden);
      ::waitpid(inside, nullptr, 0);
      ::_exit(0);
    });
    ::_exit(below.find("your pid namespace is not the server's") == std::string::npos ? 3 : 0);
  }
  int status = 0;
  ::waitpid(server, &status, 0);
  if (WEXITSTATUS(status) == kCannot) GTEST_SKIP() << "a plain user cannot make namespaces here";
  EXPECT_EQ(status, 0) << WEXITSTATUS(status);
}

}  // namespace
}  // namespace zo
