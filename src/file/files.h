// The workspace: the visible folder in which a person and their agents work. Nothing here ever reads or writes outside it, and
// only regular files are touched. Paths are as people and models write them (file/beneath.h); those given back are relative.
// When the server is root, files are made and met as workspace_owner(), as they are in the sandbox (os/workspace.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/threads.h"
#include "async/task.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/time.h"
#include "file/made_by_agents.h"
#include "os/fd.h"
#include "os/workspace.h"

namespace zo {

enum class FileKind { File, Folder, Other };

struct FileEntry {
  std::string path;  // relative to the workspace
  std::string name;
  FileKind kind = FileKind::File;
  std::uint64_t size_bytes = 0;
  TimeMs modified_at = 0;
  std::int64_t changed_ns = 0;  // of what it holds or is: nobody can set it back
};

struct FileList {
  std::string path;  // the folder's; "." is the workspace
  std::vector<FileEntry> items;  // folders first, then by name; recursive: by path
  bool truncated = false;        // there were more than limits::kListItems
};

struct FileBytes {
  std::string bytes;
  std::uint64_t size_bytes = 0;  // of the whole file
};

struct FileLines {
  std::string text;              // whole lines; a first line that alone is longer than the bound is cut
  std::uint64_t size_bytes = 0;  // of the whole file
  std::uint64_t lines = 0;       // in `text`
  bool more = false;             // the file goes on after them
  bool cut = false;              // `text` is the beginning of one line
  bool binary = false;           // no text: `text` is empty
};

// Of files that the owner's tools run, before a command (file/host_run.h).
struct HostRunBefore {
  std::shared_ptr<const HostRunScan> scan;
  bool was_cut = false;  // `scan` is from before an earlier command, which was cut off: what came since may be the owner's, too
  std::vector<ReadOnlyPlace> read_only;
};

struct FileWritten {
  std::vector<LeftFile> left;
};

struct FileEdit {
  std::string path;
  std::string diff;  // unified, at most about limits::kDiffBytes
  std::size_t places = 0;  // replaced
  std::vector<LeftFile> left;
};

// A file to be sent to someone. The size is that of this moment.
struct FileDownload {
  Fd fd;
  std::string name;
  std::uint64_t size_bytes = 0;
  TimeMs modified_at = 0;
};

// What a person deleted, and can have back (file/trash.h).
struct Trashed {
  std::string id;
  std::string path;  // where it was
  FileKind kind = FileKind::File;
  TimeMs deleted_at = 0;
  std::uint64_t size_bytes = 0;  // of a folder with all that is in it, as far as that was counted
};

struct FileHit {
  std::string path;
  std::uint64_t line = 0;  // from 1
  std::string text;        // the line, cut to a readable length
};

struct FileSearch {
  std::vector<FileHit> hits;
  bool truncated = false;  // there were more than limits::kSearchHits, or more to look through than limits::kSearchBytes
  std::uint64_t files = 0;  // looked into
};

enum class Depth { Here, Everything };
enum class Matches { One, All };
enum class Existing { Keep, Replace };

class Files {
 public:
  Files(Workspace workspace, Threads& threads);
  ~Files();

  const Workspace& workspace() const;
  // What one run may add to it: `bytes_max`; nothing: 10 GB or a tenth of what is free, whichever is less.
  DiskAllowance new_allowance(std::optional<std::int64_t> bytes_max = {}) const;
  // Loads what agents have made of files that the owner's tools run, without which all such files are read-only to them; and the key with
  // which deletions are noted down, without which they are forgotten at the next start.
  Task<Result<>> remember(Store& store, PersonId person);
  // Before a command, and what it has left when it is over. Exhausted when there is more than can be looked after.
  Task<Result<HostRunBefore>> host_run();
  Task<std::vector<LeftFile>> left_since(HostRunBefore before);
  const std::string& root() const { return workspace().path(); }
  // The path relative to the workspace, or the Error that a person gets.
  Result<std::string> inside(std::string_view path) const;

  // .git and node_modules are named, but not entered.
  Task<Result<FileList>> list(std::string path, Depth depth = Depth::Here, std::size_t items_max = limits::kListItems);
  Task<Result<FileBytes>> read(std::string path, std::uint64_t offset = 0, std::size_t bytes_max = limits::kToolFileBytes);
  // Lines from `first` (from 1) on, at most `lines_max` and `bytes_max`. Exhausted when `first` is not found within 64 MiB.
  Task<Result<FileLines>> read_lines(std::string path, std::uint64_t first, std::uint64_t lines_max, std::size_t bytes_max);
  // For agents: what the owner's tools run is refused. Whole, or not at all. Makes missing folders, keeps the mode of a file that was
  // there.
  Task<Result<FileWritten>> write(std::string path, std::string bytes);
  // For agents, too. Exact text. One: NotFound when it is not there, Conflict when it is there more than once.
  Task<Result<FileEdit>> edit(std::string path, std::string old_text, std::string new_text, Matches matches);
  // Keep: an existing name gets " (2)". Returns the path that it got.
  Task<Result<std::string>> upload(std::string path, std::string bytes, Existing existing);
  // For good. A file, or a folder with nothing in it.
  Task<Result<>> remove(std::string path);
  // What stands there. A symlink counts as what it leads to.
  Task<Result<FileEntry>> entry(std::string path);
  // Another name, in a folder that is there. Conflict when something has it. Both paths may name files and folders.
  Task<Result<std::string>> move(std::string path, std::string to);
  // With those above it that are missing. Conflict when something has that name. Returns the path.
  Task<Result<std::string>> make_folder(std::string path);
  // Deletes a file or a folder with all that is in it, so that it can be put back until it is too old or too much (file/trash.h).
  Task<Result<Trashed>> trash(std::string path, TimeMs now);
  Task<Result<std::vector<Trashed>>> trashed(TimeMs now);
  // Where it was; returns the path. Conflict when something has its name.
  Task<Result<std::string>> restore(std::string id);
  // Removes one, or everything that was deleted, for good.
  Task<Result<>> discard(std::string id);
  Task<Result<>> empty_trash();
  // Removes what has been there too long, or is too much.
  Task<Result<>> tidy_trash(TimeMs now);
  Task<Result<FileDownload>> download(std::string path);
  // The relative path of a regular file that is there and may be read.
  Task<Result<std::string>> find(std::string path);
  // Lines that contain `text`, without regard to case if it has no capital letter, in files whose name or path fits `names`
  // (a shell pattern such as "*.py"; empty is every file). Binary and very large files are passed over.
  Task<Result<FileSearch>> search(std::string text, std::string path, std::string names);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zo
