// Files of our own state folder: read within a bound, written so that a crash leaves the old or the new content and nothing
// else, locked against a second server. Blocking: call these through offload(), or before the server starts.
// The workspace, where others write too, is file/files.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/fd.h"

namespace zo {

// `what` says what could not be done ("cannot read /etc/x"); the reason of `error_number` is appended in words.
Error os_error(int error_number, std::string what);
inline std::unexpected<Error> os_fail(int error_number, std::string what) {
  return std::unexpected(os_error(error_number, std::move(what)));
}

// NotFound when there is none, Exhausted when it is larger than `bytes_max`.
Result<std::string> load_file(const std::string& path, std::size_t bytes_max);
// Temporary file beside it, fsync, rename, fsync of the folder. A new file gets `mode`, whatever the umask is.
Result<> save_file(const std::string& path, std::string_view bytes, unsigned mode = 0600);
// Replaces what stands at `to`; fsync of the folder.
Result<> rename_file(const std::string& from, const std::string& to);
// The folder and its missing parents, mode 0700. One that exists is left as it is.
Result<> make_folders(const std::string& path);

Result<> write_all(int fd, std::string_view bytes);

// An anonymous file in memory, positioned at its start, sealed: nobody can change it, not even through another descriptor.
Result<Fd> memory_file(const std::string& name, std::string_view bytes);

// Holds `path` (created, 0600) for this process until the Fd closes; Conflict when another process holds it.
// `what` names the holder: "a server on /root/.zo".
Result<Fd> lock_file(const std::string& path, std::string_view what);

}  // namespace zo
