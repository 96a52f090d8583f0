#include "embed/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/text.h"
#include "os/fd.h"
#include "os/file.h"

namespace zo {

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

void MappedFile::release_pages() const {
  if (!bytes_.empty()) ::madvise(const_cast<char*>(bytes_.data()), bytes_.size(), MADV_DONTNEED);
}

Result<MappedFile> MappedFile::open(const std::string& path, std::size_t bytes_max) {
  // Without O_NONBLOCK a pipe of that name would wait for its writer.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return os_fail(errno, "cannot read " + path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return os_fail(errno, "cannot read " + path);
  if (!S_ISREG(status.st_mode) || status.st_size <= 0) return fail(Code::Invalid, path + " is empty or no plain file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > bytes_max) return fail(Code::Exhausted, path + " is " + human_size(size) + ", limit " + human_size(bytes_max));
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (start == MAP_FAILED) return os_fail(errno, "cannot map " + path);
  MappedFile file;
  file.bytes_ = {static_cast<const char*>(start), size};
  return file;
}

}  // namespace zo
