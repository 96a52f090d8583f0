#include "file/walk.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/shown.h"
#include "base/text.h"
#include "os/file.h"
#include "os/folder.h"

namespace zo {
namespace {

constexpr std::size_t kNamesScanned = 100'000;     // of one folder; what comes after them is left out
constexpr std::size_t kDepth = 32;
constexpr std::size_t kSearchFiles = 20'000;       // looked into by one search
constexpr std::size_t kSearchFileBytes = 8 * limits::MiB;  // larger files are passed over
constexpr std::size_t kHitChars = 200;

bool is_entered(std::string_view name) { return name != ".git" && name != "node_modules"; }

std::string joined(const std::string& folder, const std::string& name) { return folder == "." ? name : folder + "/" + name; }

// A symlink counts as what it leads to, and as Other when that is not in the workspace.
struct stat status_at(const Beneath& workspace, int folder, const std::string& path, const char* name) {
  struct stat status{};
  if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISLNK(status.st_mode)) return status;
  const Result<Fd> target = workspace.open(path, O_PATH);
  if (target) ::fstat(target->get(), &status);
  return status;
}

FileEntry entry_of(const std::string& path, const std::string& name, const struct stat& status) {
  return {.path = to_valid_utf8(path),
          .name = to_valid_utf8(name),
          .kind = kind_of(status.st_mode),
          .size_bytes = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0,
          .modified_at = status.st_mtim.tv_sec * 1'000 + status.st_mtim.tv_nsec / 1'000'000,
          .changed_ns = status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec};
}

struct Names {
  std::vector<std::string> all;
  bool truncated = false;
};

Names names_in(const Folder& folder) {
  Names names;
  while (const dirent* entry = folder.next()) {
    if (names.all.size() == kNamesScanned) {
      names.truncated = true;
      break;
    }
    if (!is_draft_name(entry->d_name)) names.all.emplace_back(entry->d_name);
  }
  std::ranges::sort(names.all);
  return names;
}

Result<Folder> open_to_list(const Beneath& workspace, const std::string& path, int more_flags) {
  ZO_TRY(Fd fd, workspace.open(path, O_RDONLY | O_DIRECTORY | more_flags));
  Folder folder(std::move(fd));
  if (!folder.is_open()) return os_fail(errno, "cannot list '" + name_in_line(path) + "'");
  return folder;
}

bool folders_first(const FileEntry& a, const FileEntry& b) {
  const bool a_folder = a.kind == FileKind::Folder;
  const bool b_folder = b.kind == FileKind::Folder;
  return a_folder != b_folder ? a_folder : a.name < b.name;
}

// The entries of one folder; up to `items_max`.
Result<FileList> entries_of(const Beneath& workspace, const std::string& path, std::size_t items_max, int more_flags) {
  ZO_TRY(const Folder folder, open_to_list(workspace, path, more_flags));
  const Names names = names_in(folder);
  FileList list{.path = path, .truncated = names.truncated};
  for (const std::string& name : names.all) {
    if (path == "." && name == kTrashFolder) continue;
    if (list.items.size() == items_max) {
      list.truncated = true;
      break;
    }
    const std::string entry_path = joined(path, name);
    const struct stat status = status_at(workspace, folder.fd(), entry_path, name.c_str());
    list.items.push_back(entry_of(entry_path, name, status));
  }
  return list;
}

// Calls `visit(entry)` for everything below, folder by folder, until it returns false. Symlinks are not followed into folders.
template <class Visit>
Result<bool> walk(const Beneath& workspace, const std::string& path, std::size_t items_max, std::size_t depth, Visit& visit) {
  Result<FileList> here = entries_of(workspace, path, items_max, depth == 0 ? 0 : O_NOFOLLOW);
  if (!here && depth > 0) return true;  // gone meanwhile, a symlink, or closed to us: passed over
  if (!here) return std::unexpected(here.error());
  for (FileEntry& entry : here->items) {
    const std::string below = entry.path;
    const bool enter = entry.kind == FileKind::Folder && is_entered(entry.name) && depth < kDepth;
    if (!visit(std::move(entry))) return false;
    if (!enter) continue;
    ZO_TRY(const bool go_on, walk(workspace, below, items_max, depth + 1, visit));
    if (!go_on) return false;
  }
  return !here->truncated;
}

bool fits_names(const FileEntry& entry, const std::string& names) {
  if (names.empty()) return true;
  const std::string& subject = names.find('/') == std::string::npos ? entry.name : entry.path;
  return ::fnmatch(names.c_str(), subject.c_str(), 0) == 0;
}

// One search under way.
struct Search {
  const Beneath& workspace;
  std::string text;
  bool any_case;
  const std::string& names;
  FileSearch found{};
  std::uint64_t bytes = 0;

  bool is_full() const {
    return found.hits.size() >= limits::kSearchHits || bytes > limits::kSearchBytes || found.files >= kSearchFiles;
  }

  bool operator()(const FileEntry& entry) {
    if (is_full()) {
      found.truncated = true;
      return false;
    }
    if (entry.kind == FileKind::File && fits_names(entry, names)) look_into(entry.path);
    return true;
  }

  void look_into(const std::string& path) {
    const Result<Fd> fd = workspace.open_regular(path);
    struct stat status{};
    if (!fd || ::fstat(fd->get(), &status) != 0 || static_cast<std::size_t>(status.st_size) > kSearchFileBytes) return;
    std::string content(static_cast<std::size_t>(status.st_size), '\0');
    const ssize_t count = ::read(fd->get(), content.data(), content.size());
    if (count <= 0) return;
    content.resize(static_cast<std::size_t>(count));
    bytes += content.size();
    ++found.files;
    if (content.find('\0') == std::string::npos) note_hits(path, content);
  }

  void note_hits(const std::string& path, std::string_view content) {
    const std::string folded = any_case ? to_lower(content) : std::string();
    const std::string_view subject = any_case ? std::string_view(folded) : content;
    std::uint64_t line = 1;
    std::size_t counted = 0;
    for (std::size_t at = subject.find(text); at != std::string_view::npos; at = subject.find(text, at)) {
      if (is_full()) {
        found.truncated = true;
        return;
      }
      line += static_cast<std::uint64_t>(std::ranges::count(content.substr(counted, at - counted), '\n'));
      counted = at;
      const std::size_t begin = content.rfind('\n', at) + 1;  // npos + 1 is 0
      const std::size_t end = std::min(content.find('\n', at), content.size());
      found.hits.push_back({path, line, one_line(to_valid_utf8(content.substr(begin, end - begin)), kHitChars)});
      at = end;
    }
  }
};

}  // namespace

FileKind kind_of(mode_t mode) { return S_ISDIR(mode) ? FileKind::Folder : S_ISREG(mode) ? FileKind::File : FileKind::Other; }

Result<FileEntry> entry_at(const Beneath& workspace, const std::string& path) {
  ZO_TRY(const Fd there, workspace.open(path, O_PATH));
  struct stat status{};
  if (::fstat(there.get(), &status) != 0) return os_fail(errno, "cannot look at '" + name_in_line(path) + "'");
  return entry_of(path, split_last(path).name, status);
}

Result<FileList> list_folder(const Beneath& workspace, const std::string& path, Depth depth, std::size_t items_max) {
  if (depth == Depth::Here) {
    ZO_TRY(FileList list, entries_of(workspace, path, items_max, 0));
    std::ranges::sort(list.items, folders_first);
    return list;
  }
  FileList list{.path = path};
  auto keep = [&](FileEntry entry) {
    if (list.items.size() == items_max) return false;
    list.items.push_back(std::move(entry));
    return true;
  };
  ZO_TRY(const bool complete, walk(workspace, path, items_max, 0, keep));
  list.truncated = !complete;
  return list;
}

Result<FileSearch> search_folder(const Beneath& workspace, const std::string& path, std::string_view text,
                                 const std::string& names) {
  const bool any_case = to_lower(text) == text;
  Search search{.workspace = workspace, .text = std::string(text), .any_case = any_case, .names = names};
  const Result<Fd> file = workspace.open_regular(path);
  if (file) {
    search.look_into(path);
  } else {
    ZO_TRY(const bool complete, walk(workspace, path, kNamesScanned, 0, search));
    search.found.truncated = search.found.truncated || !complete;
  }
  return std::move(search.found);
}

}  // namespace zo
