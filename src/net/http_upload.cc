#include "net/http_upload.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace zo {

bool HttpUpload::has_room() {
  const std::lock_guard lock(mutex_);
  writer_waits_ = waiting_.size() >= kUploadBytesWaiting;
  return !writer_waits_;
}

Task<bool> HttpUpload::write(std::string bytes) {
  while (!closed_ && !has_room()) co_await room_.wait();
  if (closed_) co_return false;
  {
    const std::lock_guard lock(mutex_);
    waiting_ += bytes;
  }
  feed();
  co_return true;
}

void HttpUpload::finish() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  feed();
}

void HttpUpload::feed() {
  bool starved = false;
  {
    const std::lock_guard lock(mutex_);
    starved = std::exchange(starved_, false);
  }
  if (starved && hungry_) hungry_();
}

std::optional<std::size_t> HttpUpload::take(char* to, std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty() && !finished_) {
    starved_ = true;
    return std::nullopt;
  }
  const std::size_t count = waiting_.copy(to, most);
  waiting_.erase(0, count);
  taken_ += count;
  if (writer_waits_ && waiting_.size() <= kUploadBytesWaiting / 2) {
    writer_waits_ = false;
    asio::post(executor_, [self = shared_from_this()] { self->room_.notify_all(); });
  }
  return count;
}

void HttpUpload::close() {
  closed_ = true;
  room_.notify_all();
}

std::uint64_t HttpUpload::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

}  // namespace zo
