#include "async/clock.h"

#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace zo {

TimeMs RealClock::now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t RealClock::steady_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

Task<void> RealClock::sleep_for(std::int64_t duration_ms) {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(duration_ms));
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace zo
