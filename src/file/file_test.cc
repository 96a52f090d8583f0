#include <gtest/gtest.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "base/text.h"
#include "file/beneath.h"
#include "file/files.h"
#include "os/file.h"
#include "os/owner.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

struct FilesTest : testing::Test {
  asio::io_context io{1};
  Threads threads{"test", 2};
  TempFolder folder;
  std::string root = folder / "home/zo";
  std::unique_ptr<Files> files;

  void SetUp() override {
    auto opened = Workspace::open(root);
    ASSERT_TRUE(opened) << opened.error().message;
    files = std::make_unique<Files>(std::move(*opened), threads);
  }

  template <class T>
  T now(Task<T> task) { return run(io, std::move(task)); }
  void put(const std::string& path, const std::string& bytes) {
    const Result<FileWritten> written = now(files->write(path, bytes));
    ASSERT_TRUE(written) << written.error().message;
  }
  std::string get(const std::string& path) {
    const Result<FileBytes> bytes = now(files->read(path));
    return bytes ? bytes->bytes : bytes.error().message;
  }
  struct stat look(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::lstat((root + "/" + path).c_str(), &status), 0) << path;
    return status;
  }
};

TEST_F(FilesTest, TheWorkspaceIsMadeForItsOwnerAlone) {
  const struct stat status = look("");
  EXPECT_EQ(status.st_mode & 0777u, 0700u);
  EXPECT_EQ(status.st_uid, ::geteuid());
}

TEST_F(FilesTest, WrittenFilesAreReadBackAndBelongToTheOwner) {
  put("a/b/notes.txt", "hello");
  EXPECT_EQ(get("a/b/notes.txt"), "hello");
  for (const char* path : {"a", "a/b", "a/b/notes.txt"}) {
    EXPECT_EQ(look(path).st_uid, ::geteuid());
    EXPECT_EQ(look(path).st_gid, ::getegid());
  }
  EXPECT_EQ(look("a/b/notes.txt").st_mode & 0777u, 0644u);
}

TEST_F(FilesTest, OneFileHasManyNames) {
  put("notes.txt", "x");
  for (const std::string& name :
       {std::string("./notes.txt"), std::string("a/../notes.txt"), std::string("/workspace/notes.txt"), root + "/notes.txt",
        std::string("~/notes.txt"), std::string(".//notes.txt")})
    EXPECT_EQ(get(name), "x") << name;
}

TEST_F(FilesTest, WhatIsOutsideIsSaidToBeOutside) {
  EXPECT_EQ(get("../x"), "'../x' is outside the workspace " + root);
  EXPECT_EQ(get("a/../../x"), "'a/../../x' is outside the workspace " + root);
  EXPECT_EQ(get("/etc/passwd"), "'/etc/passwd' is outside the workspace " + root);
  EXPECT_EQ(get("/workspace-of-others/x"), "'/workspace-of-others/x' is outside the workspace " + root);
  EXPECT_EQ(get(root + "/../x"), "'" + root + "/../x' is outside the workspace " + root);
  EXPECT_EQ(get("/workspace/../etc/passwd"), "'/workspace/../etc/passwd' is outside the workspace " + root);
  EXPECT_EQ(get(""), "the path is empty");
  EXPECT_EQ(get(std::string("a\0b", 3)).substr(0, 1), "'");
  EXPECT_EQ(get(std::string(300, 'n')).find("outside"), std::string::npos);
  EXPECT_EQ(get("none"), "there is no 'none' in the workspace");
}

TEST_F(FilesTest, SymlinksWorkInsideAndDoNotLeadOut) {
  put("real/file", "inside");
  write_whole_file(folder / "secret", "s3cret");
  ASSERT_EQ(::symlink("real/file", (root + "/good").c_str()), 0);
  ASSERT_EQ(::symlink("../../secret", (root + "/up").c_str()), 0);
  ASSERT_EQ(::symlink((folder / "secret").c_str(), (root + "/absolute").c_str()), 0);
  ASSERT_EQ(::symlink(folder.path().c_str(), (root + "/out").c_str()), 0);
  ASSERT_EQ(::symlink("/proc/self/root/etc", (root + "/magic").c_str()), 0);
  EXPECT_EQ(get("good"), "inside");
  for (const char* path : {"up", "absolute", "out/secret", "magic/passwd"}) {
    EXPECT_EQ(get(path), fmt::format("'{}' leads outside the workspace {}", path, root));
    const Result<FileWritten> written = now(files->write(path, "overwritten"));
    ASSERT_FALSE(written) << path;
    EXPECT_NE(written.error().message.find("outside the workspace"), std::string::npos) << written.error().message;
    EXPECT_FALSE(now(files->upload(std::string(path) + "/x", "new", Existing::Keep)));
  }
  EXPECT_EQ(read_whole_file(folder / "secret"), "s3cret");
  put("good", "through the link");
  EXPECT_EQ(get("real/file"), "through the link");
  EXPECT_TRUE(S_ISLNK(look("good").st_mode));
}

// Another process swaps a folder for a symlink to the outside, over and over, while files in it are written and read.
TEST_F(FilesTest, ASwappedSymlinkNeverLeadsOut) {
  ASSERT_TRUE(make_folders(folder / "outside"));
  write_whole_file(folder / "outside/x", "s3cret");
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod((folder / "outside").c_str(), 0777), 0);
  put("swapped/x", "mine");
  ASSERT_EQ(::symlink((folder / "outside").c_str(), (root + "/link").c_str()), 0);
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    constexpr unsigned kExchange = 2;  // RENAME_EXCHANGE
    while (!stop) ::renameat2(AT_FDCWD, (root + "/swapped").c_str(), AT_FDCWD, (root + "/link").c_str(), kExchange);
  });
  int reached = 0;
  for (int i = 0; i < 2'000; ++i) {
    EXPECT_NE(get("swapped/x"), "s3cret");
    if (i % 8 == 0) reached += now(files->write("swapped/x", "mine")).has_value();
    if (i % 8 == 4) now(files->upload("swapped/new", "n", Existing::Replace));
    const auto list = now(files->list("swapped"));
    if (list)
      for (const FileEntry& entry : list->items) EXPECT_TRUE(entry.name == "x" || entry.name == "new") << entry.name;
  }
  stop = true;
  swapper.join();
  EXPECT_GT(reached, 0);
  EXPECT_EQ(read_whole_file(folder / "outside/x"), "s3cret");
  EXPECT_NE(::access((folder / "outside/new").c_str(), F_OK), 0);
}

TEST_F(FilesTest, OnlyRegularFilesAreTouchedAndAFifoDoesNotHang) {
  ASSERT_EQ(::mkfifo((root + "/fifo").c_str(), 0666), 0);
  EXPECT_EQ(get("fifo"), "'fifo' is not a file: a pipe, socket or device");
  EXPECT_FALSE(now(files->write("fifo", "x")));
  EXPECT_FALSE(now(files->edit("fifo", "a", "b", Matches::One)));
  EXPECT_FALSE(now(files->download("fifo")));
  EXPECT_TRUE(now(files->search("x", ".", "")));
  put("folder/x", "");
  EXPECT_EQ(get("folder"), "'folder' is a folder");
  EXPECT_EQ(now(files->write("folder", "x")).error().message, "'folder' is a folder");
  EXPECT_EQ(now(files->write(".", "x")).error().message, "'.' is a folder");
  EXPECT_EQ(get("folder/x/y"), "'folder/x/y' stands below something that is no folder");
}

TEST_F(FilesTest, WritingKeepsTheModeAndReplacesWhole) {
  put("new.sh", "#!/bin/sh\n");
  EXPECT_EQ(look("new.sh").st_mode & 0777u, 0755u);
  put("run.sh", "one");
  ASSERT_EQ(::chmod((root + "/run.sh").c_str(), 0755), 0);
  const auto before = look("run.sh").st_ino;
  put("run.sh", "two");
  EXPECT_EQ(look("run.sh").st_mode & 0777u, 0755u);
  EXPECT_NE(look("run.sh").st_ino, before);
  ASSERT_EQ(::chmod((root + "/run.sh").c_str(), 0444), 0);
  EXPECT_EQ(now(files->write("run.sh", "three")).error().message, "'run.sh' is marked read-only");
  EXPECT_EQ(now(files->list("."))->items.size(), 2u) << "no temporary file is left behind";
}

TEST_F(FilesTest, ReadingIsBounded) {
  put("big", std::string(1'000, 'a') + "end");
  const Result<FileBytes> tail = now(files->read("big", 1'000, 10));
  EXPECT_EQ(tail->bytes, "end");
  EXPECT_EQ(tail->size_bytes, 1'003u);
  EXPECT_EQ(now(files->read("big", 5'000, 10))->bytes, "");
  EXPECT_EQ(now(files->read("big", 0, 10))->bytes.size(), 10u);
}

TEST_F(FilesTest, LinesAreReadFromWhereverWanted) {
  std::string text;
  for (int i = 1; i <= 50'000; ++i) text += fmt::format("line {}\n", i);
  put("lines", text);
  const Result<FileLines> some = now(files->read_lines("lines", 40'000, 2, 1'000));
  EXPECT_EQ(some->text, "line 40000\nline 40001\n");
  EXPECT_EQ(some->lines, 2u);
  EXPECT_TRUE(some->more);
  const Result<FileLines> last = now(files->read_lines("lines", 50'000, 10, 1'000));
  EXPECT_EQ(last->text, "line 50000\n");
  EXPECT_FALSE(last->more);
  put("binary", std::string("a\0b", 3));
  EXPECT_TRUE(now(files->read_lines("binary", 1, 10, 100))->binary);
  put("open", "no line end");
  EXPECT_EQ(now(files->read_lines("open", 1, 10, 100))->lines, 1u);
}

TEST_F(FilesTest, APageEndsBeforeTheLineThatDoesNotFit) {
  put("lines", "one\ntwo\nthree\n");
  const Result<FileLines> page = now(files->read_lines("lines", 1, 10, 10));
  EXPECT_EQ(page->text, "one\ntwo\n");
  EXPECT_EQ(page->lines, 2u);
  EXPECT_TRUE(page->more);
  EXPECT_FALSE(page->cut);
  EXPECT_EQ(now(files->read_lines("lines", 3, 10, 10))->text, "three\n");
  EXPECT_FALSE(now(files->read_lines("lines", 1, 10, 14))->more) << "all of it fits";
  put("across", std::string(65'530, 'a') + "\n" + std::string(20, 'b') + "\nend\n");  // the second line lies in two chunks of the file
  const Result<FileLines> before = now(files->read_lines("across", 1, 10, 65'540));
  EXPECT_EQ(before->text.size(), 65'531u);
  EXPECT_EQ(before->lines, 1u);
  EXPECT_EQ(now(files->read_lines("across", 2, 10, 100))->text, std::string(20, 'b') + "\nend\n");
}

TEST_F(FilesTest, OnlyALineLongerThanAPageIsCut) {
  put("long", "ab\nöööööö\nend\n");
  const Result<FileLines> cut = now(files->read_lines("long", 2, 10, 7));
  EXPECT_EQ(cut->text, "ööö") << "no character is halved";
  EXPECT_EQ(cut->lines, 1u);
  EXPECT_TRUE(cut->cut && cut->more);
  EXPECT_EQ(now(files->read_lines("long", 3, 10, 7))->text, "end\n");
}

TEST_F(FilesTest, ALineFarIntoAHugeFileIsNotLookedForAtAnyLength) {
  put("sparse.log", "one\ntwo\n");
  ASSERT_EQ(::truncate((root + "/sparse.log").c_str(), off_t{1} << 38), 0);
  EXPECT_TRUE(now(files->read_lines("sparse.log", 1, 1, 100))->binary) << "a hole reads as zeros";
  put("huge.log", std::string(70'000, 'x') + "\ntwo\n");
  ASSERT_EQ(::truncate((root + "/huge.log").c_str(), off_t{1} << 38), 0);
  EXPECT_EQ(now(files->read_lines("huge.log", 2, 1, 100))->text, "two\n");
  const auto far = now(files->read_lines("huge.log", 900, 1, 100));
  ASSERT_FALSE(far);
  EXPECT_EQ(far.error().message, "line 900 of 'huge.log' (274 GB) is not in its first 67 MB, the limit of one look");
  EXPECT_EQ(far.error().advice, "the shell, like: sed -n 900,999p");
}

TEST_F(FilesTest, AnEditNeedsTheExactTextOnce) {
  put("a.txt", "one two one");
  EXPECT_EQ(now(files->edit("a.txt", "three", "x", Matches::One)).error().message,
            "'a.txt' does not contain that text");
  const auto twice = now(files->edit("a.txt", "one", "x", Matches::One));
  EXPECT_EQ(twice.error().code, Code::Conflict);
  EXPECT_EQ(twice.error().message, "'a.txt' contains that text 2 times");
  EXPECT_EQ(get("a.txt"), "one two one");
  const Result<FileEdit> edit = now(files->edit("a.txt", "two", "2", Matches::One));
  EXPECT_EQ(get("a.txt"), "one 2 one");
  EXPECT_TRUE(edit->diff.starts_with("--- a.txt\n+++ a.txt\n@@ -1,1 +1,1 @@\n-one two one\n")) << edit->diff;
  EXPECT_EQ(now(files->edit("a.txt", "one", "1", Matches::All))->places, 2);
  EXPECT_EQ(get("a.txt"), "1 2 1");
  EXPECT_FALSE(now(files->edit("a.txt", "", "x", Matches::One)));
}

TEST_F(FilesTest, AnEditDoesNotMakeAHugeFile) {
  put("a.txt", std::string(1'000, 'a'));
  const Result<FileEdit> edit = now(files->edit("a.txt", "a", std::string(2'000, 'b'), Matches::All));
  EXPECT_EQ(edit.error().code, Code::Exhausted);
  EXPECT_EQ(edit.error().message, "'a.txt' would have 2 MB with 1000 places replaced, limit 1 MB for edits");
  EXPECT_EQ(get("a.txt"), std::string(1'000, 'a'));
}

TEST_F(FilesTest, AFileThatChangedSinceItWasReadIsNotOverwritten) {
  put("a.txt", "old");
  const Fd opened(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Beneath workspace(opened.get(), root);
  struct stat unread = look("a.txt");
  put("a.txt", "new");
  EXPECT_EQ(workspace.replace("a.txt", "edited", &unread).error().code, Code::Conflict);
  EXPECT_EQ(get("a.txt"), "new");
  unread = look("a.txt");
  std::ofstream(root + "/a.txt", std::ios::app) << "er, in place";
  EXPECT_EQ(workspace.replace("a.txt", "edited", &unread).error().code, Code::Conflict);
  EXPECT_EQ(get("a.txt"), "newer, in place");
  unread = look("a.txt");
  EXPECT_TRUE(workspace.replace("a.txt", "edited", &unread));
}

TEST_F(FilesTest, UploadsNeverReplaceUnlessTold) {
  EXPECT_EQ(now(files->upload("x.tar.gz", "1", Existing::Keep)), "x.tar.gz");
  EXPECT_EQ(now(files->upload("x.tar.gz", "2", Existing::Keep)), "x-2.tar.gz");
  EXPECT_EQ(now(files->upload("x.tar.gz", "3", Existing::Keep)), "x-3.tar.gz");
  EXPECT_EQ(now(files->upload("sub/.hidden", "4", Existing::Keep)), "sub/.hidden");
  EXPECT_EQ(now(files->upload("sub/.hidden", "5", Existing::Keep)), "sub/.hidden-2");
  EXPECT_EQ(now(files->upload("x.tar.gz", "6", Existing::Replace)), "x.tar.gz");
  EXPECT_EQ(get("x.tar.gz") + get("x-2.tar.gz") + get("x-3.tar.gz"), "623");
  EXPECT_EQ(now(files->upload("x.tar.gz", "3", Existing::Keep)), "x-3.tar.gz");  // the same file again
}

TEST_F(FilesTest, AFileOrAnEmptyFolderIsRemovedAndNothingOutside) {
  put("d/notes.txt", "x");
  write_whole_file(folder / "outside.txt", "keep");
  ASSERT_EQ(::symlink((folder / "outside.txt").c_str(), (root + "/link").c_str()), 0);
  ASSERT_EQ(::symlink(folder.path().c_str(), (root + "/out").c_str()), 0);
  EXPECT_EQ(now(files->remove("d")).error().message, "'d' is a folder with something in it");
  EXPECT_TRUE(now(files->remove("./d/notes.txt")));
  EXPECT_TRUE(now(files->remove("d")));
  EXPECT_EQ(now(files->remove("d")).error().code, Code::NotFound);
  EXPECT_TRUE(now(files->remove("link")));
  EXPECT_EQ(now(files->remove("out/outside.txt")).error().message, "'out' leads outside the workspace " + root);
  EXPECT_EQ(read_whole_file(folder / "outside.txt"), "keep");
  EXPECT_EQ(now(files->remove(".")).error().code, Code::Invalid);
  EXPECT_EQ(now(files->remove("../outside.txt")).error().code, Code::Invalid);
}

TEST_F(FilesTest, DownloadsComeAsAnOpenFile) {
  put("d/report.pdf", "%PDF");
  const Result<FileDownload> download = now(files->download("d/report.pdf"));
  ASSERT_TRUE(download);
  EXPECT_EQ(download->name, "report.pdf");
  EXPECT_EQ(download->size_bytes, 4u);
  char bytes[5] = {};
  EXPECT_EQ(::read(download->fd.get(), bytes, 4), 4);
  EXPECT_STREQ(bytes, "%PDF");
}

TEST_F(FilesTest, ListsFoldersFirstThenByName) {
  put("b.txt", "12");
  put("a.txt", "1");
  put("z/x", "");
  const FileList list = *now(files->list("."));
  ASSERT_EQ(list.items.size(), 3u);
  EXPECT_EQ(list.items[0].name, "z");
  EXPECT_EQ(list.items[0].kind, FileKind::Folder);
  EXPECT_EQ(list.items[1].name, "a.txt");
  EXPECT_EQ(list.items[2].path, "b.txt");
  EXPECT_EQ(list.items[2].size_bytes, 2u);
  EXPECT_GT(list.items[2].modified_at, 1'700'000'000'000);
  EXPECT_FALSE(list.truncated);
}

TEST_F(FilesTest, ListsAreBounded) {
  for (int i = 0; i < 1'100; ++i) write_whole_file(fmt::format("{}/{:04}", root, i), "");
  const FileList list = *now(files->list("."));
  EXPECT_EQ(list.items.size(), limits::kListItems);
  EXPECT_TRUE(list.truncated);
  EXPECT_EQ(list.items.front().name, "0000");
  EXPECT_TRUE(now(files->list(".", Depth::Everything))->truncated);
}

TEST_F(FilesTest, RecursiveListsNameButDoNotEnterGit) {
  put("src/a.cc", "");
  put(".git/config", "");
  put("node_modules/x/y.js", "");
  ASSERT_EQ(::symlink("..", (root + "/src/loop").c_str()), 0);
  const FileList list = *now(files->list(".", Depth::Everything));
  std::vector<std::string> paths;
  for (const FileEntry& entry : list.items) paths.push_back(entry.path);
  EXPECT_EQ(paths, (std::vector<std::string>{".git", "node_modules", "src", "src/a.cc", "src/loop"}));
}

TEST_F(FilesTest, SearchFindsLinesByTextAndFileName) {
  put("a.py", "import os\nprint('Hello')\n");
  put("sub/b.py", "hello again\nno\nHELLO");
  put("c.txt", "hello");
  put("binary", std::string("hello\0", 6));
  const FileSearch any_case = *now(files->search("hello", ".", "*.py"));
  ASSERT_EQ(any_case.hits.size(), 3u);
  EXPECT_EQ(any_case.hits[0].path, "a.py");
  EXPECT_EQ(any_case.hits[0].line, 2u);
  EXPECT_EQ(any_case.hits[0].text, "print('Hello')");
  EXPECT_EQ(any_case.hits[2].path, "sub/b.py");
  EXPECT_EQ(any_case.hits[2].line, 3u);
  EXPECT_EQ(now(files->search("Hello", ".", ""))->hits.size(), 1u) << "a capital letter asks for the exact case";
  EXPECT_EQ(now(files->search("hello", "sub", ""))->hits.size(), 2u);
  EXPECT_EQ(now(files->search("hello", "c.txt", ""))->hits.size(), 1u);
  EXPECT_EQ(now(files->search("hello", "none", "")).error().code, Code::NotFound);
}

TEST_F(FilesTest, SearchesAreBounded) {
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += "hit\n";
  put("many", text);
  const FileSearch search = *now(files->search("hit", ".", ""));
  EXPECT_EQ(search.hits.size(), limits::kSearchHits);
  EXPECT_TRUE(search.truncated);
}

TEST_F(FilesTest, AFullDiskIsNamedAndLeavesTheOldFile) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting a small disk needs root";
  const pid_t child = ::fork();
  if (child == 0) {
    const bool ready = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       ::mount("tmpfs", root.c_str(), "tmpfs", 0, "size=64k,mode=0777") == 0;
    if (!ready) ::_exit(77);
    const Fd opened(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Beneath workspace(opened.get(), root);
    const bool first = workspace.replace("x", "old").has_value();
    const Result<> second = workspace.replace("x", std::string(200'000, 'x'));
    const bool named =
        !second && second.error().code == Code::Exhausted && second.error().message.find("disk") != std::string::npos;
    ::_exit(first && named && read_whole_file(root + "/x") == "old" ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no right to mount";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace zo
