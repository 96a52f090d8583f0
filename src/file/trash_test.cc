#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "async/clock.h"
#include "base/text.h"
#include "file/files.h"
#include "file/trash.h"
#include "os/file.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

constexpr TimeMs kNow = 1'764'000'000'000;

struct TrashTest : testing::Test {
  asio::io_context io{1};
  Threads threads{"test", 2};
  TempFolder folder;
  std::string root = folder / "home/zo";
  std::unique_ptr<Files> files = open();

  std::unique_ptr<Files> open() {
    auto opened = Workspace::open(root);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::make_unique<Files>(std::move(*opened), threads);
  }
  template <class T>
  T now(Task<T> task) { return run(io, std::move(task)); }
  void put(const std::string& path, const std::string& bytes) { ASSERT_TRUE(now(files->write(path, bytes))) << path; }
  std::string get(const std::string& path) {
    const Result<FileBytes> bytes = now(files->read(path));
    return bytes ? bytes->bytes : bytes.error().message;
  }
  std::string trash(const std::string& path, TimeMs at = kNow) {
    const Result<Trashed> what = now(files->trash(path, at));
    return what ? what->id : what.error().message;
  }
  // "path path": what can be put back, the newest first.
  std::string trashed(TimeMs at = kNow) {
    std::vector<std::string> paths;
    for (const Trashed& what : *now(files->trashed(at))) paths.push_back(what.path);
    return join(paths, " ");
  }
  std::string restore(const std::string& id) {
    const Result<std::string> path = now(files->restore(id));
    return path ? *path : path.error().message;
  }
  std::string names(const std::string& path = ".", Depth depth = Depth::Here) {
    std::vector<std::string> all;
    for (const FileEntry& entry : now(files->list(path, depth))->items) all.push_back(entry.path);
    return join(all, " ");
  }
  // Everything in the trash, as it is on the disk.
  std::size_t on_disk() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::recursive_directory_iterator(root + "/.zo-trash")) ++count;
    return count;
  }
};

TEST_F(TrashTest, AFileIsGoneAndComesBack) {
  put("a/notes.txt", "hello");
  ASSERT_EQ(::chmod((root + "/a/notes.txt").c_str(), 0640), 0);
  const Result<Trashed> what = now(files->trash("./a/notes.txt", kNow));
  ASSERT_TRUE(what) << what.error().message;
  EXPECT_EQ(what->path, "a/notes.txt");
  EXPECT_EQ(what->kind, FileKind::File);
  EXPECT_EQ(what->size_bytes, 5u);
  EXPECT_EQ(what->deleted_at, kNow);
  EXPECT_EQ(get("a/notes.txt"), "there is no 'a/notes.txt' in the workspace");
  EXPECT_EQ(trashed(), "a/notes.txt");
  EXPECT_EQ(restore(what->id), "a/notes.txt");
  EXPECT_EQ(get("a/notes.txt"), "hello");
  struct stat status{};
  ASSERT_EQ(::stat((root + "/a/notes.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
  EXPECT_EQ(trashed(), "");
}

TEST_F(TrashTest, AFolderComesBackWithAllThatWasInItAndTheFoldersAboveIt) {
  put("a/b/c/deep.txt", "deep");
  put("a/b/notes.txt", "notes");
  ASSERT_EQ(::symlink("notes.txt", (root + "/a/b/link").c_str()), 0);
  const Result<Trashed> what = now(files->trash("a/b", kNow));
  ASSERT_TRUE(what) << what.error().message;
  EXPECT_EQ(what->kind, FileKind::Folder);
  EXPECT_EQ(what->size_bytes, 9u);
  ASSERT_TRUE(now(files->remove("a")));
  EXPECT_EQ(restore(what->id), "a/b");
  EXPECT_EQ(get("a/b/c/deep.txt"), "deep");
  EXPECT_EQ(get("a/b/link"), "notes");
}

TEST_F(TrashTest, NothingIsPutOverWhatHasTheNameNow) {
  put("notes.txt", "old");
  const std::string id = trash("notes.txt");
  put("notes.txt", "new");
  EXPECT_EQ(restore(id), "there is a 'notes.txt' again; nothing was put in its place");
  EXPECT_EQ(get("notes.txt"), "new");
  ASSERT_TRUE(now(files->move("notes.txt", "newer.txt")));
  EXPECT_EQ(restore(id), "notes.txt");
  EXPECT_EQ(get("notes.txt"), "old");
  EXPECT_NE(restore(id).find("no deleted file has the id"), std::string::npos) << "it is back already";
  EXPECT_NE(restore("../notes.txt").find("no deleted file has the id"), std::string::npos);
}

TEST_F(TrashTest, ASymlinkIsDeletedAndNotWhatItLeadsTo) {
  std::ofstream(folder / "outside") << "theirs";
  ASSERT_EQ(::symlink((folder / "outside").c_str(), (root + "/link").c_str()), 0);
  ASSERT_EQ(::symlink(folder.path().c_str(), (root + "/out").c_str()), 0);
  const std::string id = trash("link");
  EXPECT_TRUE(std::filesystem::exists(folder / "outside"));
  EXPECT_EQ(restore(id), "link");
  EXPECT_EQ(trash("out/outside"), "'out' leads outside the workspace " + root);
  EXPECT_EQ(trash("."), "'" + root + "' is the workspace itself");
  EXPECT_EQ(trash("none"), "there is no 'none' in the workspace");
  EXPECT_EQ(trash("../outside"), "'../outside' is outside the workspace " + root);
}

TEST_F(TrashTest, WhatWasDeletedIsNotSeenAndNoPathLeadsThere) {
  put("notes.txt", "secret");
  const std::string id = trash("notes.txt");
  EXPECT_EQ(names(), "");
  EXPECT_EQ(names(".", Depth::Everything), "");
  EXPECT_TRUE(now(files->search("secret", ".", ""))->hits.empty());
  const std::string refused = "is where deleted files are kept for a while";
  for (const std::string& path : {".zo-trash/" + id, "/workspace/.zo-trash/" + id, root + "/.zo-trash/" + id, "a/../.zo-trash/" + id})
    EXPECT_NE(get(path).find(refused), std::string::npos) << path;
  EXPECT_FALSE(now(files->list(".zo-trash")));
  EXPECT_FALSE(now(files->write(".zo-trash/x", "x")));
  EXPECT_FALSE(now(files->trash(".zo-trash", kNow)));
  EXPECT_FALSE(now(files->move(".zo-trash", "mine")));
  // By symlinks neither.
  ASSERT_EQ(::symlink(".zo-trash", (root + "/way").c_str()), 0);
  ASSERT_EQ(::symlink((".zo-trash/" + id).c_str(), (root + "/notes").c_str()), 0);
  ASSERT_EQ(::symlink("way", (root + "/longer").c_str()), 0);
  for (const std::string& path : {"way/" + id, "longer/" + id, std::string("notes")}) EXPECT_EQ(get(path), "there is no '" + path + "' in the workspace");
  EXPECT_FALSE(now(files->list("way")));
  EXPECT_FALSE(now(files->write("way/x", "x")));
  EXPECT_FALSE(now(files->move("way/" + id, "mine")));
  EXPECT_EQ(now(files->list(".", Depth::Everything))->items.size(), 3u) << "the links themselves";
  // Elsewhere the name means nothing.
  put("a/.zo-trash/x", "x");
  EXPECT_EQ(get("a/.zo-trash/x"), "x");
  EXPECT_EQ(restore(id), "notes.txt");
}

TEST_F(TrashTest, GitDoesNotSeeIt) {
  put("notes.txt", "x");
  trash("notes.txt");
  std::ifstream ignore(root + "/.zo-trash/.gitignore");
  std::string line;
  std::getline(ignore, line);
  EXPECT_EQ(line, "*");
}

TEST_F(TrashTest, WhatIsOldGoes) {
  put("old.txt", "old");
  put("new.txt", "new");
  const std::string old = trash("old.txt", kNow);
  const std::string younger = trash("new.txt", kNow + 1'000);
  EXPECT_EQ(trashed(kNow + limits::kTrashMs - 1), "new.txt old.txt");
  EXPECT_EQ(trashed(kNow + limits::kTrashMs), "new.txt");
  EXPECT_FALSE(std::filesystem::exists(root + "/.zo-trash/" + old));
  EXPECT_NE(restore(old).find("no deleted file has the id"), std::string::npos);
  EXPECT_EQ(restore(younger), "new.txt");
}

TEST_F(TrashTest, WhatIsTooMuchGoesButTheNewest) {
  for (const char* name : {"a", "b", "c"}) {
    put(name, "x");
    // Sparse: its size is said, and nothing is written.
    ASSERT_EQ(::truncate((root + "/" + name).c_str(), static_cast<off_t>(limits::kTrashBytes / 2 + 1)), 0);
  }
  trash("a", kNow);
  EXPECT_EQ(trashed(), "a");
  trash("b", kNow + 1);
  EXPECT_EQ(trashed(), "b");
  ASSERT_EQ(::truncate((root + "/c").c_str(), static_cast<off_t>(limits::kTrashBytes * 2)), 0);
  const std::string large = trash("c", kNow + 2);
  EXPECT_EQ(trashed(), "c") << "larger than what is kept, and the last deletion can be undone all the same";
  EXPECT_EQ(restore(large), "c");
}

TEST_F(TrashTest, OnlyTheNewestOfManyAreKept) {
  for (std::size_t i = 0; i < limits::kTrashItems + 3; ++i) {
    const std::string name = fmt::format("f{:03}", i);
    put(name, "x");
    trash(name, kNow + static_cast<TimeMs>(i));
  }
  const std::vector<Trashed> all = *now(files->trashed(kNow));
  EXPECT_EQ(all.size(), limits::kTrashItems);
  EXPECT_EQ(all.back().path, "f003");
}

TEST_F(TrashTest, EmptyingFreesAllOfIt) {
  std::string deep = "deep";
  for (int i = 0; i < 200; ++i) deep += "/d";
  for (const std::string& path : {deep + "/x", std::string("locked/in/x"), std::string("one.txt")})
    ASSERT_TRUE(now(files->upload(path, "x", Existing::Keep))) << path;
  trash("deep");
  const std::string locked = trash("locked");
  const std::string one = trash("one.txt");
  ASSERT_EQ(::chmod((root + "/.zo-trash/" + locked + "/in").c_str(), 0500), 0);
  ASSERT_TRUE(now(files->discard(one)));
  EXPECT_EQ(trashed(), "locked deep");
  ASSERT_TRUE(now(files->empty_trash()));
  EXPECT_EQ(trashed(), "");
  EXPECT_EQ(on_disk(), 2u) << "what git is told, and an empty folder";
}

TEST_F(TrashTest, WhatTheAgentPutsThereIsNotTakenForDeleted) {
  put("notes.txt", "x");
  const std::string id = trash("notes.txt");
  files = open();  // another program, with another key
  EXPECT_EQ(trashed(), "");
  EXPECT_NE(restore(id).find("no deleted file has the id"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(root + "/.zo-trash/" + id)) << "it is not removed either, before its time";
  EXPECT_TRUE(now(files->tidy_trash(RealClock().now() + limits::kTrashMs + 60'000)));
  EXPECT_FALSE(std::filesystem::exists(root + "/.zo-trash/" + id));
}

TEST_F(TrashTest, ATrashThatIsNoFolderIsNotFollowed) {
  ASSERT_EQ(::mkdir((folder / "elsewhere").c_str(), 0777), 0);
  ASSERT_EQ(::symlink((folder / "elsewhere").c_str(), (root + "/.zo-trash").c_str()), 0);
  put("notes.txt", "x");
  EXPECT_FALSE(now(files->trash("notes.txt", kNow)));
  EXPECT_EQ(get("notes.txt"), "x");
  EXPECT_TRUE(std::filesystem::is_empty(folder / "elsewhere"));
}

// In a child with mounts of its own: 0 when `holds` does, 77 when it may not mount.
template <class Holds>
int with_small_disk(const std::string& at, Holds holds) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool ready = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=64k,mode=0777") == 0;
    ::_exit(ready ? (holds() ? 0 : 1) : 77);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST_F(TrashTest, WhatIsOnAnotherFileSystemStaysAndSaysWhy) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  ASSERT_TRUE(now(files->make_folder("other")));
  const int outcome = with_small_disk(root + "/other", [&] {
    const Fd opened(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const Beneath workspace(opened.get(), root);
    if (!workspace.add("other/x", "x")) return false;
    const Result<Trashed> deleted = Trash(workspace, "key").put("other/x", kNow);
    const Result<> moved = workspace.move("other/x", "x");
    return !deleted && deleted.error().code == Code::Invalid && deleted.error().message.starts_with("'other/x' is on another file system than the workspace") &&
           !moved && moved.error().message == "'other/x' and '.' are on different file systems" && read_whole_file(root + "/other/x") == "x" &&
           Trash(workspace, "key").list()->empty() && workspace.remove("other/x");
  });
  if (outcome == 77) GTEST_SKIP() << "no right to mount";
  EXPECT_EQ(outcome, 0);
}

TEST_F(TrashTest, OnAFullDiskAFileStaysAndCanBeRemovedForGood) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting a small disk needs root";
  const int outcome = with_small_disk(root, [&] {
    const Fd opened(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const Beneath workspace(opened.get(), root);
    const Trash trash(workspace, "key");
    if (!workspace.add("a", "a") || !trash.put("a", kNow) || !workspace.add("x", "x")) return false;
    int files_made = 0;
    for (std::size_t size = 32 * limits::KiB; size > 0; size /= 2)
      while (workspace.add(fmt::format("fill{}", files_made), std::string(size, 'f'))) ++files_made;
    const Result<Trashed> deleted = trash.put("x", kNow);
    const bool named = !deleted && deleted.error().code == Code::Exhausted && deleted.error().message.find("disk") != std::string::npos;
    return named && workspace.remove("x") && trash.list()->size() == 1 && trash.empty() && trash.list()->empty();
  });
  if (outcome == 77) GTEST_SKIP() << "no right to mount";
  EXPECT_EQ(outcome, 0);
}

TEST_F(TrashTest, CannotBeRenamedByAnyWay) {
  put("notes.txt", "x");
  trash("notes.txt");
  ASSERT_EQ(::symlink(".", (root + "/here").c_str()), 0);
  EXPECT_EQ(now(files->move("here/.zo-trash", "mine")).error().code, Code::Denied);
  EXPECT_EQ(trashed(), "notes.txt");
}

TEST_F(TrashTest, CommandsFindItEmpty) {
  put("notes.txt", "x");
  EXPECT_TRUE(now(files->host_run())->read_only.empty());
  trash("notes.txt");
  const HostRunBefore before = *now(files->host_run());
  ASSERT_EQ(before.read_only.size(), 1u);
  EXPECT_EQ(before.read_only[0].path, kTrashFolder);
  EXPECT_TRUE(before.read_only[0].is_missing);
}

TEST_F(TrashTest, AnotherNameIsGivenAndNothingIsReplaced) {
  put("notes.txt", "notes");
  put("a/other.txt", "other");
  EXPECT_EQ(now(files->move("notes.txt", "./a/notes.md")), "a/notes.md");
  EXPECT_EQ(get("a/notes.md"), "notes");
  const auto refused = [&](const std::string& path, const std::string& to) {
    const Result<std::string> moved = now(files->move(path, to));
    return moved ? "moved" : moved.error().message;
  };
  EXPECT_EQ(refused("a/notes.md", "a/other.txt"), "there is a 'a/other.txt' already; nothing was renamed");
  EXPECT_EQ(refused("a/notes.md", "a"), "there is a 'a' already; nothing was renamed");
  EXPECT_EQ(refused("a/notes.md", "none/notes.md"), "there is no folder 'none' in the workspace");
  EXPECT_EQ(refused("none", "b"), "there is no 'none' in the workspace");
  EXPECT_EQ(refused("a", "a/b"), "the folder 'a' cannot be moved into itself");
  EXPECT_EQ(refused("a", "../b"), "'../b' is outside the workspace " + root);
  EXPECT_EQ(refused(".", "b"), "'" + root + "' is the workspace itself");
  EXPECT_EQ(get("a/other.txt"), "other");
  EXPECT_EQ(now(files->move("a", "b")), "b");
  EXPECT_EQ(get("b/notes.md"), "notes");
}

TEST_F(TrashTest, AFolderIsMadeOnce) {
  EXPECT_EQ(now(files->make_folder("a/b/")), "a/b");
  EXPECT_EQ(now(files->entry("a/b"))->kind, FileKind::Folder);
  EXPECT_EQ(now(files->make_folder("a/b")).error().message, "there is a 'a/b' already");
  put("x.txt", "x");
  EXPECT_EQ(now(files->make_folder("x.txt")).error().message, "there is a 'x.txt' already");
  EXPECT_EQ(now(files->make_folder("../b")).error().message, "'../b' is outside the workspace " + root);
}

TEST_F(TrashTest, AnEntryIsWhatStandsThere) {
  put("a/x.txt", "hello");
  const Result<FileEntry> entry = now(files->entry("./a/x.txt"));
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->path, "a/x.txt");
  EXPECT_EQ(entry->name, "x.txt");
  EXPECT_EQ(entry->kind, FileKind::File);
  EXPECT_EQ(entry->size_bytes, 5u);
  EXPECT_EQ(now(files->entry("none")).error().message, "there is no 'none' in the workspace");
}

}  // namespace
}  // namespace zo
