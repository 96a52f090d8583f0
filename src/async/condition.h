// A condition variable for coroutines of one io thread: wait() suspends until the next notify_all(). There is no lock, since
// there is one thread; as with any condition variable the waiter checks its predicate again.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include "async/task.h"

namespace zo {

class Condition {
 public:
  explicit Condition(const Executor& executor) : timer_(executor, asio::steady_timer::time_point::max()) {}

  void notify_all() { timer_.cancel(); }
  // Throws when the waiting coroutine is cancelled.
  Task<void> wait();

 private:
  asio::steady_timer timer_;
};

}  // namespace zo
