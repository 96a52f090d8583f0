// Runs one coroutine to its end on an io_context of its own: the frame of most asynchronous tests.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "async/task.h"

namespace zo {

// Throws what the task throws. Fails the process if the task never ends although nothing is left to do.
template <class T>
T run(asio::io_context& io, Task<T> task) {
  std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>> value;
  std::exception_ptr failure;
  bool ended = false;
  if constexpr (std::is_void_v<T>) {
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e) { failure = e; ended = true; io.stop(); });
  } else {
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T v) {
      failure = e;
      if (!e) value.emplace(std::move(v));
      ended = true;
      io.stop();
    });
  }
  io.restart();
  io.run();
  if (failure) std::rethrow_exception(failure);
  if (!ended) throw std::logic_error("the task waits for something that nobody will do");
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

// Polls until `holds` is true, letting everything else run in between; false after `limit_ms`.
template <class Predicate>
Task<bool> eventually(Predicate holds, std::int64_t limit_ms = 10'000) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) co_return false;
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return true;
}

}  // namespace zo
