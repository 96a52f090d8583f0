// within(clock, limit, task): the task's value, or nothing when the limit passed first; the loser is cancelled and awaited.
// What the task throws is thrown at once. (Asio's operator|| would wait for the clock then, and hide a cancellation.)
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <optional>
#include <variant>

#include "async/clock.h"
#include "async/condition.h"

namespace zo {

namespace deadline_detail {

template <class T>
Task<std::optional<T>> as_optional(Task<T> task) {
  co_return co_await std::move(task);
}

}  // namespace deadline_detail

// The value of whichever task ends first; the other is cancelled and awaited. What the first throws is thrown.
template <class A, class B>
Task<std::variant<A, B>> first_of(Task<A> a, Task<B> b) {
  const Executor executor = co_await asio::this_coro::executor;
  auto race = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, deadline_detail::as_optional(std::move(a)), asio::deferred),
      asio::co_spawn(executor, deadline_detail::as_optional(std::move(b)), asio::deferred));
  auto ended = race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  auto [order, failure_a, value_a, failure_b, value_b] = co_await std::move(ended);
  co_await throw_if_cancelled();
  const bool a_first = order[0] == 0;
  if (const std::exception_ptr failure = a_first ? failure_a : failure_b) std::rethrow_exception(failure);
  if (a_first) co_return std::variant<A, B>(std::in_place_index<0>, std::move(*value_a));
  co_return std::variant<A, B>(std::in_place_index<1>, std::move(*value_b));
}

template <class T>
Task<std::optional<T>> within(Clock& clock, std::int64_t limit_ms, Task<T> task) {
  const Executor executor = co_await asio::this_coro::executor;
  auto race = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, deadline_detail::as_optional(std::move(task)), asio::deferred),
      asio::co_spawn(executor, clock.sleep_for(limit_ms), asio::deferred));
  auto ended = race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  auto [order, failure, value, woken] = co_await std::move(ended);
  co_await throw_if_cancelled();
  if (failure && order[0] == 0) std::rethrow_exception(failure);
  co_return std::move(value);
}

// Whether somebody was notified before the limit passed.
inline Task<bool> notified_within(Clock& clock, std::int64_t limit_ms, Condition& condition) {
  auto told = [](Condition& on) -> Task<bool> {
    co_await on.wait();
    co_return true;
  };
  const std::optional<bool> was = co_await within(clock, limit_ms, told(condition));
  co_return was.has_value();
}

}  // namespace zo
