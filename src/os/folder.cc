#include "os/folder.h"

#include <fcntl.h>

#include <string_view>

namespace zo {

Folder::Folder(Fd fd) : stream_(fd.is_open() ? ::fdopendir(fd.get()) : nullptr) {
  if (stream_) fd.release();
}

Folder Folder::open_at(int parent, const std::string& name) {
  return Folder(Fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)));
}

const dirent* Folder::next() const {
  while (const dirent* entry = is_open() ? ::readdir(stream_.get()) : nullptr)
    if (const std::string_view name = entry->d_name; name != "." && name != "..") return entry;
  return nullptr;
}

}  // namespace zo
