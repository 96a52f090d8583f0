#include "sandbox/sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "async/gather.h"
#include "base/text.h"
#include "os/file.h"
#include "os/folder.h"
#include "os/process.h"
#include "os/signal.h"
#include "sandbox/canary.h"
#include "sandbox/held.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

// A command line argument by which a process inside is found from outside.
std::string new_mark() {
  static int count = 0;
  return fmt::format("31337.{}{}", ::getpid(), ++count);
}

// How many processes of this machine have `mark` as an argument of its own.
int processes_with(const std::string& mark) {
  int count = 0;
  const Folder processes = Folder::open_at(AT_FDCWD, "/proc");
  while (const dirent* entry = processes.next()) {
    const std::string line = load_file(fmt::format("/proc/{}/cmdline", entry->d_name), limits::MiB).value_or("");
    if (("\0" + line).find(std::string("\0", 1) + mark + std::string("\0", 1)) != std::string::npos) ++count;
  }
  return count;
}

struct SandboxTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  RealClock clock;
  Threads threads{"test", 2};
  Sandbox sandbox{executor, clock, threads};
  TempFolder folder;
  std::string workspace = folder / "workspace";
  std::optional<Workspace> opened;

  void SetUp() override { reopen(); }
  void reopen() {
    Result<Workspace> now = Workspace::open(workspace);
    ASSERT_TRUE(now) << now.error().message;
    opened.emplace(std::move(*now));
  }

  SandboxCommand command(std::string script) { return {.script = std::move(script), .workspace = &*opened}; }
  SandboxCommand program(std::vector<std::string> argv) { return {.argv = std::move(argv), .workspace = &*opened}; }
  SandboxOutcome run_inside(SandboxCommand wanted) {
    const auto outcome = run(io, sandbox.run(std::move(wanted), {}));
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome.value_or(SandboxOutcome{});
  }
  // Output and errors of a script.
  std::string inside(std::string script) { return run_inside(command(std::move(script))).output; }
};

TEST_F(SandboxTest, TheCanaryComesBackWell) {
  const SandboxState state = run(io, sandbox.check());
  EXPECT_TRUE(state.ok) << state.reason;
}

TEST_F(SandboxTest, TheCanarysFolderIsGoneAfterwardsAndThoseOfServersThatWereKilledToo) {
  std::string left = "/tmp/zo-canary-XXXXXX";
  std::string others = left;
  ASSERT_NE(::mkdtemp(left.data()), nullptr);
  ASSERT_NE(::mkdtemp(others.data()), nullptr);
  const timespec long_ago[] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 1, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, left.c_str(), long_ago, 0), 0);
  EXPECT_TRUE(run(io, sandbox.check()).ok);
  EXPECT_NE(::access(left.c_str(), F_OK), 0);
  EXPECT_EQ(::rmdir(others.c_str()), 0) << "another server's canary may be in it";
}

TEST_F(SandboxTest, ACommandRunsInTheWorkspaceAsAnOrdinaryUser) {
  // Not the whole of `id`: other groups of ours come along nameless, since nobody may drop them in a user namespace.
  EXPECT_EQ(inside("id -u; id -un; id -g; id -gn; pwd; hostname; umask"), "1000\nzo\n1000\nzo\n/workspace\nzo\n0022\n");
}

TEST_F(SandboxTest, ExitCodesAreThoseOfTheCommand) {
  EXPECT_EQ(run_inside(command("exit 0")).exit_code, 0);
  EXPECT_EQ(run_inside(command("exit 7")).exit_code, 7);
  const SandboxOutcome killed = run_inside(program({"sh", "-c", "kill -SEGV $$"}));
  EXPECT_EQ(killed.exit_code, 128 + SIGSEGV);
  EXPECT_EQ(killed.end, SandboxEnd::Signalled);
  const SandboxOutcome missing = run_inside(program({"no-such-program"}));
  EXPECT_EQ(missing.exit_code, 127);
  EXPECT_EQ(missing.output, "zo: cannot run 'no-such-program': No such file or directory\n");
}

TEST_F(SandboxTest, StandardInputIsGivenAndEnds) {
  SandboxCommand wanted = command("cat; echo end");
  wanted.input = "hello\n";
  EXPECT_EQ(run_inside(std::move(wanted)).output, "hello\nend\n");
}

TEST_F(SandboxTest, TheEnvironmentHoldsNothingOfOurs) {
  ::setenv("OPENAI_API_KEY", "sk-secret-of-a-test", 1);
  const SandboxOutcome seen = run_inside(program({"env"}));
  EXPECT_EQ(
      seen.output,
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nHOME=/workspace\nLANG=C.UTF-8\nTERM=dumb\nUSER=zo\nEMAIL=zo@localhost\n");
  EXPECT_EQ(inside("cat /proc/1/environ"), "");
  EXPECT_EQ(inside("cat /proc/*/environ 2>&1 | grep -ac secret-of-a-test"), "0\n");
  ::unsetenv("OPENAI_API_KEY");
}

TEST_F(SandboxTest, NothingOfTheHostIsSeen) {
  write_whole_file(folder / "secret", "s3cret");
  const std::string path = folder / "secret";
  ASSERT_EQ(::symlink(path.c_str(), (workspace + "/link").c_str()), 0);
  for (const std::string& way :
       {path, "/workspace/../../../" + path, std::string("link"), "/proc/1/root" + path, "/proc/self/root" + path,
        std::string("/etc/shadow"), std::string("/root/.bashrc"), "/proc/1/cwd" + path})
    EXPECT_EQ(inside("cat '" + way + "' 2>&1").find("s3cret"), std::string::npos) << way;
  EXPECT_EQ(inside("ls /home /root /sys /var /run /etc/shadow 2>/dev/null"), "");
  EXPECT_LT(std::stoi(inside("ls /proc | grep -c '^[0-9]'")), 6) << "bubblewrap, bash, ls and grep";
}

TEST_F(SandboxTest, OnlyTheWorkspaceAndScratchFoldersAreWritable) {
  EXPECT_EQ(inside("for d in / /usr /usr/bin /etc /dev /proc/sys/kernel; do touch $d/x 2>/dev/null && echo $d; done"), "");
  EXPECT_EQ(inside("for d in /workspace /tmp /dev/shm; do touch $d/x && echo $d; done"), "/workspace\n/tmp\n/dev/shm\n");
  EXPECT_EQ(inside("ls /tmp /dev/shm"), "/dev/shm:\n\n/tmp:\n") << "scratch does not outlive its command";
  EXPECT_NE(inside("head -c 80M /dev/zero > /dev/shm/x").find("No space left"), std::string::npos);
}

TEST_F(SandboxTest, WhatItWritesBelongsToTheFoldersOwner) {
  inside("mkdir -p a/b && echo hi > a/b/c");
  struct stat status{};
  ASSERT_EQ(::stat((workspace + "/a/b/c").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ::geteuid());
  EXPECT_EQ(status.st_gid, ::getegid());
  EXPECT_EQ(status.st_mode & 0777u, 0644u);
}

TEST_F(SandboxTest, ThereIsNoNetworkNotEvenToThisMachine) {
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length);
  const std::string port = std::to_string(ntohs(address.sin_port));
  EXPECT_NE(inside("exec 3<>/dev/tcp/127.0.0.1/" + port).find("Connection refused"), std::string::npos);
  EXPECT_NE(inside("exec 3<>/dev/tcp/1.1.1.1/80").find("Network is unreachable"), std::string::npos);
  EXPECT_EQ(inside("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '"), "lo\n");
}

TEST_F(SandboxTest, RareSystemCallsAreRefused) {
  const auto refusal = [&](const std::string& perl) {
    return inside("perl -e 'use Socket; " + perl + " and print \"allowed\" or print \"$!\"'");
  };
  EXPECT_EQ(refusal("socket(S, 40, SOCK_STREAM, 0)"), "Address family not supported by protocol") << "vsock";
  EXPECT_EQ(refusal("socket(S, 16, SOCK_RAW, 12)"), "Address family not supported by protocol") << "netfilter";
  EXPECT_EQ(refusal("socket(S, AF_UNIX, SOCK_STREAM, 0)"), "allowed");
  EXPECT_EQ(refusal("socket(S, AF_INET, SOCK_STREAM, 0)"), "allowed");
  EXPECT_NE(inside("unshare --user true").find("Operation not permitted"), std::string::npos);
  EXPECT_NE(inside("unshare --net true").find("Operation not permitted"), std::string::npos);
  EXPECT_NE(run_inside(command("mount -t tmpfs none /tmp")).exit_code, 0);
  EXPECT_EQ(inside("grep -E 'NoNewPrivs|Seccomp:|Cap(Eff|Bnd|Prm)' /proc/self/status | tr '\\t' ' '"),
            "CapPrm: 0000000000000000\nCapEff: 0000000000000000\nCapBnd: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2\n");
}

TEST_F(SandboxTest, EveryProcessInsideStandsBehindAllLayers) {
  // Bubblewrap's first process, the shell, and what it starts, a background child among them: what all of them show is one line.
  EXPECT_EQ(inside("sleep 1 & for p in /proc/[0-9]*; do grep -hE '^(NoNewPrivs|Seccomp|CapEff|CapPrm|CapBnd):' $p/status | tr '\\t' ' '; "
                   "grep -hE 'core file|open files|locked memory|msgqueue|file size|processes' $p/limits | tr -s ' ' | cut -d' ' -f1-5; done | "
                   "LC_ALL=C sort -u"),
            "CapBnd: 0000000000000000\nCapEff: 0000000000000000\nCapPrm: 0000000000000000\n"
            "Max core file size 0\nMax file size 1073741824 1073741824\nMax locked memory 1048576 1048576\nMax msgqueue size 0 0\n"
            "Max open files 1024 1024\nMax processes 128 128 processes\n"
            "NoNewPrivs: 1\nSeccomp: 2\n");
}

TEST_F(SandboxTest, NobodyInsideWritesAnothersMemory) {
  EXPECT_EQ(inside("sleep 1 & for p in 1 self $!; do perl -e 'open(F, \"+<\", \"/proc/$ARGV[0]/mem\") and print \"open\" or print \"$!\\n\"' $p; done"),
            "Read-only file system\nRead-only file system\nRead-only file system\n");
  EXPECT_EQ(inside("echo -17 > /proc/self/oom_score_adj").find("Read-only file system") == std::string::npos, false);
}

TEST_F(SandboxTest, SetIdBitsAreRefusedAndProgramsGoOn) {
  const std::string perl =
      "use POSIX; my ($d, $n, $o, $c, $f) = qw(d n o c f); sub t { print $_[0], \" \", ($_[1] ? \"made\" : $! == EPERM ? \"EPERM\" : \"$!\"), \"\\n\" } "
      "t(chmod => chmod 04755, \"f\"); t(chmod_group => chmod 02755, \"f\"); t(plain => chmod 0755, \"f\"); "
      "t(mkdir => syscall(258, -100, $d, 02755) == 0); t(mknod => syscall(259, -100, $n, 0104755, 0) == 0); "
      "t(open => syscall(257, -100, $o, 0101, 04755) >= 0); t(creat => syscall(85, $c, 06755) >= 0); "
      "t(fchmodat2 => syscall(452, -100, $f, 04755, 0) == 0); t(read => syscall(257, -100, $f, 0, 04755) >= 0)";
  EXPECT_EQ(inside("touch f; perl -e '" + perl + "'"),
            "chmod EPERM\nchmod_group EPERM\nplain made\nmkdir EPERM\nmknod EPERM\nopen EPERM\ncreat EPERM\nfchmodat2 EPERM\nread made\n");
  EXPECT_EQ(inside("cp -p /usr/bin/passwd . && echo copied; mkdir a && chmod 2755 a 2>/dev/null || echo refused; tar cf x.tar a && tar xf x.tar && echo "
                   "unpacked; ls"),
            "copied\nrefused\nunpacked\na\nf\npasswd\nx.tar\n");
  EXPECT_EQ(inside("find . -perm /6000"), "");
}

struct DiskTest : SandboxTest {
  SandboxOutcome fill(const std::string& script) {
    SandboxCommand wanted = command(script);
    // As if more had been free: others make room on this machine's disk, too.
    wanted.disk = {.bytes_max = 50 * limits::MiB, .since = clock.now(), .free_bytes = std::uint64_t{1} << 62};
    return run_inside(std::move(wanted));
  }
};

TEST_F(SandboxTest, ReadOnlyPlacesCanNeitherBeChangedNorMovedAway) {
  inside("mkdir -p p/.git/modules/lib/sub/hooks; for f in p/.git/config p/.git/modules/lib/sub/config p/.envrc; do echo mine > $f; done");
  SandboxCommand wanted = command(
      "cd p; echo x > .git/config; echo x > .envrc; echo x > .git/modules/lib/sub/hooks/h; touch .git/hooks/h; rm -f .envrc; "
      "for f in .git .git/modules .git/modules/lib .git/modules/lib/sub; do perl -e 'rename($ARGV[0], \"away\") and print \"moved\\n\"' $f; done; touch .git/index && echo free");
  for (const char* path : {"p/.git/config", "p/.git/modules/lib/sub/config", "p/.git/modules/lib/sub/hooks", "p/.envrc"}) {
    struct stat status{};
    ASSERT_EQ(::stat((workspace + "/" + path).c_str(), &status), 0);
    wanted.read_only.push_back({.path = path, .device = status.st_dev, .inode = status.st_ino});
  }
  wanted.read_only.push_back({.path = "p/.git/hooks", .is_missing = true});
  const std::string said = run_inside(std::move(wanted)).output;
  EXPECT_EQ(said.find("moved"), std::string::npos) << said;
  EXPECT_TRUE(said.ends_with("free\n")) << said;
  EXPECT_EQ(inside("cat p/.git/config p/.git/modules/lib/sub/config p/.envrc; ls p/.git/hooks p/.git/modules/lib/sub/hooks; ls -d p/.git/modules/lib/sub"),
            "mine\nmine\nmine\np/.git/hooks:\n\np/.git/modules/lib/sub/hooks:\np/.git/modules/lib/sub\n");
}

TEST_F(SandboxTest, WhatNobodyCanCountStaysSmall) {
  EXPECT_EQ(inside("python3 -c '\nimport socket, ctypes, os, subprocess\na, b = socket.socketpair()\nold = a.getsockopt(1, 7)\na.setsockopt(1, 7, 1 << 22)\n"
                   "print(a.getsockopt(1, 7) == old)\nprint(ctypes.CDLL(None).prctl(4, 0))\nos.posix_fallocate(os.open(\"f\", 66), 0, 4096)\n'; stat -c %s f"),
            "True\n-1\n4096\n");
}

TEST_F(DiskTest, ARunThatHasAddedEnoughGetsNoFurtherCommand) {
  SandboxCommand wanted = command("echo more");
  wanted.disk = {.bytes_max = 10 * limits::MiB, .since = clock.now(), .free_bytes = std::uint64_t{1} << 62};
  inside("head -c 20M /dev/urandom > much");
  EXPECT_EQ(run(io, sandbox.run(std::move(wanted), {})).error().code, Code::Exhausted);
}

TEST_F(SandboxTest, MemoryOfSystemVIsSmall) {
  EXPECT_EQ(inside("perl -e 'print defined shmget(0, 65536, 01600) ? \"yes\" : \"$!\", \"\\n\", defined shmget(0, 1 << 32, 01600) ? \"yes\" : \"$!\"'"),
            "yes\nInvalid argument");
}

TEST_F(SandboxTest, AnotherFolderInItsPlaceIsNotTakenForTheWorkspace) {
  inside("echo mine > here");
  const std::string aside = folder / "aside";
  ASSERT_EQ(::rename(workspace.c_str(), aside.c_str()), 0);
  ASSERT_TRUE(make_folders(folder / "secret"));
  write_whole_file(folder / "secret/key", "s3cret");
  ::chmod((folder / "secret").c_str(), 0755);
  ASSERT_EQ(::symlink((folder / "secret").c_str(), workspace.c_str()), 0);
  EXPECT_EQ(inside("ls; cat here"), "here\nmine\n") << "it is still the folder that was opened";
}

TEST_F(SandboxTest, WhatACommandSaysIsNotReadInTheListOfProcesses) {
  const std::string mark = new_mark();
  EXPECT_EQ(inside("# " + mark + "\ntr '\\0' ' ' < /proc/$$/cmdline | grep -c " + mark + "; echo $0; echo $((6 * 7))"), "0\nbash\n42\n");
  EXPECT_EQ(inside("echo <"), "bash: eval: line 1: syntax error near unexpected token `newline'\nbash: eval: line 1: `echo <'\n");
}

TEST_F(SandboxTest, ARootsProjectIsWorkedInAndStaysRoots) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root's files are met as another's";
  if (!opened->unmapped().empty()) GTEST_SKIP() << opened->unmapped();
  ASSERT_TRUE(make_folders(workspace + "/deep/er"));
  write_whole_file(workspace + "/deep/er/file", "old\n");
  ::chmod((workspace + "/deep/er/file").c_str(), 0600);
  EXPECT_EQ(inside("cat deep/er/file; echo new > deep/er/file; echo x > deep/er/made; mkdir deep/dir; stat -c %u deep/er/made"), "old\n1000\n");
  EXPECT_EQ(read_whole_file(workspace + "/deep/er/file"), "new\n");
  for (const char* path : {"/deep/er/file", "/deep/er/made", "/deep/dir"}) {
    struct stat status{};
    ASSERT_EQ(::stat((workspace + path).c_str(), &status), 0) << path;
    EXPECT_EQ(status.st_uid, 0u) << path;
  }
}

TEST_F(SandboxTest, OrdinaryWorkIsNotHindered) {
  EXPECT_EQ(inside("(exit 3); echo $?; mkfifo f && (echo x > f &) && cat f; ls -d /workspace; chmod +x /dev/null 2>/dev/null; "
                   "printf '#!/bin/sh\\necho script\\n' > s; chmod +x s; ./s; ln -s s t && ./t; mv s u; date +%Z"),
            "3\nx\n/workspace\nscript\nscript\nUTC\n");
}

TEST_F(SandboxTest, AMemoryBombMeetsItsLimit) {
  SandboxCommand wanted = command("perl -e '$x = \"a\" x (1 << 29); print length $x'");
  wanted.memory_bytes = 64 * limits::MiB;
  const SandboxOutcome outcome = run_inside(std::move(wanted));
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output.find("536870912"), std::string::npos);
}

TEST_F(SandboxTest, AForkBombMeetsItsLimit) {
  SandboxCommand wanted = command(
      "perl -e 'my $n = 0; while ($n < 1000) { my $p = fork; last unless defined $p; if (!$p) { sleep 100; exit } $n++ } print "
      "$n'");
  wanted.processes_max = 20;
  const SandboxOutcome outcome = run_inside(std::move(wanted));
  EXPECT_GT(std::stoi(outcome.output), 10);
  EXPECT_LE(std::stoi(outcome.output), 20);
}

// By the kernel where a control group can be had, else counted while it runs.
bool met_its_memory_limit(const SandboxOutcome& outcome) { return outcome.out_of_memory || outcome.end == SandboxEnd::OverMemory; }

TEST_F(SandboxTest, SharedMemoryMeetsTheLimit) {
  SandboxCommand wanted = command("python3 -c 'import mmap, time; m = mmap.mmap(-1, 400 << 20); [m.write(b\"x\" * (1 << 20)) for _ in range(400)]; "
                                  "time.sleep(5); print(\"held\")'");
  wanted.memory_bytes = 256 * limits::MiB;
  const SandboxOutcome outcome = run_inside(std::move(wanted));
  EXPECT_TRUE(met_its_memory_limit(outcome)) << outcome.output;
}

TEST_F(SandboxTest, MemoryThatNobodyHasMappedMeetsTheLimit) {
  SandboxCommand wanted = command("python3 -c 'import os, time; f = os.memfd_create(\"x\"); [os.write(f, b\"x\" * (1 << 20)) for _ in range(400)]; "
                                  "time.sleep(5); print(\"held\")'");
  wanted.memory_bytes = 256 * limits::MiB;
  const SandboxOutcome outcome = run_inside(std::move(wanted));
  EXPECT_TRUE(met_its_memory_limit(outcome)) << outcome.output;
}

TEST_F(SandboxTest, AMillionEmptyFilesMeetTheLimit) {
  SandboxCommand wanted = command("python3 -c 'import os\nfor i in range(1000000): os.close(os.open(\"/tmp/%d\" % i, 65))'; echo made");
  wanted.memory_bytes = 64 * limits::MiB;
  const SandboxOutcome outcome = run_inside(std::move(wanted));
  EXPECT_NE(outcome.output, "made\n");
}

TEST_F(SandboxTest, ManySmallProcessesMeetTheLimitTogether) {
  SandboxCommand wanted = command("for i in 1 2 3 4 5; do python3 -c 'import time; x = b\"x\" * (80 << 20); time.sleep(5)' & done; wait; echo held");
  wanted.memory_bytes = 256 * limits::MiB;
  const SandboxOutcome outcome = run_inside(std::move(wanted));
  EXPECT_TRUE(met_its_memory_limit(outcome)) << outcome.output;
}

TEST_F(SandboxTest, MemoryThatProcessesShareCountsOnce) {
  SandboxCommand wanted = command("python3 -c 'import os, time; x = b\"x\" * (100 << 20); [os.fork() for _ in range(2)]; time.sleep(1); os._exit(0)'; echo held");
  wanted.memory_bytes = 256 * limits::MiB;
  const SandboxOutcome outcome = run_inside(std::move(wanted));
  EXPECT_EQ(outcome.end, SandboxEnd::Exited);
  EXPECT_EQ(outcome.output, "held\n");
}

TEST_F(DiskTest, ACommandMayNotFillTheDisk) {
  const SandboxOutcome outcome = fill("mkdir -p a/b; for i in $(seq 300); do head -c 1M /dev/urandom > a/b/$i; done; sleep 25; echo filled");
  EXPECT_EQ(outcome.end, SandboxEnd::OverDisk) << outcome.output;
  EXPECT_EQ(outcome.output, "");
}

TEST_F(DiskTest, FilesWithoutANameCount) {
  const SandboxOutcome outcome = fill("exec 7>gone; rm gone; head -c 300M /dev/urandom >&7; sleep 25; echo filled");
  EXPECT_EQ(outcome.end, SandboxEnd::OverDisk) << outcome.output;
}

TEST_F(DiskTest, WhatWasThereBeforeDoesNotCount) {
  inside("head -c 100M /dev/urandom > old");
  const std::int64_t end = clock.now() + 50;
  while (clock.now() < end) continue;
  const SandboxOutcome outcome = fill("head -c 20M /dev/urandom > new; sleep 1; cat old >/dev/null; echo done");
  EXPECT_EQ(outcome.end, SandboxEnd::Exited);
  EXPECT_EQ(outcome.output, "done\n");
}

TEST_F(SandboxTest, LongOutputKeepsItsHeadAndTail) {
  SandboxCommand wanted = command("echo first; head -c 1000000 /dev/zero | tr '\\0' x; echo; echo last");
  wanted.output_bytes_max = 3'000;
  const SandboxOutcome outcome = run_inside(std::move(wanted));
  EXPECT_EQ(outcome.end, SandboxEnd::Exited);
  EXPECT_EQ(outcome.output_bytes, 1'000'012u);
  EXPECT_LT(outcome.output.size(), 3'100u);
  EXPECT_TRUE(outcome.output.starts_with("first\nxxx"));
  EXPECT_TRUE(outcome.output.ends_with("xxx\nlast\n"));
  EXPECT_NE(outcome.output.find("bytes left out"), std::string::npos);
}

TEST_F(SandboxTest, AFloodOfOutputIsCut) {
  const SandboxOutcome outcome = run_inside(command("yes"));
  EXPECT_EQ(outcome.end, SandboxEnd::OutputCut);
  EXPECT_LT(outcome.output_bytes, limits::kOutputRead + limits::MiB);
  EXPECT_LT(outcome.output.size(), limits::kOutputKept + 200);
}

TEST_F(SandboxTest, OutputIsSeenAsItComes) {
  std::string seen;
  const auto outcome = run(io, sandbox.run(command("echo a; echo b >&2"), [&](std::string_view bytes) { seen += bytes; }));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(seen, "a\nb\n");
}

TEST_F(SandboxTest, ACommandThatTakesTooLongIsKilledWithWhatItStarted) {
  const std::string mark = new_mark();
  SandboxCommand wanted = command("trap '' TERM HUP; echo begun; sleep " + mark + " & sleep " + mark);
  wanted.time_ms = 1'000;
  const SandboxOutcome outcome = run_inside(std::move(wanted));
  EXPECT_EQ(outcome.end, SandboxEnd::TimedOut);
  EXPECT_EQ(outcome.output, "begun\n");
  EXPECT_EQ(processes_with(mark), 0);
}

TEST_F(SandboxTest, ADaemonDoesNotOutliveItsCommand) {
  const std::string mark = new_mark();
  const SandboxOutcome outcome = run_inside(command("(setsid sleep " + mark + " >/dev/null 2>&1 </dev/null &); echo done"));
  EXPECT_EQ(outcome.output, "done\n");
  EXPECT_TRUE(run(io, eventually([&] { return processes_with(mark) == 0; }, 2'000)));
}

Task<void> run_and_forget(Sandbox& sandbox, SandboxCommand command) { co_await sandbox.run(std::move(command), {}); }

Task<void> cancel_a_command(Executor executor, Sandbox& sandbox, SandboxCommand command, std::string mark) {
  Scope scope(executor);
  scope.spawn("command", run_and_forget(sandbox, std::move(command)));
  const bool started = co_await eventually([&] { return processes_with(mark) > 0; });
  EXPECT_TRUE(started);
  co_await scope.stop();
  const bool gone = co_await eventually([&] { return processes_with(mark) == 0; }, 1'000);
  EXPECT_TRUE(gone);
}

TEST_F(SandboxTest, CancellingKillsTheWholeTreeAtOnce) {
  const std::string mark = new_mark();
  run(io, cancel_a_command(executor, sandbox, command("setsid sleep " + mark + " & sleep " + mark), mark));
}

// Not a test of its own: the server of the next one, which finds its orders in the environment.
TEST_F(SandboxTest, DISABLED_ServerThatWillBeKilled) {
  const char* mark = ::getenv("ZO_TEST_MARK");
  if (mark == nullptr) GTEST_SKIP() << "runs within CommandsDieWithTheServer";
  ASSERT_TRUE(harden_process());  // as servers are
  run_inside(command(fmt::format("setsid sleep {} & sleep {}", mark, mark)));
}

// Nor is this: it starts one command after the other, to be killed in the middle of whatever it does.
TEST_F(SandboxTest, DISABLED_BusyServerThatWillBeKilled) {
  const char* mark = ::getenv("ZO_TEST_MARK");
  if (mark == nullptr) GTEST_SKIP() << "runs within CommandsDieWithTheServerEvenWhileTheyStart";
  for (;;) run_inside(program({"true", mark}));
}

bool is_alive(pid_t pid) {
  const std::string status = load_file(fmt::format("/proc/{}/status", pid), limits::MiB).value_or("State:\tZ");
  return status.find("State:\tZ") == std::string::npos;
}

// Kills the server once its tree has `enough` processes, and expects that none of them is left soon after.
// What it leaves lies in `folder`.
Task<void> kill_a_server(Executor executor, std::string test, std::size_t enough, std::string folder) {
  const std::string mark = new_mark();
  const Spawn spawn{.program = "/proc/self/exe",
                    .argv = {"server", "--gtest_also_run_disabled_tests", "--gtest_filter=*" + test},
                    .environment = {"ZO_TEST_MARK=" + mark, "PATH=/usr/bin", "TMPDIR=" + folder}};
  Result<std::unique_ptr<Process>> server = Process::start(executor, spawn);
  if (!server) throw std::runtime_error(server.error().message);
  std::vector<pid_t> tree;
  const auto grown = [&] { return (tree = tree_below((*server)->pid())).size() >= enough; };
  const bool started = co_await eventually(grown, 10'000);
  EXPECT_TRUE(started) << enough;
  ::kill((*server)->pid(), SIGKILL);  // the process alone, not its group
  for (std::size_t i = 0, count = tree.size(); i < count; ++i)
    for (const pid_t pid : tree_below(tree[i])) tree.push_back(pid);
  const int code = co_await (*server)->wait();
  EXPECT_EQ(code, 128 + SIGKILL);
  const bool gone = co_await eventually([&] { return std::ranges::none_of(tree, is_alive) && processes_with(mark) == 0; }, 2'000);
  EXPECT_TRUE(gone);
}

TEST_F(SandboxTest, CommandsDieWithTheServer) {
  for (int i = 0; i < 3; ++i) run(io, kill_a_server(executor, "DISABLED_ServerThatWillBeKilled", 6, folder.path()));
}

// A command that starts is one to four processes, so the kill comes at every stage.
TEST_F(SandboxTest, CommandsDieWithTheServerEvenWhileTheyStart) {
  for (std::size_t i = 0; i < 4; ++i) run(io, kill_a_server(executor, "DISABLED_BusyServerThatWillBeKilled", 1 + i, folder.path()));
}

struct Twice {
  Sandbox& sandbox;
  const Workspace& workspace;
  Task<std::string> operator()(int number) {
    SandboxCommand command{.argv = {"sh", "-c", fmt::format("echo $(({} * 2))", number)}, .workspace = &workspace};
    const auto outcome = co_await sandbox.run(std::move(command), {});
    co_return outcome ? outcome->output : outcome.error().message;
  }
};

TEST_F(SandboxTest, CommandsRunBesideEachOther) {
  const auto outputs = run(io, gather(std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}, 4, Twice{sandbox, *opened}));
  EXPECT_EQ(outputs, (std::vector<std::string>{"2\n", "4\n", "6\n", "8\n", "10\n", "12\n", "14\n", "16\n"}));
}

TEST_F(SandboxTest, AWorkspaceThatCannotBeUsedIsNamed) {
  ASSERT_EQ(::rmdir(workspace.c_str()), 0);
  const auto missing = run(io, sandbox.run(command("true"), {}));
  EXPECT_EQ(missing.error().message, "the workspace " + workspace + " has been deleted");
  reopen();
  ASSERT_EQ(::chmod(workspace.c_str(), 0000), 0);
  const auto denied = run(io, sandbox.run(command("true"), {}));
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Code::Denied) << denied.error().message;
}

TEST_F(SandboxTest, ACommandThatIsNoneIsRefused) {
  EXPECT_EQ(run(io, sandbox.run(program({}), {})).error().message, "there is no command to run");
  EXPECT_EQ(run(io, sandbox.run(command(std::string("a\0b", 3)), {})).error().code, Code::Invalid);
  EXPECT_EQ(run(io, sandbox.run(program({"true", std::string(200'000, 'x')}), {})).error().message, "the command has 200 kB, limit 122 kB");
  EXPECT_EQ(run(io, sandbox.run(command(std::string(2'000'000, 'x')), {})).error().message, "the command has 2 MB, limit 1 MB");
  EXPECT_EQ(run_inside(command("true " + std::string(500'000, 'x'))).exit_code, 0);
}

// Puts a program of that name first in PATH.
struct OtherBubblewrap {
  TempFolder folder;
  std::string before = ::getenv("PATH");
  explicit OtherBubblewrap(const std::string& script) {
    ::chmod(folder.path().c_str(), 0755);
    if (!script.empty()) write_whole_file(folder / "bwrap", script);
    ::chmod((folder / "bwrap").c_str(), 0755);
    ::setenv("PATH", folder.path().c_str(), 1);
  }
  ~OtherBubblewrap() { ::setenv("PATH", before.c_str(), 1); }
};

TEST_F(SandboxTest, WithoutBubblewrapNothingRuns) {
  const OtherBubblewrap none("");
  Sandbox other(executor, clock, threads);
  const auto outcome = run(io, other.run(command("touch ran"), {}));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::Unavailable);
  EXPECT_NE(outcome.error().message.find("bubblewrap is not installed"), std::string::npos);
  EXPECT_EQ(outcome.error().advice, "apt-get install bubblewrap");
  EXPECT_NE(::access((workspace + "/ran").c_str(), F_OK), 0);
}

TEST_F(SandboxTest, ABubblewrapThatFailsIsQuotedAndNothingRuns) {
  const OtherBubblewrap broken("#!/bin/sh\necho 'bwrap: out of wrap' >&2\nexit 1\n");
  Sandbox other(executor, clock, threads);
  const auto outcome = run(io, other.run(command("touch ran"), {}));
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("out of wrap"), std::string::npos);
  EXPECT_NE(::access((workspace + "/ran").c_str(), F_OK), 0);
}

TEST_F(SandboxTest, ABubblewrapThatWrapsNothingIsFoundOut) {
  const OtherBubblewrap fake("#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n");
  Sandbox other(executor, clock, threads);
  const auto outcome = run(io, other.run(command("touch ran"), {}));
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("another folder stands in its place"), std::string::npos) << outcome.error().message;
  EXPECT_NE(::access((workspace + "/ran").c_str(), F_OK), 0);
}

TEST(Canary, EveryPromiseIsCompared) {
  EXPECT_EQ(first_broken_promise(""), ", where 'uid 1000' is needed");
  EXPECT_EQ(first_broken_promise("uid 0\n"), "uid 0, where 'uid 1000' is needed");
  EXPECT_EQ(first_broken_promise("uid 1000\ngid 1000\nno_new_privs 1\nfilter 0\n"), "filter 0, where 'filter 2' is needed");
}

// Services

bool can_connect(const std::string& path) {
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

struct SandboxServiceTest : SandboxTest {
  std::string run_folder = folder / "run";

  SandboxService service(std::string script) {
    return {.name = "a test", .argv = {"sh", "-c", std::move(script)}, .environment = {"EXTRA=yes"}, .folder = run_folder};
  }
};

Task<void> use_a_socket(Sandbox& sandbox, SandboxService wanted, std::string socket, std::string mark) {
  Result<std::unique_ptr<SandboxedService>> service = co_await sandbox.start_service(std::move(wanted));
  if (!service) throw std::runtime_error(service.error().message);
  const bool reached = co_await eventually([&] { return can_connect(socket); });
  EXPECT_TRUE(reached) << (*service)->output_tail();
  EXPECT_GT(processes_with(mark), 0);
  service->reset();
  const bool gone = co_await eventually([&] { return processes_with(mark) == 0; }, 2'000);
  EXPECT_TRUE(gone);
}

TEST_F(SandboxServiceTest, AServiceIsReachedThroughASocketInItsFolderAndDiesWhenDropped) {
  const std::string mark = new_mark();
  const std::string perl =
      "exec perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Local => \"m.sock\", Listen => 5) or die $!; "
      "while (1) { $s->accept }' " +
      mark;
  run(io, use_a_socket(sandbox, service(perl), run_folder + "/m.sock", mark));
}

Task<std::string> output_of_service(Sandbox& sandbox, SandboxService wanted) {
  Result<std::unique_ptr<SandboxedService>> service = co_await sandbox.start_service(std::move(wanted));
  if (!service) co_return service.error().message;
  const int code = co_await (*service)->wait();
  const bool all_read = co_await eventually([&] { return (*service)->output_tail().ends_with("end\n"); });
  EXPECT_TRUE(all_read);
  co_return fmt::format("{}\n{}", code, (*service)->output_tail());
}

TEST_F(SandboxServiceTest, AServiceReadsWhatItIsGivenAndWritesOnlyItsFolder) {
  ASSERT_TRUE(make_folders(folder / "home/tree"));  // 0700, as homes are
  ASSERT_EQ(::chmod((folder / "home/tree").c_str(), 0755), 0);
  write_whole_file(folder / "home/tree/model.gguf", "weights");
  SandboxService wanted = service(
      "cat /data/model.gguf; echo; cat /opt/tree/model.gguf; echo; pwd; echo $EXTRA; touch here && echo wrote; "
      "touch /data/x /opt/tree/x 2>/dev/null || echo refused; ls /workspace 2>/dev/null; echo end; exit 5");
  wanted.readable = {{folder / "home/tree/model.gguf", "/data/model.gguf"}, {folder / "home/tree", "/opt/tree"}};
  EXPECT_EQ(run(io, output_of_service(sandbox, std::move(wanted))),
            "5\nweights\nweights\n/run/service\nyes\nwrote\nrefused\nend\n");
}

TEST_F(SandboxServiceTest, AServicesOutputIsKeptToItsTail) {
  const std::string seen = run(io, output_of_service(sandbox, service("seq 1 100000; echo end")));
  EXPECT_LT(seen.size(), 20'000u);
  EXPECT_TRUE(seen.ends_with("99999\n100000\nend\n"));
}

// All of the above once more, as somebody else: servers of ordinary people are not root.
TEST(SandboxAsAnOrdinaryUser, HoldsAsWell) {
  if (::geteuid() != 0) GTEST_SKIP() << "this is an ordinary user already";
  const TempFolder folder;
  constexpr unsigned kUser = 64'321;
  ASSERT_EQ(::chown(folder.path().c_str(), kUser, kUser), 0);
  const Fd program(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const std::string temporary = "TMPDIR=" + folder.path();
  char name[] = "sandbox_test";
  char filter[] = "--gtest_filter=Sandbox*Test.*:DiskTest.*";
  char brief[] = "--gtest_brief=1";
  char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
  char* arguments[] = {name, filter, brief, nullptr};
  char* environment[] = {const_cast<char*>(temporary.c_str()), path, nullptr};
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) == 0 && ::setresgid(kUser, kUser, kUser) == 0 && ::setresuid(kUser, kUser, kUser) == 0)
      ::fexecve(program.get(), arguments, environment);
    ::_exit(99);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "see above";
}

}  // namespace
}  // namespace zo
