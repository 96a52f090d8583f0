#include "computer/home.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "testing/temp_folder.h"

namespace zo {
namespace {

struct HomeTest : testing::Test {
  TempFolder folder;
  std::string home = folder / "home";

  HomeTest() { ::setenv("ZO_HOME", home.c_str(), 1); }
  ~HomeTest() override { ::unsetenv("ZO_HOME"); }

  unsigned mode() {
    struct stat status{};
    return ::stat(home.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }
};

TEST_F(HomeTest, AHomeThatOthersMadeOpenIsClosedToThem) {
  ASSERT_EQ(::mkdir(home.c_str(), 0755), 0);
  EXPECT_TRUE(open_home());
  EXPECT_EQ(mode(), 0700u);
}

TEST_F(HomeTest, AnotherUsersHomeIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "giving a folder away needs root";
  ASSERT_EQ(::mkdir(home.c_str(), 0755), 0);
  ASSERT_EQ(::chown(home.c_str(), 12'345, 12'345), 0);
  const Result<Home> opened = open_home();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::Denied);
  EXPECT_EQ(opened.error().message, home + " belongs to user 12345, and this is user 0");
  EXPECT_EQ(mode(), 0755u) << "it is left as it was";
}

}  // namespace
}  // namespace zo
