// The body of a request that comes in pieces while it is sent: the io thread writes, the curl thread takes. A writer waits while
// kUploadBytesWaiting bytes are not taken yet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "async/condition.h"
#include "base/limits.h"

namespace zo {

inline constexpr std::size_t kUploadBytesWaiting = 256 * limits::KiB;

class HttpUpload : public std::enable_shared_from_this<HttpUpload> {
 public:
  // `bytes`: how long it will be, and then it is exactly so long; nothing: it is sent in chunks.
  HttpUpload(Executor executor, std::optional<std::uint64_t> bytes) : executor_(executor), bytes_(bytes), room_(executor) {}

  std::optional<std::uint64_t> bytes() const { return bytes_; }
  // False: nobody takes it any more, since the answer has come to its end.
  Task<bool> write(std::string bytes);
  // The body is whole. Without it the request has no end, and ends with its answer.
  void finish();

  // The other side's. `hungry` is called on the io thread when there is more after take() gave nothing.
  void on_more(std::function<void()> hungry) { hungry_ = std::move(hungry); }
  // Of the curl thread: how many bytes were put there, 0 at the end; nothing: none is there yet.
  std::optional<std::size_t> take(char* to, std::size_t most);
  // No more is taken.
  void close();
  std::uint64_t taken() const;

 private:
  bool has_room();
  void feed();

  const Executor executor_;
  const std::optional<std::uint64_t> bytes_;
  Condition room_;
  std::function<void()> hungry_;
  bool closed_ = false;

  // Both threads'.
  mutable std::mutex mutex_;
  std::string waiting_;
  std::uint64_t taken_ = 0;
  bool finished_ = false;
  bool starved_ = false;       // take() gave nothing
  bool writer_waits_ = false;
};

}  // namespace zo
