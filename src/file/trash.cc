#include "file/trash.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <tuple>

#include "base/dice.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/shown.h"
#include "base/text.h"
#include "file/walk.h"
#include "os/file.h"
#include "os/folder.h"
#include "os/workspace.h"

namespace zo {
namespace {

// In the trash: what was deleted under its id; beside it a note; what is on its way out; and a word for git, which shall not see it.
constexpr std::string_view kNote = ".note";
constexpr const char* kGone = "gone";
constexpr const char* kIgnore = ".gitignore";

constexpr std::size_t kNoteBytes = 16 * limits::KiB;
constexpr std::size_t kNames = 10'000;           // of the trash, looked at in one go
constexpr std::size_t kEntriesCounted = 100'000;  // for the size of a folder; beyond, it is only known to be larger
constexpr std::size_t kEntriesRemoved = 1'000'000;  // for good in one go; the rest is left to the next
constexpr int kDepth = 64;

// One that nobody has.
std::string new_name() { return SystemDice().secret(16); }

// A folder, of which not even its owner may remove anything or which he may not move, becomes one that he can.
void unlock(int parent, const char* name) {
  struct stat status{};
  if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode)) return;
  // Where that cannot be had, what comes next fails and says why.
  [[maybe_unused]] const int changed = ::fchmodat(parent, name, 0700, AT_SYMLINK_NOFOLLOW);
}

struct Size {
  std::uint64_t bytes = 0;
  std::size_t entries = 0;

  void add(int folder, const char* name, int depth) {
    struct stat status{};
    if (++entries > kEntriesCounted || depth > kDepth || ::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (S_ISREG(status.st_mode)) bytes += static_cast<std::uint64_t>(status.st_size);
    if (!S_ISDIR(status.st_mode)) return;
    const Folder inside = Folder::open_at(folder, name);
    while (const dirent* entry = entries <= kEntriesCounted ? inside.next() : nullptr) add(inside.fd(), entry->d_name, depth + 1);
  }
};

// Removes what is in an open folder. A folder in there is not gone down into: what it holds is brought up, so depth costs nothing.
class Remover {
 public:
  explicit Remover(int top) : top_(top) {}

  void all() {
    for (std::size_t before = entries_ + 1; before != entries_ && entries_ < kEntriesRemoved;) {
      before = entries_;
      for (const std::string& name : names()) {
        if (::unlinkat(top_, name.c_str(), 0) == 0 || ::unlinkat(top_, name.c_str(), AT_REMOVEDIR) == 0) ++entries_;
        else if (errno == ENOTEMPTY || errno == EEXIST || errno == EACCES) empty(name);
      }
    }
  }

 private:
  std::vector<std::string> names() const {
    const Folder folder = Folder::open_at(top_, ".");
    std::vector<std::string> all;
    while (const dirent* entry = all.size() < kNames ? folder.next() : nullptr) all.emplace_back(entry->d_name);
    return all;
  }

  void empty(const std::string& name) {
    unlock(top_, name.c_str());
    const Folder folder = Folder::open_at(top_, name);
    while (const dirent* entry = entries_ < kEntriesRemoved ? folder.next() : nullptr) {
      const char* const inner = entry->d_name;
      const bool done = ::unlinkat(folder.fd(), inner, 0) == 0 || ::unlinkat(folder.fd(), inner, AT_REMOVEDIR) == 0 || bring_up(folder, inner);
      if (done) ++entries_;
    }
    if (::unlinkat(top_, name.c_str(), AT_REMOVEDIR) == 0) ++entries_;
  }

  bool bring_up(const Folder& folder, const char* name) const {
    unlock(folder.fd(), name);
    return ::renameat2(folder.fd(), name, top_, new_name().c_str(), RENAME_NOREPLACE) == 0;
  }

  int top_;
  std::size_t entries_ = 0;  // removed, or brought up
};

// What was discarded goes.
void clear(const Fd& trash) {
  if (const Folder gone = Folder::open_at(trash.get(), kGone); gone.is_open()) Remover(gone.fd()).all();
}

std::string_view line_of(std::string_view note, std::string_view key) {
  for (const std::string_view line : split(note, '\n'))
    if (line.starts_with(key) && line.substr(key.size()).starts_with('=')) return line.substr(key.size() + 1);
  return {};
}

bool write_new(const Fd& folder, const std::string& name, std::string_view text) {
  const Fd fd(::openat(folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.is_open()) return false;
  if (write_all(fd.get(), text).has_value() && ::fdatasync(fd.get()) == 0) return true;
  const int reason = errno;
  ::unlinkat(folder.get(), name.c_str(), 0);
  errno = reason;
  return false;
}

}  // namespace

bool Trash::exists() const { return open().has_value(); }

Result<Fd> Trash::open() const { return workspace_.open(std::string(kTrashFolder), O_RDONLY | O_DIRECTORY | O_NOFOLLOW); }

Result<std::optional<Fd>> Trash::open_if_there() const {
  Result<Fd> trash = open();
  if (trash) return std::move(*trash);
  if (trash.error().code == Code::NotFound) return std::nullopt;
  return std::unexpected(trash.error());
}

Result<Fd> Trash::open_or_make() const {
  const std::string name(kTrashFolder);
  ZO_TRY(const Fd root, workspace_.open(".", O_PATH | O_DIRECTORY));
  if (::mkdirat(root.get(), name.c_str(), 0700) != 0 && errno != EEXIST) return workspace_.failed(errno, "make", name);
  ZO_TRY(Fd trash, open());
  if (!write_new(trash, kIgnore, "*\n") && errno != EEXIST) return workspace_.failed(errno, "make", name);
  return trash;
}

std::string Trash::note_of(const Trashed& what) const {
  const std::string facts = fmt::format("path={}\ndeleted_at={}\nsize_bytes={}\n", percent_encode(what.path), what.deleted_at, what.size_bytes);
  return fmt::format("{}seal={}\n", facts, hash_hex({what.id, "\n", facts}, kHashBytes, key_));
}

Result<Trashed> Trash::read_note(const Fd& trash, const std::string& id) const {
  const Error none = no_such("deleted file", id, "it may be gone for good: what was deleted is kept for 30 days");
  if (!is_id_text(id)) return std::unexpected(none);
  const Fd fd(::openat(trash.get(), (id + std::string(kNote)).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::string note(kNoteBytes, '\0');
  const ssize_t count = fd.is_open() ? ::pread(fd.get(), note.data(), note.size(), 0) : 0;
  note.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  Trashed what{.id = id,
               .deleted_at = static_cast<TimeMs>(to_whole_number(line_of(note, "deleted_at")).value_or(0)),
               .size_bytes = to_whole_number(line_of(note, "size_bytes")).value_or(0)};
  struct stat status{};
  const bool is_there = ::fstatat(trash.get(), id.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (!percent_decode(line_of(note, "path"), what.path) || note_of(what) != note || !is_there) return std::unexpected(none);
  what.kind = kind_of(status.st_mode);
  return what;
}

std::vector<Trashed> Trash::noted(const Fd& trash) const {
  std::vector<Trashed> all;
  const Folder folder = Folder::open_at(trash.get(), ".");
  std::size_t seen = 0;
  while (const dirent* entry = ++seen <= kNames ? folder.next() : nullptr) {
    const std::string_view name = entry->d_name;
    if (!name.ends_with(kNote)) continue;
    if (Result<Trashed> what = read_note(trash, std::string(name.substr(0, name.size() - kNote.size())))) all.push_back(std::move(*what));
  }
  std::ranges::sort(all, [](const Trashed& a, const Trashed& b) { return std::tie(a.deleted_at, a.id) > std::tie(b.deleted_at, b.id); });
  return all;
}

Result<Trashed> Trash::put(const std::string& path, TimeMs now) const {
  if (path == ".") return fail(Code::Invalid, fmt::format("'{}' is the workspace itself", workspace_.name()));
  const SplitPath last = split_last(path);
  ZO_TRY(const Fd folder, workspace_.open(last.folder, O_PATH | O_DIRECTORY));
  struct stat status{};
  if (::fstatat(folder.get(), last.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return workspace_.failed(errno, "delete", path);
  Size size;
  size.add(folder.get(), last.name.c_str(), 0);
  SystemDice dice;
  const IdText id = new_id_text(dice, now);
  const Trashed what{.id = {id.data(), id.size()},
                     .path = path,
                     .kind = kind_of(status.st_mode),
                     .deleted_at = now,
                     .size_bytes = size.bytes};
  ZO_TRY(const Fd trash, open_or_make());
  const std::string note = what.id + std::string(kNote);
  // The note first: after a crash in between it is one of nothing, and goes with time.
  if (!write_new(trash, note, note_of(what))) return workspace_.failed(errno, "delete", path);
  if (::renameat2(folder.get(), last.name.c_str(), trash.get(), what.id.c_str(), RENAME_NOREPLACE) == 0) return what;
  const int reason = errno;
  ::unlinkat(trash.get(), note.c_str(), 0);
  if (reason == EXDEV)
    return fail(Code::Invalid, fmt::format("'{}' is on another file system than the workspace, so it cannot be kept to be put back", name_in_line(path)),
                "delete it for good: zo file remove");
  return workspace_.failed(reason, "delete", path);
}

Result<std::vector<Trashed>> Trash::list() const {
  ZO_TRY(const std::optional<Fd> trash, open_if_there());
  if (!trash) return std::vector<Trashed>{};
  return noted(*trash);
}

Result<std::string> Trash::restore(const std::string& id) const {
  ZO_TRY(const Fd trash, open());
  ZO_TRY(const Trashed what, read_note(trash, id));
  ZO_TRY(const std::string path, workspace_.inside(what.path));
  const SplitPath last = split_last(path);
  ZO_TRY(const Fd folder, workspace_.open_folder(last.folder));
  if (::renameat2(trash.get(), id.c_str(), folder.get(), last.name.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return fail(Code::Conflict, fmt::format("there is a '{}' again; nothing was put in its place", name_in_line(path)), "rename that one first");
    return workspace_.failed(errno, "put back", path);
  }
  ::unlinkat(trash.get(), (id + std::string(kNote)).c_str(), 0);
  return path;
}

Result<> Trash::discard(const Fd& trash, const std::string& name) const {
  if (::mkdirat(trash.get(), kGone, 0700) != 0 && errno != EEXIST) return workspace_.failed(errno, "make", std::string(kTrashFolder));
  const Fd gone(::openat(trash.get(), kGone, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  unlock(trash.get(), name.c_str());
  if (::renameat2(trash.get(), name.c_str(), gone.get(), new_name().c_str(), RENAME_NOREPLACE) != 0) return workspace_.failed(errno, "remove", std::string(kTrashFolder));
  ::unlinkat(trash.get(), (name + std::string(kNote)).c_str(), 0);
  return {};
}

Result<> Trash::remove(const std::string& id) const {
  ZO_TRY(const Fd trash, open());
  ZO_OK(read_note(trash, id));
  ZO_OK(discard(trash, id));
  clear(trash);
  return {};
}

Result<> Trash::empty() const {
  ZO_TRY(const std::optional<Fd> trash, open_if_there());
  if (!trash) return {};
  for (const Trashed& what : noted(*trash)) ZO_OK(discard(*trash, what.id));
  clear(*trash);
  return {};
}

Result<> Trash::tidy(TimeMs now) const {
  ZO_TRY(const std::optional<Fd> trash, open_if_there());
  if (!trash) return {};
  std::map<std::string, bool> kept;  // by id, what is noted
  std::uint64_t bytes = 0;
  for (const Trashed& what : noted(*trash)) {
    bytes += what.size_bytes;
    kept[what.id] = what.deleted_at + limits::kTrashMs > now && (kept.empty() || (bytes <= limits::kTrashBytes && kept.size() < limits::kTrashItems));
  }
  for (const auto& [id, is_kept] : kept)
    if (!is_kept) ZO_OK(discard(*trash, id));
  // What nobody noted, or only noted: of a crash, of another ZoClone, or put there by somebody.
  const Folder folder = Folder::open_at(trash->get(), ".");
  std::size_t seen = 0;
  while (const dirent* entry = ++seen <= kNames ? folder.next() : nullptr) {
    const std::string name = entry->d_name;
    struct stat status{};
    if (name == kGone || name == kIgnore || kept.contains(name.substr(0, name.rfind('.')))) continue;
    if (::fstatat(folder.fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (status.st_ctim.tv_sec * 1'000 + limits::kTrashMs < now) ZO_OK(discard(*trash, name));
  }
  clear(*trash);
  return {};
}

}  // namespace zo
