// Puts one command line behind the walls: server → zo-launcher outer → bubblewrap → zo-launcher inner → command.
// Commands and services differ only in what they mount and for how long they live.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "async/clock.h"
#include "os/process.h"
#include "sandbox/cgroup.h"
#include "sandbox/sandbox.h"

namespace zo {

// The one folder that can be written. Inside it is HOME and the working directory, too.
struct WritableFolder {
  std::string host;   // where it is now; what is mounted is compared with `folder`
  int folder = -1;    // open (O_PATH). Borrowed, as is the next
  int mapping = -1;   // the user namespace through which its owner is met; -1: none
  std::string inside;
};

struct Launch {
  std::vector<std::string> command;      // what the inner launcher is told after its limits: "--", argv… or "--probe", path
  std::string script;                    // what a shell in `command` reads from kScriptPath, where nothing is passed
  std::vector<SandboxMount> readable;
  WritableFolder writable;
  std::vector<std::string> environment;  // "NAME=value"
  std::vector<ReadOnlyPlace> read_only;  // of the writable folder
  std::size_t memory_bytes = limits::kCommandMemory;
  std::size_t processes_max = limits::kCommandProcesses;
  // Descriptors of ours that the command gets, and no others. Borrowed.
  int input = -1;                        // standard input; -1: /dev/null
  int output = -1;                       // standard output; -1: it comes together with standard error
  std::vector<int> passed;               // from kPassedFd on, at most kPassedMost
  std::uint16_t listen_port = 0;         // on the loopback in there, for Launched::listener; 0: none
};

inline constexpr std::string_view kScriptPath = "/dev/fd/8";
inline constexpr int kPassedFd = 3;
inline constexpr std::size_t kPassedMost = 16;

// A tree of processes inside. Dropping it kills the tree.
struct Launched {
  std::unique_ptr<Cgroup> cgroup;  // may be empty; goes last
  PipeReader output;               // standard error, and standard output unless that was given
  PipeReader report;
  Fd door;                         // through which the listener comes
  Fd listener;                     // listens inside; open only when a port was asked for
  std::unique_ptr<Process> process;
};

class Launcher {
 public:
  Launcher(Executor executor, Clock& clock);

  // Returns when the inner launcher has reported that every layer is in place. Otherwise nothing of the command has run, and
  // the Error is Unavailable and says what is missing.
  Task<Result<std::unique_ptr<Launched>>> launch(Launch launch);
  bool limits_memory_together() const { return cgroups_.limit_memory(); }

 private:
  Result<std::unique_ptr<Launched>> start(const Launch& launch);

  Executor executor_;
  Clock& clock_;
  std::string bubblewrap_;  // its path, empty when there is none
  Fd program_;              // the launcher, in memory, the same for every command
  Cgroups cgroups_;
};

}  // namespace zo
