// Files of the workspace that the owner's own tools run by themselves: hooks and configuration of git, start files of shells, what
// editors and direnv do on entering a folder, programs with set-id bits. Those that exist are read-only to agents, by commands and by file tools alike; what
// an agent makes anew is told to the owner with its text. Blocking; on a thread for such work, as workspace_owner().
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "file/beneath.h"

namespace zo {

// Something in the workspace, known by its path and what stood there: numbers of inodes are used again, so when it was made counts.
struct MadePlace {
  std::string path;
  ino_t inode = 0;
  std::int64_t born_ns = 0;  // 0 where the file system does not know it
  auto operator<=>(const MadePlace&) const = default;
};

// What stands at a path, so that a change is seen. The change time cannot be set by programs.
struct FilePrint {
  dev_t device = 0;
  ino_t inode = 0;
  std::int64_t size = 0;
  std::int64_t changed_ns = 0;
  std::int64_t born_ns = 0;
  bool operator==(const FilePrint&) const = default;
};

// A file or a folder that decides what the owner's tools run.
struct HostRunPlace {
  std::string path;
  bool is_folder = false;
  bool is_missing = false;  // a folder of hooks that is not there
  bool is_link = false;     // a symlink: only told, what it leads to is another place
  bool is_closed = false;   // a folder into which nobody can look: it is left as it is
  FilePrint print;
  MadePlace root;           // what it belongs to: a repository's git folder, or itself
};

struct HostRunScan {
  std::vector<HostRunPlace> places;
  std::map<std::string, FilePrint> files;        // those places, and the files in those folders
  std::map<std::string, std::string> texts;      // of files that agents may change
  std::vector<MadePlace> git_folders;
  bool complete = true;                          // false: there are more folders, or more such places, than are looked at
};

// Such a file that an agent made or changed.
struct LeftFile {
  std::string path;
  std::string diff;
  bool removed = false;  // by us: it stood in a git folder of the owner's
};

// Looks through a workspace, over and over: folders that have not changed are not read again.
class HostRunScanner {
 public:
  // `made`: what agents have made before, and may change.
  HostRunScan scan(const Beneath& workspace, const std::set<MadePlace>& made);

 private:
  // What matters of a folder's entries.
  struct Known {
    FilePrint print;
    std::vector<std::string> folders;
    std::vector<std::string> found;  // names of kOwnNames, ".git", and files with set-id bits
    bool is_git_folder = false;      // it has what git looks for in one without a work tree
    bool is_closed = false;          // it cannot be read
    std::int64_t read_at_ns = 0;
  };
  class Walk;
  std::map<std::string, Known> known_;
};

// Whether agents may change it: they made it, or the repository in which it stands.
bool is_made_by_agents(const HostRunPlace& place, const HostRunScan& scan, const std::set<MadePlace>& made);

// What has come or changed between two scans, and the roots that are new.
struct HostRunChanges {
  std::vector<LeftFile> left;
  std::set<MadePlace> made;
};
HostRunChanges compare(const Beneath& workspace, const HostRunScan& before, const HostRunScan& after, const std::set<MadePlace>& made);

// Denied when a file tool must not write there: it is one of those, and not made by agents.
Result<> check_host_run(const Beneath& workspace, const std::string& path, const HostRunScan& scan, const std::set<MadePlace>& made);
// The same of the folder that is open and will hold it, whatever has been put on the way there meanwhile.
Result<> check_host_run_in(const Fd& folder, const std::string& path, const HostRunScan& scan, const std::set<MadePlace>& made);

}  // namespace zo
