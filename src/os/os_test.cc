#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <set>

#include "async/clock.h"
#include "async/scope.h"
#include "os/file.h"
#include "os/folder.h"
#include "os/owner.h"
#include "os/process.h"
#include "os/signal.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

struct OsTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  RealClock clock;
  TempFolder folder;
};

struct Ran {
  int exit_code = -1;
  std::string output;
};

// Runs `script` with its output in a pipe.
Task<Ran> shell(Executor executor, std::string script, std::vector<std::string> environment = {},
                std::vector<int> more_fds = {}) {
  Result<PipeFds> pipe = make_pipe();
  Spawn spawn{.program = "/bin/sh", .argv = {"sh", "-c", std::move(script)}, .environment = std::move(environment)};
  spawn.fds = {-1, pipe->write.get(), pipe->write.get()};
  spawn.fds.insert(spawn.fds.end(), more_fds.begin(), more_fds.end());
  Result<std::unique_ptr<Process>> process = Process::start(executor, spawn);
  if (!process) throw std::runtime_error(process.error().message);
  pipe->write.close();
  PipeReader reader(executor, std::move(pipe->read));
  Ran ran;
  for (;;) {
    const std::string_view bytes = co_await reader.next();
    if (bytes.empty()) break;
    ran.output += bytes;
  }
  ran.exit_code = co_await (*process)->wait();
  co_return ran;
}

TEST_F(OsTest, AChildTellsItsOutputAndExitCode) {
  const Ran ran = run(io, shell(executor, "echo out; echo err >&2; exit 7"));
  EXPECT_EQ(ran.exit_code, 7);
  EXPECT_EQ(ran.output, "out\nerr\n");
}

TEST_F(OsTest, AChildGetsOnlyTheListedDescriptorsAndVariables) {
  const Fd not_for_it(::open("/etc/passwd", O_RDONLY));  // inheritable, and still not inherited
  const Fd for_it = std::move(*memory_file("note", "three\n"));
  const std::vector<std::string> environment{"A=1"};
  const Ran ran = run(io, shell(executor, "ls /proc/self/fd | tr '\\n' ' '; cat <&3; /usr/bin/env", environment, {for_it.get()}));
  // ls has one more, for the folder that it lists.
  EXPECT_TRUE(ran.output.starts_with("0 1 2 3 4 three\n")) << ran.output;
  EXPECT_NE(ran.output.find("A=1\n"), std::string::npos);
  EXPECT_EQ(ran.output.find("HOME="), std::string::npos);
}

TEST_F(OsTest, AChildMayBeExecutedFromAnOpenFile) {
  const Fd program(::open("/bin/echo", O_RDONLY | O_CLOEXEC));
  Result<PipeFds> pipe = make_pipe();
  const Spawn spawn{.program = "echo", .program_fd = program.get(), .argv = {"echo", "hi"}, .fds = {-1, pipe->write.get()}};
  const auto process = Process::start(executor, spawn);
  ASSERT_TRUE(process) << process.error().message;
  EXPECT_EQ(run(io, (*process)->wait()), 0);
}

TEST_F(OsTest, ASignalledChildReads128PlusTheSignal) {
  EXPECT_EQ(run(io, shell(executor, "kill -TERM $$")).exit_code, 128 + SIGTERM);
}

TEST_F(OsTest, AMissingProgramIsAnErrorThatNamesIt) {
  const auto process = Process::start(executor, {.program = "/no/such/program", .argv = {"x"}});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().message, "cannot start /no/such/program: No such file or directory");
}

TEST_F(OsTest, IgnoredSignalsAreNotInherited) {
  std::signal(SIGPIPE, SIG_IGN);
  const Ran ran = run(io, shell(executor, "grep SigIgn /proc/self/status"));
  EXPECT_EQ(ran.output, "SigIgn:\t0000000000000000\n");
}

bool is_gone(pid_t pid) { return ::kill(pid, 0) != 0 && errno == ESRCH; }

Task<void> drop_a_sleeper(Executor executor) {
  Result<std::unique_ptr<Process>> process =
      Process::start(executor, {.program = "/bin/sh", .argv = {"sh", "-c", "sleep 1000 & sleep 1000"}});
  const pid_t pid = (*process)->pid();
  process->reset();
  const bool gone = co_await eventually([pid] { return is_gone(-pid); });
  EXPECT_TRUE(gone) << "the whole process group ends with its owner";
}

TEST_F(OsTest, DroppingAProcessKillsItsGroupAndReapsIt) { run(io, drop_a_sleeper(executor)); }

Task<void> sleeper(Executor executor) { co_await shell(executor, "sleep 1000"); }

Task<void> cancel_a_wait(Executor executor) {
  Scope scope(executor);
  scope.spawn("sleeper", sleeper(executor));
  co_await asio::post(executor, asio::use_awaitable);
  co_await asio::post(executor, asio::use_awaitable);
  co_await scope.stop();
}

TEST_F(OsTest, WaitingForAChildMayBeCancelled) { run(io, cancel_a_wait(executor)); }

TEST_F(OsTest, AChildDiesWithTheProcessThatStartedIt) {
  Result<PipeFds> pipe = make_pipe();
  const pid_t server = ::fork();
  if (server == 0) {
    asio::io_context own;
    const Spawn spawn{.program = "/bin/sleep", .argv = {"sleep", "1000"}, .fds = {-1, pipe->write.get()}};
    const auto process = Process::start(own.get_executor(), spawn);
    pipe->write.close();
    ::raise(SIGKILL);
  }
  pipe->write.close();
  int status = 0;
  ::waitpid(server, &status, 0);
  PipeReader reader(executor, std::move(pipe->read));
  EXPECT_EQ(run(io, reader.next()), "") << "the pipe ends when its last holder, the child, is gone";
}

TEST_F(OsTest, SavedFilesAreReadBackAndReplacedWhole) {
  const std::string path = folder / "state.json";
  ASSERT_TRUE(save_file(path, "one"));
  ASSERT_TRUE(save_file(path, "two"));
  EXPECT_EQ(load_file(path, 100), "two");
  struct stat status{};
  ::stat(path.c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(OsTest, LoadingIsBoundedAndNamesTheLimit) {
  ASSERT_TRUE(save_file(folder / "big", std::string(20'000, 'x')));
  EXPECT_EQ(load_file(folder / "big", 10'000).error().message, folder / "big" + " is larger than 10 kB");
  EXPECT_EQ(load_file(folder / "none", 10).error().code, Code::NotFound);
}

TEST_F(OsTest, FoldersAreMadeWithTheirParentsAndPrivate) {
  ASSERT_TRUE(make_folders(folder / "a/b/c"));
  ASSERT_TRUE(make_folders(folder / "a/b/c"));
  struct stat status{};
  ::stat((folder / "a/b").c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777u, 0700u);
  write_whole_file(folder / "file", "");
  EXPECT_FALSE(make_folders(folder / "file"));
}

TEST_F(OsTest, ALockedFileIsRefusedToTheSecond) {
  Result<Fd> first = lock_file(folder / "lock", "a server");
  ASSERT_TRUE(first);
  EXPECT_EQ(lock_file(folder / "lock", "a server").error().code, Code::Conflict);
  first->close();
  EXPECT_TRUE(lock_file(folder / "lock", "a server"));
}

TEST_F(OsTest, AMemoryFileCannotBeChanged) {
  const Result<Fd> fd = memory_file("sealed", "abc");
  ASSERT_TRUE(fd);
  EXPECT_LT(::write(fd->get(), "x", 1), 0);
  char bytes[4] = {};
  EXPECT_EQ(::pread(fd->get(), bytes, 3, 0), 3);
  EXPECT_STREQ(bytes, "abc");
}

Task<int> first_signal(EndSignals& signals) {
  ::raise(SIGTERM);
  co_return co_await signals.next();
}

TEST_F(OsTest, TheSignalToEndIsAwaited) {
  EndSignals signals(executor);
  EXPECT_EQ(run(io, first_signal(signals)), SIGTERM);
}

TEST_F(OsTest, AHardenedProcessWritesNoCoreFile) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Result<> hardened = harden_process();
    rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    ::_exit(hardened && core.rlim_max == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(OsTest, AFolderNamesWhatIsInIt) {
  write_whole_file(folder / "a", "");
  ASSERT_EQ(::mkdir((folder / "b").c_str(), 0700), 0);
  ASSERT_EQ(::symlink("b", (folder / "c").c_str()), 0);
  const Folder here = Folder::open_at(AT_FDCWD, folder.path());
  std::set<std::string> names;
  while (const dirent* entry = here.next()) names.insert(entry->d_name);
  EXPECT_EQ(names, (std::set<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(Folder::open_at(here.fd(), "b").is_open());
  for (const char* name : {"a", "c", "none"}) {
    const Folder none = Folder::open_at(here.fd(), name);
    EXPECT_FALSE(none.is_open()) << name;
    EXPECT_EQ(none.next(), nullptr);
  }
}

TEST_F(OsTest, AFolderOfRootsIsGivenToTheOwner) {
  const std::string path = folder / "x/tmp";
  ASSERT_TRUE(prepare_folder(path));
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, workspace_owner().uid);
  EXPECT_EQ(status.st_gid, workspace_owner().gid);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  if (::geteuid() != 0) GTEST_SKIP() << "the rest needs root";
  ASSERT_EQ(::chown(path.c_str(), 12'345, 12'345), 0);
  ASSERT_TRUE(prepare_folder(path));
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 12'345u) << "another's stays theirs";
}

}  // namespace
}  // namespace zo
