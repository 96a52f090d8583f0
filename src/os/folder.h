// The names in an open folder, read one after the other (readdir(3)).
#pragma once

#include <dirent.h>

#include <memory>
#include <string>

#include "os/fd.h"

namespace zo {

class Folder {
 public:
  // Nothing is in one that cannot be read; errno says why.
  explicit Folder(Fd fd);
  // One that is itself a folder, not a symlink to one. AT_FDCWD as `parent` for where we are.
  static Folder open_at(int parent, const std::string& name);

  bool is_open() const { return stream_ != nullptr; }
  // For calls that take a name in it; it stays ours.
  int fd() const { return is_open() ? ::dirfd(stream_.get()) : -1; }
  // The next entry but the folder itself and the one above; null at the end. Good until the next call.
  const dirent* next() const;

 private:
  struct Close {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  std::unique_ptr<DIR, Close> stream_;
};

}  // namespace zo
