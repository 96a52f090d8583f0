#include "sandbox/diagnose.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace zo {
namespace {

TEST(Diagnose, NamesTheMissingPackage) {
  const SandboxState state = diagnose({.bubblewrap_found = false});
  EXPECT_EQ(state.reason, "bubblewrap is not installed");
  EXPECT_EQ(state.advice, "apt-get install bubblewrap");
}

TEST(Diagnose, NamesTheVerySettingThatForbidsUserNamespaces) {
  const std::string complaint = "bwrap: No permissions to create new namespace, likely because the kernel does not allow it";
  EXPECT_EQ(diagnose({.complaint = complaint, .userns_clone = "0"}).advice, "sysctl -w kernel.unprivileged_userns_clone=1");
  EXPECT_EQ(diagnose({.complaint = complaint, .userns_max = "0"}).advice, "sysctl -w user.max_user_namespaces=15000");
  EXPECT_EQ(diagnose({.complaint = complaint, .apparmor_restricts = "1"}).reason,
            "bubblewrap cannot make a user namespace: kernel.apparmor_restrict_unprivileged_userns is 1");
  EXPECT_NE(diagnose({.complaint = complaint, .filtered = true}).advice.find("seccomp=unconfined"), std::string::npos);
}

TEST(Diagnose, KnowsUbuntusWayOfSayingNo) {
  const SandboxState state =
      diagnose({.complaint = "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", .apparmor_restricts = "1"});
  EXPECT_NE(state.advice.find("apparmor_restrict_unprivileged_userns=0"), std::string::npos);
}

TEST(Diagnose, KnowsContainers) {
  EXPECT_NE(diagnose({.complaint = "bwrap: Can't mount proc on /newroot/proc: Operation not permitted"})
                .advice.find("systempaths=unconfined"),
            std::string::npos);
  EXPECT_NE(diagnose({.root = true, .complaint = "zo-launcher: cannot make a mount namespace: Operation not permitted"})
                .advice.find("SYS_ADMIN"),
            std::string::npos);
  EXPECT_NE(
      diagnose({.complaint = "zo-launcher: cannot become the sandbox's user: Invalid argument"}).reason.find("does not exist"),
      std::string::npos);
  EXPECT_EQ(diagnose({.complaint = "cannot start zo-launcher: Permission denied", .memfd_noexec = "2"}).advice,
            "sysctl -w vm.memfd_noexec=1");
  EXPECT_EQ(diagnose({.complaint = "bwrap: Unknown option --disable-userns"}).reason, "bubblewrap is older than 0.8");
}

TEST(Diagnose, QuotesWhatItDoesNotKnow) {
  EXPECT_EQ(diagnose({.complaint = "bwrap: something new\n"}).reason, "bubblewrap does not start: bwrap: something new");
  EXPECT_EQ(diagnose({}).reason, "bubblewrap ended without a word");
}

}  // namespace
}  // namespace zo
