// Runs a command where it can do no harm: bubblewrap with minimal mounts, an empty environment, no network (or one proxy), its own pid, mount,
// net, ipc, uts and user namespaces, and limits on time, memory, processes and output. If any layer cannot be had, nothing
// runs: the error names what is missing. There is no way to switch it off.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "async/threads.h"
#include "base/limits.h"
#include "base/result.h"
#include "os/fd.h"
#include "os/workspace.h"

namespace zo {

// The one way out of a sandbox: its standard variables name a proxy whose socket listens inside and is served outside.
struct SandboxNetwork {
  std::vector<std::string> environment;            // "NAME=value"
  std::function<Task<void>(Fd listener)> serve;    // until it is cancelled
};
inline constexpr std::uint16_t kSandboxProxyPort = 3'128;  // of 127.0.0.1, inside

// One command inside. The workspace is mounted read-write at /workspace, which is also the working directory and HOME.
struct SandboxCommand {
  std::vector<std::string> argv;       // a program and its arguments, or
  std::string script;                  // text for a shell: bash, or sh where there is none
  const Workspace* workspace = nullptr;  // borrowed
  std::int64_t time_ms = limits::kCommandMs;
  std::size_t memory_bytes = limits::kCommandMemory;  // of the whole tree, and of each process
  std::size_t processes_max = limits::kCommandProcesses;
  std::size_t output_bytes_max = limits::kOutputKept;  // head and tail are kept; far beyond it the command is cut
  std::string input;                                   // standard input; closed after it
  DiskAllowance disk;  // watched while it runs
  // What of its output is told and kept, piece by piece, and once more with nothing at the end; none: all of it.
  std::function<std::string(std::string_view)> filter;
  std::vector<ReadOnlyPlace> read_only;  // bound where they are: they cannot be moved away either
  std::optional<SandboxNetwork> network;  // none: no network at all
};

enum class SandboxEnd { Exited, Signalled, TimedOut, OutputCut, OverMemory, OverDisk };

struct SandboxOutcome {
  SandboxEnd end = SandboxEnd::Exited;
  int exit_code = 0;          // 128 + signal when signalled, as a shell would say
  std::string output;         // standard output and error, interleaved as they came; head and tail of at most output_bytes_max
  std::uint64_t output_bytes = 0;  // in all
  std::int64_t elapsed_ms = 0;
  bool out_of_memory = false;  // the kernel ended a process for want of memory; known only where a cgroup can be had
};

// What stands in the way, for `zo doctor`.
struct SandboxState {
  bool ok = false;
  std::string reason;  // "bubblewrap cannot make a user namespace: kernel.apparmor_restrict_unprivileged_userns is 1"
  std::string advice;  // "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or install …"
  bool limits_memory_together = false;  // of a command's processes, by a control group; else they are counted now and then
};

// A path of the host and where it stands inside.
struct SandboxMount {
  std::string host;
  std::string inside;
};

// A program of ours that stays, behind the same walls.
struct SandboxService {
  std::string name;                       // for messages: "the embedded model"
  std::vector<std::string> argv;
  std::vector<std::string> environment;   // "NAME=value", beside PATH, HOME, LANG, TERM and USER
  // Files and folders, read-only; /usr is there anyway. They may stand below a closed folder such as /root, but when we are
  // root they themselves must be readable for everyone.
  std::vector<SandboxMount> readable;
  std::string folder;                     // of the host; made if missing. The only thing it can write, at kServiceFolder
  std::size_t memory_bytes = limits::kCommandMemory;
  std::size_t processes_max = limits::kCommandProcesses;
  // Descriptors of ours that it gets, and no others. Borrowed until it has started.
  int input = -1;           // standard input; -1: a pipe that ends when the service is dropped
  int output = -1;          // standard output; -1: it is kept together with standard error
  std::vector<int> passed;  // 3, 4 and so on inside
};
inline constexpr std::string_view kServiceFolder = "/run/service";

// A service that has started. Dropping it kills the whole tree.
class SandboxedService {
 public:
  virtual ~SandboxedService() = default;
  // The exit code, once it has ended. One waiter at a time; may be asked again.
  virtual Task<int> wait() = 0;
  virtual void kill() = 0;
  // The end of what it wrote to standard error, and to standard output unless that was given; at most kServiceOutput bytes.
  virtual std::string output_tail() const = 0;
};

class Sandbox {
 public:
  // When we run as root, commands run as workspace_owner().
  Sandbox(Executor executor, Clock& clock, Threads& threads);
  ~Sandbox();

  // Runs a canary inside and looks at what it saw. Success is remembered until the process ends; a failure is looked at anew.
  Task<SandboxState> check();
  // `on_output` (may be empty) sees the bytes as they come, on the io thread. Cancelling kills the whole tree at once.
  Task<Result<SandboxOutcome>> run(SandboxCommand command, std::function<void(std::string_view)> on_output);
  // Returns when the program is executed; whether it is ready is for the caller to find out.
  Task<Result<std::unique_ptr<SandboxedService>>> start_service(SandboxService service);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zo
