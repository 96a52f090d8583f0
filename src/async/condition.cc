#include "async/condition.h"

#include <boost/asio/as_tuple.hpp>

namespace zo {

Task<void> Condition::wait() {
  // The timer never expires: it ends by notify_all() or by cancellation, and only the coroutine's own state tells which.
  auto wait = timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  co_await std::move(wait);
  co_await throw_if_cancelled();
}

}  // namespace zo
