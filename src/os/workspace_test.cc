#include "os/workspace.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>

#include "os/file.h"
#include "os/mounts.h"
#include "os/owner.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

TEST(Workspace, SystemFoldersAndHomesAreRefused) {
  for (const char* path : {"/", "/etc", "/root", "/usr", "/tmp", "/etc/../etc", "/usr/local", "/boot/zo/x", "/lib/zo", "/dev/shm", "/tmp/../usr/new",
                           "/proc/self/cwd/../../../../../../usr"})
    EXPECT_EQ(check_workspace_choice(path, {}).error().code, Code::Denied) << path;
  const TempFolder home;
  ::setenv("HOME", home.path().c_str(), 1);
  EXPECT_EQ(check_workspace_choice(home.path(), {}).error().advice, "a folder of its own, like " + home.path() + "/zo");
  EXPECT_TRUE(Workspace::open(home / "zo"));
  EXPECT_EQ(check_workspace_choice("relative", {}).error().code, Code::Invalid);
}

TEST(Workspace, ActingAsTheOwnerIsOverWhenTheScopeEnds) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root acts as somebody else";
  const TempFolder folder;
  write_whole_file(folder / "mine", "x");
  ASSERT_EQ(::chmod((folder / "mine").c_str(), 0600), 0);
  {
    const ActAsOwner owner;
    EXPECT_LT(::open((folder / "mine").c_str(), O_RDONLY), 0);
  }
  EXPECT_EQ(read_whole_file(folder / "mine"), "x");
}

// A home of ours and the folders that somebody may want to be the workspace.
struct ClosedTest : testing::Test {
  TempFolder folder;
  ClosedFolders closed{{folder / "own/home", folder / "cache"}, folder / "own/home/workspace"};

  void SetUp() override {
    for (const char* name : {"own/home/log", "own/home/workspace/x", "cache/weights", "free"}) ASSERT_TRUE(make_folders(folder / name));
  }
  Code choose(const std::string& path) {
    const Result<> chosen = check_workspace_choice(path, closed);
    return chosen ? Code::Internal : chosen.error().code;  // Internal: it is taken
  }
};

TEST_F(ClosedTest, OurOwnFoldersAreRefusedWithWhatIsInAndAroundThem) {
  for (const char* name : {"own/home", "own/home/log", "own/home/new", "own", "cache", "cache/weights", "", "free/../own/home"})
    EXPECT_EQ(choose(folder / name), Code::Denied) << name;
  for (const char* name : {"free", "own/home/workspace", "own/home/workspace/x", "own/home2", "new"}) EXPECT_EQ(choose(folder / name), Code::Internal) << name;
  EXPECT_EQ(check_workspace_choice(folder / "own", closed).error().message,
            folder / "own" + " cannot be the workspace, since agents may change everything in it: ZoClone's own " + folder / "own/home" + " is in it");
  EXPECT_FALSE(Workspace::open(folder / "own/home", closed)) << "at the start, too";
}

TEST_F(ClosedTest, SymlinksDoNotHideThem) {
  ASSERT_EQ(::symlink((folder / "own/home").c_str(), (folder / "free/link").c_str()), 0);
  ASSERT_EQ(::symlink("/etc", (folder / "free/etc").c_str()), 0);
  EXPECT_EQ(choose(folder / "free/link"), Code::Denied);
  EXPECT_EQ(choose(folder / "free/link/log"), Code::Denied);
  EXPECT_EQ(choose(folder / "free/etc/ssl"), Code::Denied);
}

TEST_F(ClosedTest, BindMountsDoNotHideThem) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  for (const char* name : {"free/home", "free/log", "free/own", "free/etc", "free/inner/below"}) ASSERT_TRUE(make_folders(folder / name));
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(77);
    const auto bind = [&](const std::string& from, const char* to) { return ::mount(from.c_str(), (folder / to).c_str(), nullptr, MS_BIND, nullptr) == 0; };
    if (!bind(folder / "own/home", "free/home") || !bind(folder / "own/home/log", "free/log") || !bind(folder / "own", "free/own") ||
        !bind("/etc", "free/etc") || !bind(folder / "own/home", "free/inner/below"))
      ::_exit(77);
    int taken = 0;
    for (const char* name : {"free/home", "free/log", "free/own", "free/etc", "free/etc/ssl", "free/inner"}) taken += choose(folder / name) != Code::Denied;
    ::_exit(taken);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no right to mount";
  EXPECT_EQ(status, 0) << "so many were taken";
}

TEST_F(ClosedTest, WhatLogsPeopleInIsRefused) {
  ::setenv("HOME", (folder / "free").c_str(), 1);
  EXPECT_EQ(choose(folder / "free/.ssh"), Code::Denied);
  EXPECT_EQ(choose(folder / "free/.config/systemd"), Code::Denied);
  EXPECT_EQ(choose(folder / "free/zo"), Code::Internal);
}

TEST(Mounts, APlaceIsTheFileSystemsOwn) {
  const std::vector<Mount> all{{1, "8:1", "/", "/", "ext4", "rw"}, {2, "8:1", "/root/.zo", "/mnt/x", "ext4", "rw"}, {3, "8:2", "/", "/mnt", "ext4", "rw"}};
  EXPECT_EQ(place_of(all, "/mnt/x/log").path, "/root/.zo/log");
  EXPECT_EQ(place_of(all, "/mnt/x").path, "/root/.zo");
  EXPECT_EQ(place_of(all, "/mnt").device, "8:2");
  EXPECT_EQ(place_of(all, "/mnt").path, "/");
  EXPECT_EQ(place_of(all, "/mntx").path, "/mntx");
  EXPECT_TRUE(is_at_or_below("/a/b", "/a"));
  EXPECT_FALSE(is_at_or_below("/ab", "/a"));
}

TEST(Workspace, RootsFilesAreMetAsTheOwnersAndStayRoots) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root acts as somebody else";
  const TempFolder folder;
  ASSERT_TRUE(make_folders(folder / "ws/below"));
  write_whole_file(folder / "ws/below/file", "x");
  ASSERT_EQ(::chmod((folder / "ws/below/file").c_str(), 0600), 0);
  const Result<Workspace> opened = Workspace::open(folder / "ws");
  ASSERT_TRUE(opened) << opened.error().message;
  if (!opened->unmapped().empty()) GTEST_SKIP() << opened->unmapped();
  {
    const ActAsOwner owner;
    const Fd fd(::openat(opened->view().get(), "below/file", O_RDWR | O_CLOEXEC));
    EXPECT_TRUE(fd.is_open());
    const Fd made(::openat(opened->view().get(), "below/made", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_TRUE(made.is_open());
  }
  struct stat status{};
  ASSERT_EQ(::stat((folder / "ws/below/made").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0u);
}

TEST(Workspace, OneThatIsTheSandboxUsersAlreadyStaysSo) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root acts as somebody else";
  const TempFolder folder;
  ASSERT_TRUE(make_folders(folder / "ws"));
  ASSERT_EQ(::chown((folder / "ws").c_str(), workspace_owner().uid, workspace_owner().gid), 0);
  const Result<Workspace> opened = Workspace::open(folder / "ws");
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->mapping().is_open());
  EXPECT_TRUE(opened->check_access());
}

}  // namespace
}  // namespace zo
