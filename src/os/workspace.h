// The folder in which agents work, held open from the start: commands and file tools reach it through what was opened then, so
// that another folder put in its place is never taken for it.
//
// When we are root, its owner's files are met as those of workspace_owner() through a mount that maps one to the other (os/idmap.h):
// all that the owner and group of the folder have in there can be read and changed, new files are the owner's on the disk, and nothing is chowned. Where
// that cannot be had, the folder itself is given to workspace_owner(), and what others own below it stays closed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "os/fd.h"
#include "os/mounts.h"

namespace zo {

// Folders that agents must not reach: our own, with what is below and around them.
struct ClosedFolders {
  std::vector<std::string> folders;
  std::string except;  // one below them that was made to be the workspace; may be empty
};

// Denied when `path` cannot be a workspace: the machine's own folders, a whole home, and those of `closed`; symlinks and bind mounts
// do not hide them. Invalid when it is not absolute.
Result<> check_workspace_choice(const std::string& path, const ClosedFolders& closed);

// What may be added to a workspace, by one command or by all commands of a run.
struct DiskAllowance {
  std::uint64_t bytes_max = 0;   // 0: as much as there is
  TimeMs since = 0;              // files changed from then on are counted
  std::uint64_t free_bytes = 0;  // on the disk then: no more than what is gone of it since can have been added
};

// A file or folder of a workspace that a command may read, but not change.
struct ReadOnlyPlace {
  std::string path;          // relative to the workspace
  bool is_missing = false;   // a folder that is not there, or must not be seen: an empty one stands in its place
  std::uint64_t device = 0;  // what must stand there when the command begins
  std::uint64_t inode = 0;
};

// In a workspace, at its top: what was deleted and can be put back (file/trash.h). Paths do not lead there, and commands find it empty.
inline constexpr std::string_view kTrashFolder = ".zo-trash";

class Workspace {
 public:
  // Makes `path`, if it is missing (0700). Blocking.
  static Result<Workspace> open(std::string path, const ClosedFolders& closed = {});
  // The same for who only looks: nothing is made or given away.
  static Result<Workspace> look(std::string path, const ClosedFolders& closed = {});

  const std::string& path() const { return path_; }
  // The folder itself (O_PATH), and as it is met by workspace_owner(): the same, or mapped.
  const Fd& folder() const { return folder_; }
  const Fd& view() const { return mapping_.is_open() ? view_ : folder_; }
  // The user namespace of that mapping; closed when there is none.
  const Fd& mapping() const { return mapping_; }
  // Why there is none, though we are root and what is in it belongs to somebody else; else empty.
  const std::string& unmapped() const { return unmapped_; }

  // As whom commands work there, it must be possible to enter. NotFound when it has been deleted.
  Result<> check_access() const;
  // What an ordinary user may still put on its disk.
  std::uint64_t free_bytes() const;
  // Where the folder is now: it may have been renamed.
  std::string current_path() const;

 private:
  Workspace(std::string path, Fd folder) : path_(std::move(path)), folder_(std::move(folder)) {}
  static Result<Workspace> open_in(const std::vector<Mount>& mounts, std::string path, const ClosedFolders& closed);
  Result<> meet_owner();

  std::string path_;
  Fd folder_;
  Fd view_;
  Fd mapping_;
  std::string unmapped_;
};

}  // namespace zo
