#include "os/process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstdlib>

#include "base/text.h"
#include "os/file.h"

namespace zo {
namespace {

// The thread sanitizer cannot follow a child that shares our memory; under it the child gets a copy, as with fork().
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr int kShareMemory = 0;
#else
constexpr int kShareMemory = CLONE_VM;
#endif
#endif

constexpr std::size_t kStackBytes = 64 * 1024;
constexpr std::size_t kFdsMax = 64;

// All that the child needs between clone and exec, where it must not allocate.
struct Plan {
  const char* program;
  int program_fd;
  char* const* argv;
  char* const* environment;
  const int* fds;
  unsigned fd_count;
  const char* folder;
  int end_signal;
  pid_t parent;
  int* error;  // in memory that parent and child share
};

#define ZO_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined", "coverage"), no_stack_protector))

// Moves the listed descriptors to 0, 1, 2 … and the program's to the next number, and closes the rest. First everything goes
// above the range, so that no move overwrites one still to come.
ZO_IN_CHILD bool arrange_fds(const Plan& plan) {
  int moved[kFdsMax + 1];
  const unsigned n = plan.fd_count;
  for (unsigned i = 0; i <= n; ++i) {
    const int from = i < n ? plan.fds[i] : plan.program_fd;
    if (i == n && from < 0) break;
    const long null = from < 0 ? ::syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR) : from;
    moved[i] = static_cast<int>(::syscall(SYS_fcntl, null, F_DUPFD, kFdsMax + 1));
    if (moved[i] < 0) return false;
  }
  for (unsigned i = 0; i < n; ++i)
    if (::syscall(SYS_dup3, moved[i], i, 0) < 0) return false;
  if (plan.program_fd >= 0 && ::syscall(SYS_dup3, moved[n], n, O_CLOEXEC) < 0) return false;
  return ::syscall(SYS_close_range, plan.program_fd >= 0 ? n + 1 : n, ~0U, 0) == 0;
}

// Handlers of ours must not run in the child, and signals that we ignore must not stay ignored.
ZO_IN_CHILD void reset_signals() {
  const unsigned long defaults[4] = {};  // a kernel sigaction: SIG_DFL, no flags, no restorer, empty mask
  for (int signal = 1; signal < 65; ++signal) ::syscall(SYS_rt_sigaction, signal, defaults, nullptr, 8);
}

ZO_IN_CHILD int child_main(void* argument) {
  const Plan& plan = *static_cast<const Plan*>(argument);
  reset_signals();
  const bool ready = ::syscall(SYS_prctl, PR_SET_PDEATHSIG, plan.end_signal, 0, 0, 0) == 0 &&
                     ::syscall(SYS_getppid) == plan.parent &&  // else the parent died before it could be watched
                     ::syscall(SYS_setpgid, 0, 0) == 0 && ::syscall(SYS_chdir, plan.folder) == 0 && arrange_fds(plan);
  if (ready) {
    const unsigned long none = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, 8);
    if (plan.program_fd >= 0) ::syscall(SYS_execveat, plan.fd_count, "", plan.argv, plan.environment, AT_EMPTY_PATH);
    else ::syscall(SYS_execve, plan.program, plan.argv, plan.environment);
  }
  *plan.error = errno;
  ::syscall(SYS_exit_group, 127);
  return 127;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

struct Cloned {
  pid_t pid = -1;
  int pidfd = -1;
  int error = 0;
};

// Like vfork: we go on when the child has executed its program or has given up. No signal may reach the child before it has
// dropped our handlers.
Cloned clone_child(Plan plan) {
  void* memory = ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return {.error = errno};
  plan.error = static_cast<int*>(memory);
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Cloned child;
  child.pid = ::clone(child_main, static_cast<char*>(memory) + kStackBytes,
                      kShareMemory | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &plan, &child.pidfd);
  child.error = child.pid < 0 ? errno : *plan.error;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::munmap(memory, kStackBytes);
  return child;
}

int exit_code_of(const siginfo_t& info) { return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status; }

}  // namespace

std::string find_program(std::string_view name) {
  const char* path = ::getenv("PATH");
  for (const std::string_view folder : split(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
    std::string program = fmt::format("{}/{}", folder, name);
    if (folder.starts_with('/') && ::access(program.c_str(), X_OK) == 0) return program;
  }
  return {};
}

Result<std::unique_ptr<Process>> Process::start(const Executor& executor, const Spawn& spawn) {
  ZO_CHECK(spawn.fds.size() <= kFdsMax && !spawn.argv.empty());
  const std::vector<char*> argv = pointers(spawn.argv);
  const std::vector<char*> environment = pointers(spawn.environment);
  const Cloned child = clone_child({.program = spawn.program.c_str(),
                                    .program_fd = spawn.program_fd,
                                    .argv = argv.data(),
                                    .environment = environment.data(),
                                    .fds = spawn.fds.data(),
                                    .fd_count = static_cast<unsigned>(spawn.fds.size()),
                                    .folder = spawn.folder.c_str(),
                                    .end_signal = spawn.end_signal,
                                    .parent = ::getpid(),
                                    .error = nullptr});
  if (child.pid < 0) return os_fail(child.error, "cannot start another process");
  std::unique_ptr<Process> process(new Process(executor, child.pid, Fd(child.pidfd), spawn.end_signal));
  if (child.error != 0) return os_fail(child.error, "cannot start " + spawn.program);
  return process;
}

Process::Process(const Executor& executor, pid_t pid, Fd pidfd, int end_signal)
    : pid_(pid), end_signal_(end_signal), pidfd_(std::make_shared<asio::posix::stream_descriptor>(executor, pidfd.release())) {}

bool Process::reap() {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd_->native_handle()), &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
    return false;
  exit_code_ = exit_code_of(info);
  return true;
}

Process::~Process() {
  if (exit_code_ >= 0) return;
  kill();
  if (reap()) return;
  auto reap_later = [pidfd = pidfd_](const boost::system::error_code&) {
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(pidfd->native_handle()), &info, WEXITED | WNOHANG);
  };
  pidfd_->async_wait(asio::posix::stream_descriptor::wait_read, std::move(reap_later));
}

Task<int> Process::wait() {
  while (exit_code_ < 0 && !reap()) {
    auto ended = pidfd_->async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    co_await std::move(ended);
  }
  co_return exit_code_;
}

void Process::kill() {
  // Until it is reaped the number cannot belong to anyone else. A child that ends its own tree is asked alone; of any other the
  // whole process group is killed.
  if (exit_code_ < 0) ::kill(end_signal_ == SIGKILL ? -pid_ : pid_, end_signal_);
}

Result<PipeFds> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return os_fail(errno, "cannot make a pipe");
  return PipeFds{Fd(fds[0]), Fd(fds[1])};
}

PipeReader::PipeReader(const Executor& executor, Fd fd, std::size_t buffer_bytes)
    : descriptor_(executor, fd.release()), buffer_(std::make_shared<std::vector<char>>(buffer_bytes)) {}

Task<std::string_view> PipeReader::next() {
  auto reading = descriptor_.async_read_some(asio::buffer(*buffer_), asio::as_tuple(asio::use_awaitable));
  const auto [error, count] = co_await std::move(reading);
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  co_return std::string_view(buffer_->data(), error ? 0 : count);
}

void PipeReader::read(std::move_only_function<void(std::string_view)> then) {
  auto finish = [buffer = buffer_, then = std::move(then)](const boost::system::error_code& error, std::size_t count) mutable {
    if (error != asio::error::operation_aborted) then({buffer->data(), error ? 0 : count});
  };
  descriptor_.async_read_some(asio::buffer(*buffer_), std::move(finish));
}

}  // namespace zo
