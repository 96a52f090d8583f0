// offload(threads, work) runs plain code on another thread and resumes here with its value or exception. It cannot be cancelled
// half way: a coroutine that is cancelled meanwhile learns of it at its next suspension point, after the work has ended.
//
// Handoff is the piece underneath, for threads that are no Threads (the store's writer, curl): the coroutine awaits
// handoff.wait(), the other thread calls the Wake exactly once, and the coroutine resumes on its own executor.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "async/threads.h"
#include "async/task.h"

namespace zo {

// Resumes the coroutine that waits. Called exactly once, from any thread.
using Wake = std::move_only_function<void()>;

// `start` receives the Wake and arranges for it to be called; the caller resumes, on its own executor, after that.
template <class Start>
Task<void> handoff(Start start) {
  const Executor executor = co_await asio::this_coro::executor;
  auto initiate = [&](auto handler) {
    auto resume = [executor, guard = asio::make_work_guard(executor), handler = std::move(handler)]() mutable {
      asio::post(executor, std::move(handler));
    };
    start(Wake(std::move(resume)));
  };
  auto waiting = asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
  co_await std::move(waiting);
}

template <class Work>
Task<std::invoke_result_t<Work&>> offload(Threads& threads, Work work) {
  using Value = std::invoke_result_t<Work&>;
  using Slot = std::conditional_t<std::is_void_v<Value>, std::monostate, Value>;
  struct Outcome {
    std::optional<Slot> value;
    std::exception_ptr failure;
  };
  // Shared, so that a coroutine destroyed at shutdown leaves the other thread nothing dangling.
  auto outcome = std::make_shared<Outcome>();
  auto start = [&threads, &work, outcome](Wake wake) {
    threads.post([work = std::move(work), outcome, wake = std::move(wake)]() mutable {
      try {
        if constexpr (std::is_void_v<Value>) {
          work();
          outcome->value.emplace();
        } else {
          outcome->value.emplace(work());
        }
      } catch (...) {  // carried over to the awaiting coroutine, and thrown there
        outcome->failure = std::current_exception();
      }
      wake();
    });
  };
  co_await handoff(std::move(start));
  if (outcome->failure) std::rethrow_exception(outcome->failure);
  if constexpr (!std::is_void_v<Value>) co_return std::move(*outcome->value);
}

}  // namespace zo
