// A bounded queue between coroutines of one io thread. push() waits while it is full; close() lets the reader drain what is
// there and then see the end (or the error). One reader, any number of writers.
#pragma once

#include <deque>
#include <optional>

#include "async/condition.h"
#include "base/result.h"

namespace zo {

template <class T>
class Pipe {
 public:
  Pipe(const Executor& executor, std::size_t capacity) : capacity_(capacity), changed_(executor) {}

  // False once the pipe is closed: the item was not taken.
  Task<bool> push(T item) {
    while (!closed_ && items_.size() >= capacity_) co_await changed_.wait();
    co_return try_push(std::move(item));
  }

  // False when full or closed.
  bool try_push(T item) {
    if (closed_ || items_.size() >= capacity_) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  // The next item; nothing once closed and drained. After that, error() tells whether the end was a good one.
  Task<std::optional<T>> next() {
    while (items_.empty() && !closed_) co_await changed_.wait();
    if (items_.empty()) co_return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    changed_.notify_all();
    co_return item;
  }

  void close() { close_with(std::nullopt); }
  void close_with(std::optional<Error> error) {
    if (closed_) return;
    closed_ = true;
    error_ = std::move(error);
    changed_.notify_all();
  }

  const std::optional<Error>& error() const { return error_; }
  bool closed() const { return closed_; }
  std::size_t size() const { return items_.size(); }

 private:
  std::size_t capacity_;
  std::deque<T> items_;
  bool closed_ = false;
  std::optional<Error> error_;
  Condition changed_;
};

}  // namespace zo
