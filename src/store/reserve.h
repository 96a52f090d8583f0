// Room on the disk that is kept for making room: SQLite writes to its log before anything is deleted, so on a full disk not even
// that works. A file of a few megabytes holds the room meanwhile, and is given up for the time of such a change.
#pragma once

#include <cstdint>
#include <string>

namespace zo {

class Reserve {
 public:
  // An empty path keeps none. Changes nothing yet.
  explicit Reserve(std::string path) : path_(std::move(path)) {}

  // Takes what is missing of wanted_bytes(), as far as the disk has it. False when the disk is too full for all of it.
  bool take() const;
  // Gives all of it up.
  void release() const;

  // What the disk holds for it now.
  std::uint64_t held_bytes() const;
  // 8 MiB, and at most an eighth of a small disk.
  std::uint64_t wanted_bytes() const;

 private:
  std::string path_;
};

}  // namespace zo
