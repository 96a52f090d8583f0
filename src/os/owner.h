// As whom we work in the workspace. A server that runs as root does not work there as root: commands run, and files are met, as
// a fixed unprivileged user, so that the sandbox and the file tools see and may do the same. (Whose files they are on the disk is
// another matter: os/workspace.h.)
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/idmap.h"

namespace zo {

// As whom files of the workspace are met: ours, or a fixed numeric user when we are root.
UserIds workspace_owner();

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

// As root, an open folder of root's becomes the owner's: itself, not what is in it. `path` is for the message.
Result<> give_to_owner(const Fd& folder, const std::string& path);
// Makes `path`, a folder of ours in which sandboxed programs write, if it is missing (0700), and gives it to the owner.
Result<> prepare_folder(const std::string& path);

}  // namespace zo
