// A child process. It gets exactly the descriptors, arguments and environment that are listed, nothing else of ours; it leads a
// process group of its own; and it is told to end when the thread that started it ends, however that happens: start children
// from the io thread.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "base/result.h"
#include "os/fd.h"

namespace zo {

struct Spawn {
  std::string program;  // a path
  int program_fd = -1;  // if given, this open file is executed, and `program` only names it in errors
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value"
  std::vector<int> fds;                  // fds[i] becomes descriptor i of the child; -1 is /dev/null. Borrowed.
  std::string folder = "/";              // working directory
  int end_signal = SIGKILL;              // what it gets when it is dropped, and from the kernel when we die
};

// Where the shell would find it: a path below a folder of PATH; empty when there is none.
std::string find_program(std::string_view name);

class Process {
 public:
  // Returns once the program is executed, so an error is the real one: "cannot start /usr/bin/x: No such file or directory".
  static Result<std::unique_ptr<Process>> start(const Executor& executor, const Spawn& spawn);
  // Ends what still runs; whoever is slow to die is reaped by the io_context later.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The exit code; 128 + signal when a signal ended it, as a shell would say. One waiter at a time; may be asked again.
  Task<int> wait();
  // Tells it to end, by its end_signal. Does nothing once the child has been waited for.
  void kill();
  pid_t pid() const { return pid_; }

 private:
  Process(const Executor& executor, pid_t pid, Fd pidfd, int end_signal);
  bool reap();

  pid_t pid_;
  int end_signal_;
  int exit_code_ = -1;  // -1: not reaped yet
  std::shared_ptr<asio::posix::stream_descriptor> pidfd_;
};

struct PipeFds {
  Fd read;
  Fd write;
};
// Both ends are closed on exec, and blocking.
Result<PipeFds> make_pipe();

// The reading end of a pipe, on the io thread.
class PipeReader {
 public:
  PipeReader(const Executor& executor, Fd fd, std::size_t buffer_bytes = 64 * 1024);
  // The next bytes, valid until the next call; empty at the end. Errors of reading count as the end.
  Task<std::string_view> next();
  // The same for callers that are no coroutines; not called when the reader is dropped before.
  void read(std::move_only_function<void(std::string_view)> then);

 private:
  asio::posix::stream_descriptor descriptor_;
  std::shared_ptr<std::vector<char>> buffer_;  // shared with a read() whose reader was dropped
};

}  // namespace zo
