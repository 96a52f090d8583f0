// Lists and searches folders of the workspace, within bounds. Blocking; on one of the Threads, as the workspace's owner.
#pragma once

#include "file/beneath.h"
#include "file/files.h"

namespace zo {

FileKind kind_of(mode_t mode);
// `path` is relative, from Beneath::inside(). A symlink counts as what it leads to.
Result<FileEntry> entry_at(const Beneath& workspace, const std::string& path);
Result<FileList> list_folder(const Beneath& workspace, const std::string& path, Depth depth, std::size_t items_max);
Result<FileSearch> search_folder(const Beneath& workspace, const std::string& path, std::string_view text,
                                 const std::string& names);

}  // namespace zo
