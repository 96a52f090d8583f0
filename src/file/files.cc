#include "file/files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "async/clock.h"
#include "async/offload.h"
#include "base/dice.h"
#include "base/log.h"
#include "async/turns.h"
#include "base/shown.h"
#include "base/text.h"
#include "file/beneath.h"
#include "file/diff.h"
#include "file/fold.h"
#include "file/trash.h"
#include "file/walk.h"
#include "os/file.h"
#include "os/folder.h"
#include "os/owner.h"
#include "store/settings.h"

namespace zo {
namespace {

constexpr const char* kTrashKey = "trash_key";
constexpr std::size_t kNamesCompared = 100'000;  // of one folder
constexpr std::size_t kTrashKeyBytes = 20;
constexpr std::size_t kReadOnlyPlaces = 1'000;  // each costs the sandbox a mount

constexpr std::size_t kChunkBytes = 64 * limits::KiB;
constexpr std::size_t kDiffNameBytes = 120;
constexpr std::uint64_t kSkippedBytes = 64 * limits::MiB;  // looked through for the first line that is wanted

std::uint64_t size_of(const Fd& fd) {
  struct stat status{};
  return ::fstat(fd.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

Result<std::string> read_at(const Fd& fd, std::uint64_t offset, std::size_t bytes_max) {
  std::string bytes(bytes_max, '\0');
  std::size_t have = 0;
  while (have < bytes_max) {
    const ssize_t count = ::pread(fd.get(), bytes.data() + have, bytes_max - have, static_cast<off_t>(offset + have));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_fail(errno, "cannot read");
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

Result<FileBytes> read_bytes(const Beneath& workspace, const std::string& path, std::uint64_t offset, std::size_t bytes_max) {
  ZO_TRY(const Fd fd, workspace.open_regular(path));
  const std::uint64_t size = size_of(fd);
  const std::uint64_t rest = offset < size ? size - offset : 0;
  ZO_TRY(std::string bytes, read_at(fd, offset, static_cast<std::size_t>(std::min<std::uint64_t>(rest, bytes_max))));
  return FileBytes{std::move(bytes), size};
}

// Collects lines from chunks of a file.
struct LineReader {
  std::uint64_t skip;  // lines still to be passed over
  std::uint64_t lines_max;
  std::size_t bytes_max;
  FileLines found{};

  // False when nothing more is wanted.
  bool take(std::string_view chunk) {
    if (skip > 0) {
      const auto lines = static_cast<std::uint64_t>(std::ranges::count(chunk, '\n'));
      if (lines < skip) {
        skip -= lines;
        return true;
      }
    }
    while (skip > 0) {
      chunk.remove_prefix(chunk.find('\n') + 1);
      --skip;
    }
    while (!chunk.empty()) {
      if (found.lines == lines_max) {
        found.more = true;
        return false;
      }
      const std::string_view line = chunk.substr(0, std::min(chunk.find('\n'), chunk.size() - 1) + 1);
      found.text += line;
      if (found.text.size() > bytes_max) {
        leave_out_last_line();
        return false;
      }
      if (line.back() == '\n') ++found.lines;
      chunk.remove_prefix(line.size());
    }
    return true;
  }

  // What does not fit is left for the next page, whole; only a line that has a page to itself is cut.
  void leave_out_last_line() {
    found.more = true;
    found.cut = found.lines == 0;
    found.text.resize(found.cut ? utf8_prefix(found.text, bytes_max).size() : found.text.rfind('\n', found.text.size() - 2) + 1);
  }
};

Result<FileLines> read_some_lines(const Beneath& workspace, const std::string& path, LineReader reader) {
  ZO_TRY(const Fd fd, workspace.open_regular(path));
  const std::uint64_t size = size_of(fd);
  const std::uint64_t first = reader.skip + 1;
  reader.found.size_bytes = size;
  for (std::uint64_t offset = 0; offset < size;) {
    if (reader.skip > 0 && offset >= kSkippedBytes)
      return fail(Code::Exhausted, fmt::format("line {} of '{}' ({}) is not in its first {}, the limit of one look", first, name_in_line(path),
                                               human_size(size), human_size(kSkippedBytes)),
                  fmt::format("the shell, like: sed -n {},{}p", first, first + 99));
    ZO_TRY(const std::string chunk, read_at(fd, offset, kChunkBytes));
    if (offset == 0 && chunk.find('\0') != std::string::npos) return FileLines{.size_bytes = size, .binary = true};
    if (chunk.empty() || !reader.take(chunk)) break;
    offset += chunk.size();
  }
  if (!reader.found.text.empty() && reader.found.text.back() != '\n') ++reader.found.lines;
  return std::move(reader.found);
}

Result<FileEdit> edit_file(const Beneath& workspace, const std::string& path, std::string_view old_text,
                           std::string_view new_text, Matches matches, const Beneath::Check& check) {
  const std::string shown = name_in_line(path);
  if (old_text.empty()) return fail(Code::Invalid, "the text to replace is empty", "write_file, to write a whole file");
  if (old_text == new_text) return fail(Code::Invalid, "the old and the new text are the same");
  ZO_TRY(const Fd fd, workspace.open_regular(path));
  struct stat unread{};
  if (::fstat(fd.get(), &unread) != 0) return os_fail(errno, "cannot look at '" + shown + "'");
  const auto size = static_cast<std::uint64_t>(unread.st_size);
  if (size > limits::kToolFileBytes)
    return fail(Code::Exhausted, fmt::format("'{}' has {}, limit {} for edits", shown, human_size(size),
                                             human_size(limits::kToolFileBytes)), "the shell");
  FileEdit edit{.path = path};
  ZO_TRY(const std::string before, read_at(fd, 0, limits::kToolFileBytes));
  Replacement made = replaced(before, old_text, new_text, matches == Matches::All);
  edit.places = made.places;
  if (edit.places == 0) return fail(Code::NotFound, fmt::format("'{}' does not contain that text", shown), "read the file, then copy the text exactly");
  if (edit.places > 1 && matches == Matches::One)
    return fail(Code::Conflict, fmt::format("'{}' contains that text {} times", shown, edit.places),
                "more of the surrounding text, or \"all\": true");
  if (made.text.size() > limits::kToolFileBytes)
    return fail(Code::Exhausted, fmt::format("'{}' would have {} with {} places replaced, limit {} for edits", shown, human_size(made.text.size()),
                                             edit.places, human_size(limits::kToolFileBytes)), "the shell");
  const std::string after = std::move(made.text);
  if (after == before) return fail(Code::Invalid, "the old and the new text differ in nothing that the file keeps: line ends, or spaces at the ends of lines");
  ZO_OK(workspace.replace(path, after, &unread, check));
  edit.diff = to_valid_utf8(unified_diff(one_line(shown, kDiffNameBytes), before, after, limits::kDiffBytes));
  return edit;
}

Result<FileDownload> open_download(const Beneath& workspace, const std::string& path) {
  ZO_TRY(Fd fd, workspace.open_regular(path));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return os_fail(errno, "cannot look at '" + name_in_line(path) + "'");
  const std::size_t slash = path.rfind('/');
  return FileDownload{.fd = std::move(fd),
                      .name = to_valid_utf8(slash == std::string::npos ? path : path.substr(slash + 1)),
                      .size_bytes = static_cast<std::uint64_t>(status.st_size),
                      .modified_at = status.st_mtim.tv_sec * 1'000 + status.st_mtim.tv_nsec / 1'000'000};
}

// The path as the disk has it, where nothing stands at the one given: a name typed with "é" in one piece for one that has it in two. What
// does not exist either way stays as it is. Only names that have more than ASCII in them are looked for.
std::string as_it_stands(const Beneath& workspace, const std::string& path) {
  const bool is_ascii = std::ranges::all_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (is_ascii || workspace.open(path, O_PATH | O_NOFOLLOW)) return path;
  std::string stands = ".";
  for (const std::string_view part : split(path, '/')) {
    std::string next(part);
    const auto at = [&](const std::string& name) { return stands == "." ? name : stands + "/" + name; };
    if (!workspace.open(at(next), O_PATH | O_NOFOLLOW)) {
      Result<Fd> fd = workspace.open(stands, O_RDONLY | O_DIRECTORY);
      if (!fd) return path;
      const Folder folder(std::move(*fd));
      std::size_t names = 0;
      while (const dirent* entry = folder.is_open() && names++ < kNamesCompared ? folder.next() : nullptr)
        if (is_same_name(entry->d_name, part)) next = entry->d_name;
    }
    stands = at(next);
  }
  return stands;
}

// A file with several names is written through all of them: through none of those that the owner's tools run.
Result<> check_other_names(const Beneath& workspace, const std::string& path, const HostRunScan& scan, const std::set<MadePlace>& allowed) {
  const Result<Fd> file = workspace.open(path, O_PATH | O_NOFOLLOW);
  struct stat status{};
  if (!file || ::fstat(file->get(), &status) != 0 || status.st_nlink < 2 || !S_ISREG(status.st_mode)) return {};
  for (const auto& [place, print] : scan.files)
    if (place != path && print.device == status.st_dev && print.inode == status.st_ino) ZO_OK(check_host_run(workspace, place, scan, allowed));
  return {};
}

}  // namespace

struct Files::State {
  State(Workspace opened, Threads& p) : folder(std::move(opened)), workspace(folder.view().get(), folder.path()), threads(p) {}

  // Runs `work(workspace, relative path)` on its threads as the workspace's owner. An Error in the path itself comes first.
  template <class Work>
  Task<std::invoke_result_t<Work&, const Beneath&, const std::string&>> on(std::string path, Work work) {
    Result<std::string> inside = workspace.inside(path);
    if (!inside) co_return std::unexpected(std::move(inside).error());
    auto act = [this, work = std::move(work), inner = *std::move(inside)]() mutable {
      const ActAsOwner owner;
      return work(workspace, as_it_stands(workspace, inner));
    };
    co_return co_await offload(threads, std::move(act));
  }

  // The same with what was deleted.
  template <class Work>
  Task<std::invoke_result_t<Work&, const Trash&, const std::string&>> on_trash(std::string path, Work work) {
    auto act = [work = std::move(work), key = trash_key](const Beneath& beneath, const std::string& inner) mutable { return work(Trash(beneath, key), inner); };
    co_return co_await on(std::move(path), std::move(act));
  }

  // The scanner goes along with the work and comes back; one that begins meanwhile starts with a new one, that knows nothing yet.
  Task<HostRunScan> scan() {
    auto act = [this, mine = std::move(scanner), allowed = made.places()]() mutable {
      if (!mine) mine = std::make_unique<HostRunScanner>();
      const ActAsOwner owner;
      HostRunScan seen = mine->scan(workspace, *allowed);
      return std::pair(std::move(seen), std::move(mine));
    };
    auto [seen, mine] = co_await offload(threads, std::move(act));
    scanner = std::move(mine);
    co_return std::move(seen);
  }

  std::unexpected<Error> too_much() const {
    return fail(Code::Exhausted, fmt::format("the workspace {} has more folders, or more files that your own tools run, than can be looked after", folder.path()),
                "a smaller folder: zo workspace use DIR");
  }

  // What an agent made is its own from then on; what is uncertain stays the owner's.
  Task<std::vector<LeftFile>> left_since(std::shared_ptr<const HostRunScan> before, bool was_cut) {
    const auto after = std::make_shared<const HostRunScan>(co_await scan());
    auto act = [this, before, after, allowed = made.places()] {
      const ActAsOwner owner;
      return compare(workspace, *before, *after, *allowed);
    };
    HostRunChanges changes = co_await offload(threads, std::move(act));
    if (was_cut || !after->complete) changes.made.clear();
    const Result<> remembered = co_await made.add(std::move(changes.made));
    if (!remembered) log_warn("files", "what an agent made could not be remembered: " + remembered.error().message);
    co_return std::move(changes.left);
  }

  // Work that changes a file for an agent.
  template <class Work>
  Task<std::invoke_result_t<Work&, const Beneath&, const std::string&, const Beneath::Check&>> guarded(std::string path, Work work) {
    // Calls of one step that change the same file take turns; a file may have several names, so all do.
    const Turn turn = co_await turns.enter();
    const auto before = std::make_shared<const HostRunScan>(co_await scan());
    if (!before->complete) co_return too_much();
    auto checked = [before, allowed = made.places(), work = std::move(work)](const Beneath& beneath, const std::string& inner) mutable
        -> std::invoke_result_t<Work&, const Beneath&, const std::string&, const Beneath::Check&> {
      ZO_TRY(const std::string target, beneath.follow_links(inner));
      ZO_OK(check_host_run(beneath, target, *before, *allowed));
      ZO_OK(check_other_names(beneath, target, *before, *allowed));
      return work(beneath, target, [&](const Fd& in, const std::string& at) { return check_host_run_in(in, at, *before, *allowed); });
    };
    auto outcome = co_await on(std::move(path), std::move(checked));
    if (outcome) outcome->left = co_await left_since(before, false);
    co_return outcome;
  }

  Workspace folder;
  Beneath workspace;  // of `folder`
  MadeByAgents made;
  std::string trash_key = SystemDice().secret(kTrashKeyBytes);
  std::unique_ptr<HostRunScanner> scanner;
  std::vector<std::shared_ptr<const HostRunScan>> under_way;  // from before each command that is not over, the oldest first
  Threads& threads;
  Turns turns;
};

Files::Files(Workspace workspace, Threads& threads) : state_(std::make_unique<State>(std::move(workspace), threads)) {}
Files::~Files() = default;

const Workspace& Files::workspace() const { return state_->folder; }

DiskAllowance Files::new_allowance(std::optional<std::int64_t> bytes_max) const {
  const std::uint64_t free_bytes = workspace().free_bytes();
  const std::uint64_t usual = std::max<std::uint64_t>(std::min(limits::kRunDiskBytes, free_bytes / 10), 1);
  // By the clock of the files: what is newer is counted.
  return {.bytes_max = bytes_max ? static_cast<std::uint64_t>(*bytes_max) : usual, .since = RealClock().now(), .free_bytes = free_bytes};
}
Result<std::string> Files::inside(std::string_view path) const { return state_->workspace.inside(path); }

Task<Result<FileList>> Files::list(std::string path, Depth depth, std::size_t items_max) {
  return state_->on(std::move(path), [depth, items_max](const Beneath& workspace, const std::string& inner) {
    return list_folder(workspace, inner, depth, items_max);
  });
}

Task<Result<FileBytes>> Files::read(std::string path, std::uint64_t offset, std::size_t bytes_max) {
  return state_->on(std::move(path), [offset, bytes_max](const Beneath& workspace, const std::string& inner) {
    return read_bytes(workspace, inner, offset, bytes_max);
  });
}

Task<Result<FileLines>> Files::read_lines(std::string path, std::uint64_t first, std::uint64_t lines_max, std::size_t bytes_max) {
  const LineReader reader{.skip = std::max<std::uint64_t>(first, 1) - 1, .lines_max = lines_max, .bytes_max = bytes_max};
  return state_->on(std::move(path), [reader](const Beneath& workspace, const std::string& inner) {
    return read_some_lines(workspace, inner, reader);
  });
}

Task<Result<FileWritten>> Files::write(std::string path, std::string bytes) {
  auto work = [bytes = std::move(bytes)](const Beneath& workspace, const std::string& inner, const Beneath::Check& check) -> Result<FileWritten> {
    ZO_OK(workspace.replace(inner, bytes, nullptr, check));
    return FileWritten{};
  };
  return state_->guarded(std::move(path), std::move(work));
}

Task<Result<FileEdit>> Files::edit(std::string path, std::string old_text, std::string new_text, Matches matches) {
  auto work = [from = std::move(old_text), to = std::move(new_text), matches](const Beneath& workspace, const std::string& inner,
                                                                              const Beneath::Check& check) {
    return edit_file(workspace, inner, from, to, matches, check);
  };
  return state_->guarded(std::move(path), std::move(work));
}

Task<Result<>> Files::remember(Store& store, PersonId person) {
  ZO_CO_OK(co_await state_->made.open(store, person));
  ZO_CO_TRY(const std::optional<std::string> key, co_await read_setting(store, person, kTrashKey));
  if (key) state_->trash_key = *key;
  else ZO_CO_OK(co_await write_setting(store, person, kTrashKey, state_->trash_key));
  co_return Result<>{};
}

Task<Result<HostRunBefore>> Files::host_run() {
  HostRunBefore before;
  const auto fresh = std::make_shared<const HostRunScan>(co_await state_->scan());
  const auto made = state_->made.places();
  // What was deleted is looked at like everything else, so that it is the owner's still when it is put back; but a command finds it empty.
  const Result<bool> exists = co_await state_->on_trash(".", [](const Trash& trash, const std::string&) -> Result<bool> { return trash.exists(); });
  const bool hides_trash = exists.value_or(false);
  const auto is_hidden = [hides_trash](const HostRunPlace& place) { return hides_trash && place.path.starts_with(std::string(kTrashFolder) + "/"); };
  for (const HostRunPlace& place : fresh->places)
    if (!place.is_link && !is_hidden(place) && !is_made_by_agents(place, *fresh, *made))
      before.read_only.push_back({place.path, place.is_missing, place.print.device, place.print.inode});
  if (hides_trash) before.read_only.push_back({.path = std::string(kTrashFolder), .is_missing = true});
  if (!fresh->complete || before.read_only.size() > kReadOnlyPlaces) co_return state_->too_much();
  // One that nobody else holds: the command that it was for was cut off, and what it left is told with this one.
  auto& under_way = state_->under_way;
  const auto cut = std::ranges::find_if(under_way, [](const auto& scan) { return scan.use_count() == 1; });
  before.was_cut = cut != under_way.end();
  before.scan = before.was_cut ? *cut : fresh;
  std::erase_if(under_way, [](const auto& scan) { return scan.use_count() == 1; });
  if (!before.was_cut) under_way.push_back(fresh);
  co_return before;
}

Task<std::vector<LeftFile>> Files::left_since(HostRunBefore before) {
  std::vector<LeftFile> left = co_await state_->left_since(before.scan, before.was_cut);
  std::erase(state_->under_way, before.scan);
  co_return left;
}

Task<Result<std::string>> Files::upload(std::string path, std::string bytes, Existing existing) {
  auto work = [bytes = std::move(bytes), existing](const Beneath& workspace, const std::string& inner) -> Result<std::string> {
    if (existing == Existing::Keep) return workspace.add(inner, bytes);
    ZO_OK(workspace.replace(inner, bytes));
    return inner;
  };
  return state_->on(std::move(path), std::move(work));
}

Task<Result<>> Files::remove(std::string path) {
  return state_->on(std::move(path), [](const Beneath& workspace, const std::string& inner) { return workspace.remove(inner); });
}

Task<Result<FileEntry>> Files::entry(std::string path) { return state_->on(std::move(path), entry_at); }

Task<Result<std::string>> Files::move(std::string path, std::string to) {
  auto work = [to = std::move(to)](const Beneath& workspace, const std::string& inner) -> Result<std::string> {
    ZO_TRY(std::string target, workspace.inside(to));
    ZO_OK(workspace.move(inner, target));
    return target;
  };
  return state_->on(std::move(path), std::move(work));
}

Task<Result<std::string>> Files::make_folder(std::string path) {
  auto work = [](const Beneath& workspace, const std::string& inner) -> Result<std::string> {
    ZO_OK(workspace.make_folder(inner));
    return inner;
  };
  return state_->on(std::move(path), std::move(work));
}

Task<Result<Trashed>> Files::trash(std::string path, TimeMs now) {
  auto work = [now](const Trash& trash, const std::string& inner) -> Result<Trashed> {
    ZO_TRY(Trashed what, trash.put(inner, now));
    if (const Result<> tidied = trash.tidy(now); !tidied) log_warn("files", "what was deleted long ago could not be removed: " + tidied.error().message);
    return what;
  };
  return state_->on_trash(std::move(path), std::move(work));
}

Task<Result<std::vector<Trashed>>> Files::trashed(TimeMs now) {
  auto work = [now](const Trash& trash, const std::string&) -> Result<std::vector<Trashed>> {
    ZO_OK(trash.tidy(now));
    return trash.list();
  };
  return state_->on_trash(".", std::move(work));
}

Task<Result<std::string>> Files::restore(std::string id) {
  return state_->on_trash(".", [id = std::move(id)](const Trash& trash, const std::string&) { return trash.restore(id); });
}

Task<Result<>> Files::discard(std::string id) {
  return state_->on_trash(".", [id = std::move(id)](const Trash& trash, const std::string&) { return trash.remove(id); });
}

Task<Result<>> Files::empty_trash() {
  return state_->on_trash(".", [](const Trash& trash, const std::string&) { return trash.empty(); });
}

Task<Result<>> Files::tidy_trash(TimeMs now) {
  return state_->on_trash(".", [now](const Trash& trash, const std::string&) { return trash.tidy(now); });
}

Task<Result<FileDownload>> Files::download(std::string path) { return state_->on(std::move(path), open_download); }

Task<Result<std::string>> Files::find(std::string path) {
  auto work = [](const Beneath& workspace, const std::string& inner) -> Result<std::string> {
    ZO_OK(workspace.open_regular(inner));
    return inner;
  };
  return state_->on(std::move(path), std::move(work));
}

Task<Result<FileSearch>> Files::search(std::string text, std::string path, std::string names) {
  auto work = [text = std::move(text), names = std::move(names)](const Beneath& workspace,
                                                                 const std::string& inner) -> Result<FileSearch> {
    if (text.empty()) return fail(Code::Invalid, "the text to search for is empty");
    return search_folder(workspace, inner, text, names);
  };
  return state_->on(std::move(path), std::move(work));
}

}  // namespace zo
