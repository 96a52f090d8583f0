// What a person deleted: renamed into a hidden folder of the workspace (kTrashFolder), so that it can be put back; whole, at once, however
// large, and on a disk that is full. It is hidden from lists and paths (file/beneath.h) and stands empty before commands. What it holds
// is bounded in age, number and size. Blocking; on one of the Threads, as the workspace's owner.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "file/beneath.h"
#include "file/files.h"

namespace zo {

class Trash {
 public:
  // `key`: what was not noted down with it is not taken for deleted by the person, whoever put it there. All are borrowed.
  Trash(const Beneath& workspace, std::string_view key) : workspace_(workspace), key_(key) {}

  // Deletes a file, a symlink or a folder with all that is in it. Invalid for what is on another file system than the workspace.
  Result<Trashed> put(const std::string& path, TimeMs now) const;
  // What can be put back, the newest first.
  Result<std::vector<Trashed>> list() const;
  // Puts it where it was; missing folders are made. Conflict when something has its name. Returns the path.
  Result<std::string> restore(const std::string& id) const;
  // One, or everything, for good.
  Result<> remove(const std::string& id) const;
  Result<> empty() const;
  // Removes for good what is older than limits::kTrashMs, or beyond the other bounds, and what an earlier removal did not get done.
  Result<> tidy(TimeMs now) const;
  bool exists() const;

 private:
  Result<Fd> open() const;
  Result<std::optional<Fd>> open_if_there() const;
  Result<Fd> open_or_make() const;
  std::string note_of(const Trashed& what) const;
  Result<Trashed> read_note(const Fd& trash, const std::string& id) const;
  std::vector<Trashed> noted(const Fd& trash) const;
  Result<> discard(const Fd& trash, const std::string& name) const;

  const Beneath& workspace_;
  std::string_view key_;
};

}  // namespace zo
