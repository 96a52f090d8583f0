// Mounts through which the files of one user are met as those of another (mount_setattr(2), MOUNT_ATTR_IDMAP): nothing on the disk
// changes, and what is made through such a mount belongs to the first user. For root alone, and not on every file system.
#pragma once

#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace zo {

struct UserIds {
  unsigned uid;
  unsigned gid;
};

// A user namespace in which `from` on the disk is `to` for everybody else. Blocking, for about a millisecond.
Result<Fd> map_ids(UserIds from, UserIds to);

// An own mount of an open folder, standing nowhere, seen through that namespace; what is mounted below the folder belongs to it.
// Denied or Invalid where the kernel, the file system or our rights do not allow it.
Result<Fd> mapped_folder(const Fd& folder, const Fd& mapping);

}  // namespace zo
