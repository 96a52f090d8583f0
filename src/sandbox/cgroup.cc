#include "sandbox/cgroup.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "os/file.h"
#include "os/folder.h"
#include "os/mounts.h"

namespace zo {
namespace {

// The outer launcher, bubblewrap's own two, and one in which the kernel starts the command.
constexpr std::size_t kOwnProcesses = 4;
constexpr std::size_t kProcFileBytes = limits::MiB;

std::string text_of(const std::string& path) { return load_file(path, kProcFileBytes).value_or(""); }

bool write_to(const std::string& path, std::string_view text) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd.is_open() && write_all(fd.get(), text).has_value();
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::string_view part : split(trim(text), ' '))
    for (std::string_view name : split(part, ','))
      if (name == word) return true;
  return false;
}

// Where the hierarchy with `controller` is mounted; "cgroup2" for version 2. A mount of a part of the hierarchy, as in containers,
// would not fit the paths of /proc/self/cgroup.
std::optional<std::string> mount_point(std::string_view type, std::string_view controller) {
  for (const Mount& mount : mounts())
    if (mount.type == type && mount.root == "/" && (controller.empty() || has_word(mount.options, controller))) return mount.point;
  return std::nullopt;
}

// Our own group in that hierarchy; lines are "number:controllers:path".
std::string own_path(std::string_view controller) {
  const std::string groups = text_of("/proc/self/cgroup");
  for (std::string_view line : split(groups, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() >= 3 && (controller.empty() ? fields[1].empty() : has_word(fields[1], controller)))
      return std::string(fields[2]);
  }
  return "/";
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "" : path.substr(0, slash);
}

// "zo-PID-N" of a server that is no more. Groups that still hold a process cannot be removed, so nothing is lost by trying.
void remove_leftovers(const std::string& folder) {
  const Folder groups = Folder::open_at(AT_FDCWD, folder);
  while (const dirent* entry = groups.next()) {
    const std::string_view name = entry->d_name;
    const auto parts = split(name, '-');
    pid_t pid = 0;
    if (parts.size() != 3 || parts[0] != "zo") continue;
    std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), pid);
    if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) ::rmdir(fmt::format("{}/{}", folder, name).c_str());
  }
}

// Makes room below our own group: we move into a leaf of it, and the controllers are enabled for what stands beside that. Without
// the right to, or with others in the group, all is left as it was.
bool move_into_leaf(const std::string& own) {
  const std::string offered = text_of(own + "/cgroup.controllers");
  const std::string leaf = own + "/zo-server";
  if (!has_word(offered, "memory") || !has_word(offered, "pids")) return false;
  if (::mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) return false;
  if (write_to(leaf + "/cgroup.procs", "0") && write_to(own + "/cgroup.subtree_control", "+memory +pids")) return true;
  write_to(own + "/cgroup.procs", "0");
  ::rmdir(leaf.c_str());
  return false;
}

}  // namespace

Cgroup::~Cgroup() { all_.remove(std::move(folders_)); }

std::vector<Fd> Cgroup::doors() const {
  std::vector<Fd> doors;
  for (const std::string& folder : folders_) {
    Fd door(::open((folder + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (door.is_open()) doors.push_back(std::move(door));
  }
  return doors;
}

bool Cgroup::out_of_memory() const {
  for (const std::string& folder : folders_)
    for (const char* file : {"/memory.events", "/memory.oom_control"}) {
      const std::string text = text_of(folder + file);
      for (std::string_view line : split(text, '\n'))
        if (line.starts_with("oom_kill ") && line != "oom_kill 0") return true;
    }
  return false;
}

Cgroups::Cgroups() {
  look();
  for (const Place& place : places_) remove_leftovers(place.folder);
}

Cgroups::~Cgroups() { remove({}); }

void Cgroups::remove(std::vector<std::string> folders) {
  folders.insert(folders.end(), busy_.begin(), busy_.end());
  std::erase_if(folders, [](const std::string& folder) { return ::rmdir(folder.c_str()) == 0 || errno != EBUSY; });
  busy_ = std::move(folders);
}

// False where the kernel does not take a limit. Not every machine counts swap, so those limits may be missing.
bool Cgroups::set_limits(const Place& place, const std::string& folder, std::size_t memory_bytes, std::size_t processes_max) {
  const std::string bytes = std::to_string(memory_bytes);
  if (place.memory && !write_to(folder + (place.version_2 ? "/memory.max" : "/memory.limit_in_bytes"), bytes)) return false;
  if (place.memory && place.version_2) write_to(folder + "/memory.swap.max", "0");
  if (place.memory && !place.version_2) write_to(folder + "/memory.memsw.limit_in_bytes", bytes);
  return !place.pids || write_to(folder + "/pids.max", std::to_string(processes_max + kOwnProcesses));
}

void Cgroups::try_place(Place place) {
  const std::string trial = fmt::format("{}/zo-{}-trial", place.folder, ::getpid());
  if (::mkdir(trial.c_str(), 0755) != 0) return;
  const bool taken = set_limits(place, trial, limits::kCommandMemory, limits::kCommandProcesses);
  ::rmdir(trial.c_str());
  if (taken) places_.push_back(std::move(place));
}

bool Cgroups::limit_memory() const { return std::ranges::any_of(places_, &Place::memory); }

void Cgroups::look() {
  if (const auto mount = mount_point("cgroup2", "")) {
    const std::string own = *mount + own_path("");
    // Version 2 allows processes only in leaves: our groups stand beside our own, where the controllers are enabled already, or
    // in our own, when it has been given to us (Delegate=yes) and holds us alone.
    for (const std::string& folder : {*mount + parent_of(own_path("")), own}) {
      if (folder == own && !move_into_leaf(own)) continue;
      const std::string enabled = text_of(folder + "/cgroup.subtree_control");
      if (has_word(enabled, "memory") && has_word(enabled, "pids")) try_place({folder, true, true, true});
      if (!places_.empty()) return;
    }
  }
  for (const char* controller : {"memory", "pids"}) {
    const auto mount = mount_point("cgroup", controller);
    if (!mount) continue;
    const std::string own = own_path(controller);
    const std::string folder = *mount + (own == "/" ? "" : own);
    const bool memory = std::string_view(controller) == "memory";
    try_place({folder, memory, !memory, false});
  }
}

// A group may outlive its command for a moment, and so the Cgroups that made it: its name is not taken for a new one.
std::string Cgroups::free_name() {
  for (;;) {
    const std::string name = fmt::format("/zo-{}-{}", ::getpid(), ++made_);
    if (std::ranges::none_of(places_, [&](const Place& place) { return ::access((place.folder + name).c_str(), F_OK) == 0; })) return name;
  }
}

std::unique_ptr<Cgroup> Cgroups::make(std::size_t memory_bytes, std::size_t processes_max) {
  if (places_.empty()) return nullptr;
  const std::string name = free_name();
  std::vector<std::string> folders;
  for (const Place& place : places_) {
    const std::string folder = place.folder + name;
    // It could be made at the trial; a command that goes without is better than none, and it is said.
    if (::mkdir(folder.c_str(), 0755) != 0) {
      log_warn("sandbox", "a limit is missing: could not make " + folder);
      continue;
    }
    folders.push_back(folder);
    if (!set_limits(place, folder, memory_bytes, processes_max)) log_warn("sandbox", "a limit could not be set in " + folder);
  }
  return std::make_unique<Cgroup>(*this, std::move(folders));
}

}  // namespace zo
