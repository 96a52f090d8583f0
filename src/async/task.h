// The one concurrency idiom: a C++20 coroutine on the one io thread. Task<T> is Asio's awaitable; nothing starts until it is
// awaited or spawned into a Scope. Cancellation arrives as an exception (boost::system::system_error, operation_aborted) at
// the next suspension point; it is caught only at an activity's edge.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace zo {

namespace asio = boost::asio;

using Executor = asio::any_io_executor;

template <class T = void>
using Task = asio::awaitable<T>;

// True for the exception that a cancelled coroutine sees.
bool is_cancellation(const std::exception_ptr& failure);
// What an exception says, for a log line.
std::string_view describe(const std::exception_ptr& failure, std::string& buffer);

// Throws operation_aborted if the calling coroutine has been cancelled.
Task<void> throw_if_cancelled();

}  // namespace zo
