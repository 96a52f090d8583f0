#include "sandbox/held.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>
#include <optional>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "os/file.h"
#include "os/folder.h"
#include "os/owner.h"

namespace zo {
namespace {

constexpr std::size_t kProcFileBytes = limits::MiB;
constexpr std::size_t kProcesses = 4'096;   // looked at; far more than a command may have
constexpr std::size_t kEntries = 300'000;  // of the workspace, in one look: a kill waits for it
constexpr std::size_t kDepth = 64;
constexpr std::uint64_t kBlockBytes = 512;  // of st_blocks, stat(2)

// "RssAnon:     1234 kB" in a file of /proc; nothing when the file or the line is not there.
std::optional<std::uint64_t> kilobytes_of(const std::string& text, std::string_view name) {
  const std::size_t line = text.find(name);
  if (line == std::string::npos) return std::nullopt;
  const std::string_view rest = trim(std::string_view(text).substr(line + name.size(), 32));
  std::uint64_t value = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), value);
  return value * 1'024;
}

std::string text_of(pid_t pid, const char* file) { return load_file(fmt::format("/proc/{}/{}", pid, file), kProcFileBytes).value_or(""); }

struct Memory {
  std::uint64_t own = 0;
  std::uint64_t shared = 0;
};

// With pages of several processes counted in each of them.
Memory resident(const std::vector<pid_t>& tree) {
  Memory sum;
  for (const pid_t pid : tree) {
    const std::string status = text_of(pid, "status");
    sum.own += kilobytes_of(status, "RssAnon:").value_or(0) + kilobytes_of(status, "VmPTE:").value_or(0);
    sum.shared += kilobytes_of(status, "RssShmem:").value_or(0);
  }
  return sum;
}

// With each page once: its parts of every process that has it. Costs the kernel a walk through their page tables.
Memory proportional(const std::vector<pid_t>& tree) {
  Memory sum;
  for (const pid_t pid : tree) {
    const std::string rollup = text_of(pid, "smaps_rollup");
    sum.own += kilobytes_of(rollup, "Pss_Anon:").value_or(0) + kilobytes_of(text_of(pid, "status"), "VmPTE:").value_or(0);
    sum.shared += kilobytes_of(rollup, "Pss_Shmem:").value_or(0);
  }
  return sum;
}

// The scratch folders inside (file systems in memory): what is in their files, and the kernel's own part of each.
std::uint64_t scratch(pid_t inside) {
  constexpr std::uint64_t kInodeBytes = 1'024;
  std::uint64_t bytes = 0;
  for (const char* folder : {"tmp", "dev/shm"}) {
    struct statvfs status{};
    if (::statvfs(fmt::format("/proc/{}/root/{}", inside, folder).c_str(), &status) != 0) continue;
    bytes += static_cast<std::uint64_t>(status.f_blocks - status.f_bfree) * status.f_frsize + (status.f_files - status.f_ffree) * kInodeBytes;
  }
  return bytes;
}

// Files without a name that some process has open, each once: those in memory (memfd_create(2)), and those of the workspace's disk.
struct Nameless {
  std::uint64_t memory = 0;
  std::uint64_t disk = 0;
};

Nameless nameless(const std::vector<pid_t>& tree, dev_t disk) {
  Nameless sum;
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const pid_t pid : tree) {
    const Folder folder = Folder::open_at(AT_FDCWD, fmt::format("/proc/{}/fd", pid));
    while (const dirent* entry = folder.next()) {
      const char* const name = entry->d_name;
      struct stat status{};
      if (::fstatat(folder.fd(), name, &status, 0) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 0) continue;
      if (!seen.insert({status.st_dev, status.st_ino}).second) continue;
      const std::uint64_t bytes = static_cast<std::uint64_t>(status.st_blocks) * kBlockBytes;
      if (status.st_dev == disk) sum.disk += bytes;
      else if (::major(status.st_dev) == 0) sum.memory += bytes;
    }
  }
  return sum;
}

// One walk through a workspace.
struct Changed {
  timespec since;
  std::uint64_t bytes = 0;
  std::size_t entries = 0;
  std::set<ino_t> several_names;
  bool complete = true;

  bool is_later(const timespec& moment) const {
    return moment.tv_sec != since.tv_sec ? moment.tv_sec > since.tv_sec : moment.tv_nsec >= since.tv_nsec;
  }

  void walk(const Folder& folder, std::size_t depth) {
    if (!folder.is_open() || depth > kDepth) complete = false;
    while (const dirent* entry = complete ? folder.next() : nullptr) {
      const char* const name = entry->d_name;
      struct stat status{};
      if (++entries > kEntries) complete = false;
      if (::fstatat(folder.fd(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(status.st_mode)) walk(Folder::open_at(folder.fd(), name), depth + 1);
      if (!is_later(status.st_ctim)) continue;
      if (S_ISREG(status.st_mode) && status.st_nlink > 1 && !several_names.insert(status.st_ino).second) continue;
      bytes += static_cast<std::uint64_t>(status.st_blocks) * kBlockBytes;
    }
  }
};

}  // namespace

std::vector<pid_t> tree_below(pid_t root) {
  std::vector<pid_t> tree{root};
  for (std::size_t i = 0; i < tree.size() && tree.size() < kProcesses; ++i) {
    const Folder tasks = Folder::open_at(AT_FDCWD, fmt::format("/proc/{}/task", tree[i]));
    while (const dirent* task = tasks.next()) {
      const std::string children = load_file(fmt::format("/proc/{}/task/{}/children", tree[i], task->d_name), kProcFileBytes).value_or("");
      for (const std::string_view child : split(trim(children), ' ')) {
        pid_t pid = 0;
        std::from_chars(child.data(), child.data() + child.size(), pid);
        if (pid > 0) tree.push_back(pid);
      }
    }
  }
  tree.erase(tree.begin());
  return tree;
}

Held held_by(const std::vector<pid_t>& tree, std::uint64_t memory_bytes_max, const Workspace& workspace) {
  struct stat folder{};
  if (::fstat(workspace.folder().get(), &folder) != 0) return {};
  const Nameless files = nameless(tree, folder.st_dev);
  // A file in memory that is mapped as well is in both counts.
  if (memory_bytes_max == 0) return {0, files.disk};
  const std::uint64_t in_files = files.memory + (tree.empty() ? 0 : scratch(tree.back()));
  const auto together = [in_files](const Memory& memory) { return memory.own + std::max(memory.shared, in_files); };
  std::uint64_t memory = together(resident(tree));
  if (memory > memory_bytes_max) memory = together(proportional(tree));
  return {memory, files.disk};
}

MachineMemory machine_memory() {
  const std::string text = load_file("/proc/meminfo", kProcFileBytes).value_or("");
  return {kilobytes_of(text, "MemTotal:").value_or(0), kilobytes_of(text, "MemAvailable:").value_or(0)};
}

std::uint64_t changed_bytes(const Workspace& workspace, TimeMs since) {
  Changed changed{.since = {.tv_sec = since / 1'000, .tv_nsec = since % 1'000 * 1'000'000}};
  const ActAsOwner as_owner;
  changed.walk(Folder::open_at(workspace.view().get(), "."), 0);
  return changed.complete ? changed.bytes : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace zo
