#include "testing/fake_clock.h"

namespace zo {

Task<void> FakeClock::sleep_for(std::int64_t duration_ms) {
  struct Counted {
    std::size_t& count;
    explicit Counted(std::size_t& c) : count(c) { ++count; }
    ~Counted() { --count; }
  };
  const TimeMs until = now_ + duration_ms;
  const Counted counted(sleeping_);
  while (now_ < until) co_await woken_.wait();
}

}  // namespace zo
