#include "sandbox/launch.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include "async/deadline.h"
#include "base/embed.h"
#include "base/text.h"
#include "os/file.h"
#include "os/owner.h"
#include "sandbox/diagnose.h"
#include "sandbox/filter.h"

ZO_EMBEDDED(launcher)

namespace zo {
namespace {

constexpr std::int64_t kArmMs = 30'000;  // a machine that needs longer to start a process is not one to work on
constexpr std::size_t kComplaintBytes = 4'096;
constexpr std::size_t kInnerId = 1'000;      // uid and gid inside
constexpr std::size_t kScratchBytes = 64 * limits::MiB;  // of /tmp, and of /dev/shm
// Where root mounts what an unprivileged user must reach; only in the namespace of the command.
constexpr std::string_view kStage = "/mnt";

// Files of /etc that are written for the sandbox rather than taken from the host.
struct EtcFile {
  const char* path;
  std::string_view text;
};
constexpr std::array<EtcFile, 5> kEtcFiles{{
    {"/etc/passwd", "root:x:0:0:root:/root:/usr/sbin/nologin\nzo:x:1000:1000:zo:/workspace:/bin/bash\n"
                    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
    {"/etc/group", "root:x:0:\nzo:x:1000:\nnogroup:x:65534:\n"},
    {"/etc/hosts", "127.0.0.1 localhost zo\n::1 localhost\n"},
    {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"},
    {"/etc/resolv.conf", ""},
}};

// Descriptors of bubblewrap and the launchers, behind those of the command.
struct Numbers {
  explicit Numbers(std::size_t passed) : options(kPassedFd + static_cast<int>(passed)) {}
  int options;
  int report = options + 1;
  int launcher = options + 2;
  int filter = options + 3;
  int words = options + 4;
  int script = options + 5;  // kScriptPath. One that scripts do not use themselves, and that every shell can name
  int first_file = options + 6;
  int folder = first_file + static_cast<int>(kEtcFiles.size());
  int mapping = folder + 1;
  int listener = folder + 2;
  int first_door = folder + 3;
};

constexpr const char* kHostEtc[] = {"/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/certs", "/etc/ssl/openssl.cnf",
                                    "/etc/localtime", "/etc/mime.types"};

using Words = std::vector<std::string>;

void append(Words& words, std::initializer_list<std::string> more) { words.insert(words.end(), more); }

// /bin, /lib and so on are links into /usr on merged systems and folders on old ones.
void add_system_folders(Words& words) {
  append(words, {"--ro-bind", "/usr", "/usr"});
  for (const char* path : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    char target[256];
    const ssize_t length = ::readlink(path, target, sizeof target);
    if (length > 0) append(words, {"--symlink", std::string(target, static_cast<std::size_t>(length)), path});
    else append(words, {"--ro-bind-try", path, path});
  }
}

void add_etc(Words& words, const Numbers& numbers) {
  append(words, {"--perms", "0755", "--dir", "/etc"});
  for (const char* path : kHostEtc) append(words, {"--ro-bind-try", path, path});
  for (std::size_t i = 0; i < kEtcFiles.size(); ++i)
    append(words, {"--perms", "0644", "--file", std::to_string(numbers.first_file + static_cast<int>(i)), kEtcFiles[i].path});
}

void add_scratch(Words& words, const char* path) {
  append(words, {"--size", std::to_string(kScratchBytes), "--perms", "1777", "--tmpfs", path});
}

// The folders of git that hold some of them, and those on the way there (of a submodule). Mounted onto themselves they cannot be
// renamed, so that no other takes their place. Each comes before what is in it.
std::set<std::string> git_folders(const std::vector<ReadOnlyPlace>& places) {
  std::set<std::string> folders;
  for (const ReadOnlyPlace& place : places) {
    const std::string path = "/" + place.path;
    const std::size_t git = path.find("/.git/");
    if (git == std::string::npos) continue;
    for (std::size_t end = git + 5; end != std::string::npos; end = path.find('/', end + 1)) folders.insert(path.substr(1, end - 1));
  }
  return folders;
}

// Bubblewrap's options; `staged` is where the outer launcher has put each mount, the writable one first.
Words bubblewrap_options(const Launch& launch, const Numbers& numbers, const Words& staged) {
  const std::string id = std::to_string(kInnerId);
  Words words{"--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
              "--disable-userns", "--die-with-parent", "--new-session", "--uid", id, "--gid", id, "--hostname", "zo", "--seccomp", std::to_string(numbers.filter)};
  add_system_folders(words);
  add_etc(words, numbers);
  append(words, {"--proc", "/proc", "--dev", "/dev"});
  add_scratch(words, "/dev/shm");
  add_scratch(words, "/tmp");
  for (std::size_t i = 0; i < launch.readable.size(); ++i) append(words, {"--ro-bind", staged[i + 1], launch.readable[i].inside});
  append(words, {"--bind", staged[0], launch.writable.inside, "--chdir", launch.writable.inside});
  for (const std::string& folder : git_folders(launch.read_only)) append(words, {"--bind", staged[0] + "/" + folder, launch.writable.inside + "/" + folder});
  for (const ReadOnlyPlace& place : launch.read_only) {
    const std::string inside = launch.writable.inside + "/" + place.path;
    if (place.is_missing) append(words, {"--tmpfs", inside, "--remount-ro", inside});
    else append(words, {"--ro-bind", staged[0] + "/" + place.path, inside});
  }
  // With /proc read-only nothing in here can write another's memory, not even that of the first process.
  append(words, {"--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"});
  return words;
}

// What the inner launcher is told, in a file: arguments can be read by every user of the machine.
Words inner_words(const Launch& launch, const Numbers& numbers, const struct stat& folder) {
  Words words{std::to_string(numbers.report), std::to_string(launch.processes_max), std::to_string(folder.st_dev), std::to_string(folder.st_ino),
              launch.writable.inside, std::to_string(launch.passed.size())};
  for (const std::string& variable : launch.environment) append(words, {"--env", variable});
  for (const ReadOnlyPlace& place : launch.read_only)
    if (!place.is_missing) append(words, {"--read-only", std::to_string(place.device), std::to_string(place.inode), place.path});
  if (!launch.script.empty()) append(words, {"--keep", std::to_string(numbers.script)});
  if (launch.listen_port != 0) append(words, {"--listen", std::to_string(numbers.listener), std::to_string(launch.listen_port)});
  words.insert(words.end(), launch.command.begin(), launch.command.end());
  return words;
}

// What the outer launcher is told: to join `doors` control groups and, as root, to mount what bubblewrap shall find in `staged`.
Words outer_words(const Launch& launch, const Numbers& numbers, std::size_t doors, Words& staged) {
  const bool root = ::geteuid() == 0;
  Words words{"zo-launcher", "outer", std::to_string(launch.memory_bytes)};
  for (std::size_t i = 0; i < doors; ++i) append(words, {"--cgroup", std::to_string(numbers.first_door + static_cast<int>(i))});
  if (root) {
    append(words, {"--folder", std::to_string(numbers.folder), launch.writable.mapping < 0 ? "-" : std::to_string(numbers.mapping)});
    append(words, {"--user", std::to_string(workspace_owner().uid), std::string(kStage)});
  }
  staged.push_back(root ? fmt::format("{}/0", kStage) : launch.writable.host);
  for (const SandboxMount& mount : launch.readable) {
    staged.push_back(root ? fmt::format("{}/{}", kStage, staged.size()) : mount.host);
    if (root) append(words, {"--mount", mount.host, staged.back()});
  }
  words.emplace_back("--");
  return words;
}

Result<> add_memory_file(std::vector<Fd>& fds, std::string_view bytes) {
  ZO_TRY(Fd fd, memory_file("zo-sandbox", bytes));
  fds.push_back(std::move(fd));
  return {};
}

// Each word ended by a zero byte.
std::string zero_ended(const Words& words) {
  std::string bytes;
  for (const std::string& word : words) bytes.append(word).push_back('\0');
  return bytes;
}

struct DoorFds {
  Fd ours;
  Fd theirs;
};

Result<DoorFds> make_door() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return os_fail(errno, "cannot make a pair of sockets");
  return DoorFds{Fd(ends[0]), Fd(ends[1])};
}

// What has been sent through `door`: it was, before the launcher reported.
Fd take_listener(const Fd& door) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(door.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) return {};
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int))) return {};
  int listener = -1;
  std::memcpy(&listener, CMSG_DATA(header), sizeof listener);
  return Fd(listener);
}

std::unexpected<Error> cannot_start(bool found, std::string complaint) {
  SandboxState state = diagnose(look_around(found, std::move(complaint)));
  return fail(Code::Unavailable, std::move(state.reason), std::move(state.advice));
}

// What the stages before the command complained about; empty once the last of them has reported.
Task<std::optional<std::string>> complaint_of(Launched& launched) {
  const std::string_view report = co_await launched.report.next();
  if (report == "armed") co_return std::nullopt;
  std::string complaint;
  for (;;) {
    const std::string_view bytes = co_await launched.output.next();
    if (bytes.empty()) break;
    complaint += bytes.substr(0, kComplaintBytes - complaint.size());
  }
  co_return complaint;
}

}  // namespace

Launcher::Launcher(Executor executor, Clock& clock)
    : executor_(std::move(executor)), clock_(clock), bubblewrap_(find_program("bwrap")) {}

Result<std::unique_ptr<Launched>> Launcher::start(const Launch& launch) {
  ZO_CHECK(launch.passed.size() <= (launch.script.empty() ? kPassedMost : 0));
  ZO_TRY(PipeFds output, make_pipe());
  ZO_TRY(PipeFds report, make_pipe());
  if (!program_.is_open()) {
    ZO_TRY(program_, memory_file("zo-launcher", ZO_EMBEDDED_VIEW(launcher)));
  }
  std::unique_ptr<Cgroup> cgroup = cgroups_.make(launch.memory_bytes, launch.processes_max);
  const std::vector<Fd> doors = cgroup ? cgroup->doors() : std::vector<Fd>{};

  DoorFds way_out;
  if (launch.listen_port != 0) {
    ZO_TRY(way_out, make_door());
  }
  const Numbers numbers(launch.passed.size());
  Words staged;
  Spawn spawn{.program = "zo-launcher", .program_fd = program_.get(), .argv = outer_words(launch, numbers, doors.size(), staged)};
  spawn.end_signal = SIGTERM;  // on which the launcher ends the whole tree
  append(spawn.argv, {bubblewrap_, "--args", std::to_string(numbers.options), "--", fmt::format("/proc/self/fd/{}", numbers.launcher), "inner",
                      std::to_string(numbers.words)});
  struct stat folder{};
  if (::fstat(launch.writable.folder, &folder) != 0) return os_fail(errno, "cannot look at " + launch.writable.host);

  std::vector<Fd> files;
  ZO_OK(add_memory_file(files, zero_ended(bubblewrap_options(launch, numbers, staged))));
  ZO_OK(add_memory_file(files, system_call_filter()));
  ZO_OK(add_memory_file(files, zero_ended(inner_words(launch, numbers, folder))));
  ZO_OK(add_memory_file(files, launch.script));
  for (const EtcFile& file : kEtcFiles) ZO_OK(add_memory_file(files, file.text));

  spawn.fds = {launch.input, launch.output < 0 ? output.write.get() : launch.output, output.write.get()};
  spawn.fds.insert(spawn.fds.end(), launch.passed.begin(), launch.passed.end());
  for (const int fd : {files[0].get(), report.write.get(), program_.get()}) spawn.fds.push_back(fd);
  for (std::size_t i = 1; i < files.size(); ++i) spawn.fds.push_back(files[i].get());
  spawn.fds.push_back(launch.writable.folder);
  spawn.fds.push_back(launch.writable.mapping);
  spawn.fds.push_back(way_out.theirs.get());
  for (const Fd& door : doors) spawn.fds.push_back(door.get());
  ZO_TRY(std::unique_ptr<Process> process, Process::start(executor_, spawn));
  return std::unique_ptr<Launched>(new Launched{std::move(cgroup), PipeReader(executor_, std::move(output.read)),
                                                PipeReader(executor_, std::move(report.read), 64), std::move(way_out.ours), {}, std::move(process)});
}

Task<Result<std::unique_ptr<Launched>>> Launcher::launch(Launch launch) {
  if (bubblewrap_.empty()) bubblewrap_ = find_program("bwrap");
  if (bubblewrap_.empty()) co_return cannot_start(false, "");
  Result<std::unique_ptr<Launched>> launched = start(launch);
  if (!launched) co_return cannot_start(true, launched.error().message);
  const auto complaint = co_await within(clock_, kArmMs, complaint_of(**launched));
  if (!complaint) co_return cannot_start(true, fmt::format("it was not ready within {}", human_duration(kArmMs)));
  if (*complaint) co_return cannot_start(true, **complaint);
  if (launch.listen_port != 0) {
    (*launched)->listener = take_listener((*launched)->door);
    (*launched)->door.close();
    if (!(*launched)->listener.is_open()) co_return cannot_start(true, "the way out was not handed over");
  }
  co_return launched;
}

}  // namespace zo
