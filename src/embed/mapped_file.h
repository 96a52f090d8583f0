// A file mapped read-only: its pages are read when they are touched, and the system may take them back. Nobody may shorten the file
// while it is mapped; a program that writes a new one beside it and renames it is fine.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace zo {

class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  // NotFound when there is none, Invalid when it is empty or no plain file, Exhausted when it is larger than `bytes_max`.
  static Result<MappedFile> open(const std::string& path, std::size_t bytes_max);

  std::string_view bytes() const { return bytes_; }
  // Gives the memory of its pages back; what is looked at again is read from the file again.
  void release_pages() const;

 private:
  std::string_view bytes_;
};

}  // namespace zo
