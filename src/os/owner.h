// Whose files the workspace holds. A server that runs as root does not work there as root: commands run, and files are made, as
// a fixed unprivileged user, so that the sandbox and the file tools see and may do the same.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace zo {

// The uid and gid that own the workspace's files: ours, or a fixed numeric one when we are root.
struct WorkspaceOwner {
  unsigned uid;
  unsigned gid;
};
WorkspaceOwner workspace_owner();

// While it lives, the calling thread, and no other, meets files with the rights of the workspace's owner. Nothing must be
// awaited meanwhile.
class ActAsOwner {
 public:
  ActAsOwner();
  ~ActAsOwner();
  ActAsOwner(const ActAsOwner&) = delete;
  ActAsOwner& operator=(const ActAsOwner&) = delete;

  // Denied when this process, though root, lacks the rights to do so: ask once, before the first.
  static Result<> check();

 private:
  bool acting_ = false;
  std::vector<unsigned> groups_;  // the thread's supplementary ones, to be put back
};

// Makes `path`, if it is missing, for the workspace's owner (0700). As root, an existing folder of root's is given to the owner:
// the folder itself, not what is in it. Denied for the machine's own folders (of
// /usr, /etc and their like also for what is below them) and for a whole home.
Result<> prepare_workspace(const std::string& path);

}  // namespace zo
