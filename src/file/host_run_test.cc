#include "file/host_run.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "file/files.h"
#include "os/file.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

struct HostRunTest : testing::Test {
  asio::io_context io{1};
  Threads threads{"test", 2};
  TempFolder folder;
  std::string root = folder / "ws";
  std::unique_ptr<Files> files;

  void SetUp() override {
    auto opened = Workspace::open(root);
    ASSERT_TRUE(opened) << opened.error().message;
    files = std::make_unique<Files>(std::move(*opened), threads);
  }
  // As the owner does it.
  void put(const std::string& path, const std::string& text) {
    ASSERT_TRUE(make_folders(root + "/" + path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/'))));
    write_whole_file(root + "/" + path, text);
  }
  void repository(const std::string& path) {
    put(path + "/.git/config", "[core]\n\tbare = false\n");
    put(path + "/.git/HEAD", "ref: refs/heads/main\n");
    put(path + "/.git/hooks/pre-commit.sample", "# sample\n");
  }
  std::vector<std::string> read_only() {
    std::vector<std::string> paths;
    for (const ReadOnlyPlace& place : run(io, files->host_run())->read_only) paths.push_back(place.path + (place.is_missing ? " (missing)" : ""));
    std::ranges::sort(paths);
    return paths;
  }
  // What a tool's write answers: "written", or the beginning of why not; and what it left.
  std::string write(const std::string& path, const std::string& text = "x\n") {
    const Result<FileWritten> written = run(io, files->write(path, text));
    if (!written) return written.error().code == Code::Denied ? "denied" : written.error().message;
    std::string out = "written";
    for (const LeftFile& left : written->left) out += " " + left.path;
    return out;
  }
};

using Paths = std::vector<std::string>;

TEST_F(HostRunTest, WhatTheOwnersToolsRunIsFound) {
  repository("a/project");
  put(".envrc", "x");
  put("b/.vscode/tasks.json", "{}");
  put("b/.vscode/notes.txt", "");
  put("c/.bashrc", "");
  put("node_modules/x/.envrc", "");
  EXPECT_EQ(read_only(), (Paths{".envrc", "a/project/.git/config", "a/project/.git/hooks", "b/.vscode/tasks.json", "c/.bashrc"}));
}

TEST_F(HostRunTest, ARepositoryWithoutWorkTreeAndSubmodulesAreFound) {
  for (const char* name : {"bare/HEAD", "bare/objects/x", "bare/refs/x", "bare/config"}) put(name, "");
  repository(".");
  put(".git/modules/lib/sub/HEAD", "x");
  put(".git/modules/lib/sub/config", "x");
  put("sub/.git", "gitdir: ../.git/modules/lib/sub\n");
  EXPECT_EQ(read_only(), (Paths{".git/config", ".git/hooks", ".git/modules/lib/sub/config", ".git/modules/lib/sub/hooks (missing)", "bare/config",
                                "bare/hooks (missing)", "sub/.git"}));
}

TEST_F(HostRunTest, WhatTheConfigurationNamesIsReadOnlyToo) {
  repository("p");
  put("p/.githooks/pre-commit", "");
  put("p/tools/monitor.sh", "");
  put("p/more.config", "");
  put("p/alias.sh", "");
  put("p/src/main.c", "");
  put("p/.git/config", "[core]\n hooksPath = .githooks\n fsmonitor = \"tools/monitor.sh --fast\"\n[include]\n path = ../more.config\n"
                       "[alias]\n x = !./alias.sh\n[remote \"o\"]\n url = src/main.c\n");
  EXPECT_EQ(read_only(), (Paths{"p/.git/config", "p/.git/hooks", "p/.githooks", "p/alias.sh", "p/more.config", "p/tools/monitor.sh"}));
}

TEST_F(HostRunTest, FileToolsDoNotChangeThem) {
  repository("p");
  put("p/.envrc", "");
  ASSERT_EQ(::symlink(".git", (root + "/p/link").c_str()), 0);
  ASSERT_EQ(::symlink(".git/hooks", (root + "/p/hooks").c_str()), 0);
  for (const char* path : {"p/.git/config", "p/.envrc", "p/.git/hooks/post-checkout", "p/.git/hooks/deep/x", "p/link/config", "p/link/commondir", "p/hooks/x",
                           "p/.git/commondir", "p/.git/config.worktree"})
    EXPECT_EQ(write(path), "denied") << path;
  EXPECT_EQ(run(io, files->edit("p/.git/config", "false", "true", Matches::One)).error().code, Code::Denied);
  for (const char* path : {"p/config", "p/src/hooks/x", "notes", "p/.git/description"}) EXPECT_EQ(write(path), "written") << path;
  EXPECT_EQ(read_whole_file(root + "/p/.git/config"), "[core]\n\tbare = false\n");
}

TEST_F(HostRunTest, WhatAnAgentMakesAnewIsToldAndItsOwn) {
  EXPECT_EQ(write("new/.envrc", "export A=1\n"), "written new/.envrc");
  EXPECT_EQ(write("new/.envrc", "export A=2\n"), "written new/.envrc");
  const Result<FileEdit> edit = run(io, files->edit("new/.envrc", "2", "3", Matches::One));
  ASSERT_TRUE(edit);
  ASSERT_EQ(edit->left.size(), 1u);
  EXPECT_EQ(edit->left[0].diff, "--- new/.envrc\n+++ new/.envrc\n@@ -1,1 +1,1 @@\n-export A=2\n+export A=3\n");
  EXPECT_EQ(read_only(), Paths{});
  put("new/.envrc.tmp", "owner");
  ASSERT_EQ(::rename((root + "/new/.envrc.tmp").c_str(), (root + "/new/.envrc").c_str()), 0);
  EXPECT_EQ(write("new/.envrc"), "denied") << "another file, the owner's, stands there now";
}

TEST_F(HostRunTest, ARepositoryThatACommandMadeIsTheAgents) {
  const HostRunBefore before = *run(io, files->host_run());
  repository("made");
  put("made/.git/hooks/pre-commit", "#!/bin/sh\n");
  const std::vector<LeftFile> left = run(io, files->left_since(before));
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].path, "made/.git/config");
  EXPECT_EQ(left[1].path, "made/.git/hooks/pre-commit");
  EXPECT_EQ(read_only(), Paths{});
  EXPECT_EQ(write("made/.git/config"), "written made/.git/config");
  EXPECT_EQ(write("made/.envrc"), "written made/.envrc");
}

TEST_F(HostRunTest, TheOwnersStaysTheOwnersUnderAnotherName) {
  repository("p");
  const HostRunBefore before = *run(io, files->host_run());
  ASSERT_EQ(::rename((root + "/p").c_str(), (root + "/q").c_str()), 0);
  EXPECT_TRUE(run(io, files->left_since(before)).empty());
  EXPECT_EQ(read_only(), (Paths{"q/.git/config", "q/.git/hooks"}));
}

TEST_F(HostRunTest, TheOwnersStaysTheOwnersThroughTheTrash) {
  repository("p");
  const Result<Trashed> deleted = run(io, files->trash("p", 1'764'000'000'000));
  ASSERT_TRUE(deleted);
  EXPECT_EQ(read_only(), (Paths{".zo-trash (missing)"}));
  const HostRunBefore before = *run(io, files->host_run());
  ASSERT_TRUE(run(io, files->restore(deleted->id)));
  EXPECT_TRUE(run(io, files->left_since(before)).empty()) << "put back while a command worked";
  EXPECT_EQ(read_only(), (Paths{".zo-trash (missing)", "p/.git/config", "p/.git/hooks"}));
}

TEST_F(HostRunTest, ThePlaceOfTheTrashHidesNothingBeforeThereIsOne) {
  const HostRunBefore before = *run(io, files->host_run());
  repository(".zo-trash/r");
  const std::vector<LeftFile> left = run(io, files->left_since(before));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].path, ".zo-trash/r/.git/config");
}

TEST_F(HostRunTest, WhatAppearsInAGitFolderOfTheOwnersIsTakenAway) {
  repository("p");
  const HostRunBefore before = *run(io, files->host_run());
  put("p/.git/commondir", "/workspace/evil\n");
  const std::vector<LeftFile> left = run(io, files->left_since(before));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_TRUE(left[0].removed);
  EXPECT_NE(::access((root + "/p/.git/commondir").c_str(), F_OK), 0);
}

TEST_F(HostRunTest, WhatACommandLeftThatWasCutOffIsToldWithTheNext) {
  {
    const HostRunBefore cut = *run(io, files->host_run());
    put("x/.envrc", "later");
  }
  const HostRunBefore next = *run(io, files->host_run());
  const std::vector<LeftFile> left = run(io, files->left_since(next));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].path, "x/.envrc");
}

TEST_F(HostRunTest, WhatLooksLikeAGitFolderHidesNothing) {
  repository(".");
  repository("p");
  for (const char* name : {"HEAD", "objects/x", "refs/x"}) EXPECT_TRUE(write(name).starts_with("written")) << name;
  EXPECT_EQ(write(".git/config"), "denied");
  EXPECT_EQ(write("p/.git/config"), "denied");
  const Paths paths = read_only();
  for (const char* path : {".git/config", ".git/hooks", "p/.git/config", "p/.git/hooks"}) EXPECT_TRUE(std::ranges::find(paths, path) != paths.end()) << path;
}

TEST_F(HostRunTest, ALinkToWhatIsNotThereYetIsFollowed) {
  repository("p");
  ASSERT_EQ(::symlink(".git/hooks/post-commit", (root + "/p/x").c_str()), 0);
  ASSERT_EQ(::symlink(".git/commondir", (root + "/p/y").c_str()), 0);
  EXPECT_EQ(write("p/x"), "denied");
  EXPECT_EQ(write("p/y"), "denied");
}

TEST_F(HostRunTest, AFloodOfNewOnesHidesNoneAndSparesNone) {
  repository("zz");
  const HostRunBefore before = *run(io, files->host_run());
  for (int i = 0; i < 1'100; ++i) put("a" + std::to_string(i) + "/.envrc", "x");
  put("zz/.git/commondir", "/workspace/evil\n");
  const std::vector<LeftFile> left = run(io, files->left_since(before));
  EXPECT_EQ(left.size(), 200u);
  EXPECT_NE(::access((root + "/zz/.git/commondir").c_str(), F_OK), 0) << "it is taken away, however many there are";
  EXPECT_EQ(read_only(), (Paths{"zz/.git/config", "zz/.git/hooks"}));
}

TEST_F(HostRunTest, WithMoreThanCanBeLookedAfterNothingIsDone) {
  for (int i = 0; i < 1'100; ++i) put("a" + std::to_string(i) + "/.envrc", "x");
  EXPECT_EQ(run(io, files->host_run()).error().code, Code::Exhausted);
}

TEST_F(HostRunTest, AFolderThatCannotBeReadIsLeftAsItIs) {
  put("p/closed/x", "");
  ASSERT_EQ(::chmod((root + "/p/closed").c_str(), 0000), 0);
  EXPECT_EQ(read_only(), Paths{"p/closed"});
  ASSERT_EQ(::chmod((root + "/p/closed").c_str(), 0755), 0);
  EXPECT_EQ(read_only(), Paths{});
}

// Another process swaps a folder for the owner's, over and over, while a file tool writes into it.
TEST_F(HostRunTest, AFolderThatIsSwappedMeanwhileLeadsNobodyAstray) {
  repository("p");
  ASSERT_TRUE(make_folders(root + "/x"));
  ASSERT_EQ(::symlink("p/.git", (root + "/y").c_str()), 0);
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    constexpr unsigned kExchange = 2;  // RENAME_EXCHANGE
    while (!stop) ::renameat2(AT_FDCWD, (root + "/x").c_str(), AT_FDCWD, (root + "/y").c_str(), kExchange);
  });
  for (int i = 0; i < 300; ++i) run(io, files->write("x/config", "evil"));
  stop = true;
  swapper.join();
  EXPECT_EQ(read_whole_file(root + "/p/.git/config"), "[core]\n\tbare = false\n");
}

TEST_F(HostRunTest, AProgramWithSetIdBitsIsLeftAsItIs) {
  put("bin/su", "#!");
  ASSERT_EQ(::chmod((root + "/bin/su").c_str(), 04755), 0);
  EXPECT_EQ(read_only(), Paths{"bin/su"});
  EXPECT_EQ(write("bin/su"), "denied");
}

TEST_F(HostRunTest, LinksAreFollowedAndTold) {
  repository("p");
  put("p/s/pc", "#!/bin/sh\n");
  put("p/hk/x", "");
  repository("real");
  ASSERT_EQ(::symlink("../../s/pc", (root + "/p/.git/hooks/pre-commit").c_str()), 0);
  ASSERT_TRUE(make_folders(root + "/q"));
  ASSERT_EQ(::symlink("../real/.git", (root + "/q/.git").c_str()), 0);
  const Paths paths = read_only();
  EXPECT_TRUE(std::ranges::find(paths, "p/s/pc") != paths.end()) << "the hook itself";
  const HostRunBefore before = *run(io, files->host_run());
  ASSERT_EQ(::symlink("real/.git", (root + "/.git").c_str()), 0);
  ASSERT_EQ(::symlink("p/s/pc", (root + "/.envrc").c_str()), 0);
  std::vector<std::string> left;
  for (const LeftFile& file : run(io, files->left_since(before))) left.push_back(file.path);
  std::ranges::sort(left);
  EXPECT_EQ(left, (Paths{".envrc", ".git"}));
}

TEST_F(HostRunTest, ConfigurationIsReadAsGitReadsIt) {
  repository("p");
  for (const char* name : {"p/tl/x", "p/my hooks/x", "p/a.cfg", "p/b.cfg", "p/abs/x", "p/deep.sh"}) put(name, "");
  put("p/b.cfg", "[core]\n fsmonitor = ./deep.sh\n");
  put("p/a.cfg", "[include]\n path = b.cfg\n");
  put("p/.git/config", "[core] hooksPath = tl\n[core]\n hooksPath = my hooks\n hooksPath = " + root + "/p/abs\n[include]\n path = ../a.cfg\n");
  const Paths paths = read_only();
  for (const char* path : {"p/tl", "p/my hooks", "p/a.cfg", "p/b.cfg", "p/abs", "p/deep.sh"})
    EXPECT_TRUE(std::ranges::find(paths, path) != paths.end()) << path;
}

TEST_F(HostRunTest, FurtherWorkTreesAndSeparateGitFoldersAreKnown) {
  repository("p");
  put("p/.git/worktrees/wt/commondir", "../..\n");
  put("p/.git/worktrees/wt/gitdir", "x\n");
  put("far/p.git/config", "[core]\n hooksPath = hk\n");
  put("far/p.git/HEAD", "");
  put("tree/.git", "gitdir: ../far/p.git\n");
  put("tree/hk/pre-commit", "");
  const Paths paths = read_only();
  for (const char* path : {"p/.git/worktrees/wt/commondir", "p/.git/worktrees/wt/gitdir", "far/p.git/config", "tree/.git", "tree/hk"})
    EXPECT_TRUE(std::ranges::find(paths, path) != paths.end()) << path;
}

TEST_F(HostRunTest, ABareWordInAConfigurationIsNoPath) {
  repository("p");
  put("p/store/x", "");
  put("p/.git/config", "[credential]\n helper = store\n");
  EXPECT_EQ(read_only(), (Paths{"p/.git/config", "p/.git/hooks"}));
}

TEST_F(HostRunTest, AFolderThatDidNotChangeIsNotReadAgainAndAChangedOneIs) {
  for (int i = 0; i < 300; ++i) put("d" + std::to_string(i) + "/e/f", "");
  EXPECT_EQ(read_only(), Paths{});
  put("d7/e/.envrc", "");
  EXPECT_EQ(read_only(), Paths{"d7/e/.envrc"});
  ASSERT_EQ(::unlink((root + "/d7/e/.envrc").c_str()), 0);
  EXPECT_EQ(read_only(), Paths{});
}

}  // namespace
}  // namespace zo
