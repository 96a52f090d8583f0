#include "testing/fake_clock.h"

namespace zo {

Task<void> FakeClock::sleep_for(std::int64_t duration_ms) {
  struct Counted {
    std::multiset<std::int64_t>& all;
    std::multiset<std::int64_t>::iterator place;
    Counted(std::multiset<std::int64_t>& a, std::int64_t duration_ms) : all(a), place(all.insert(duration_ms)) {}
    ~Counted() { all.erase(place); }
  };
  const TimeMs until = now_ + duration_ms;
  const Counted counted(sleeps_, duration_ms);
  while (now_ < until) co_await changed_.wait();
  ++woken_;
}

}  // namespace zo
