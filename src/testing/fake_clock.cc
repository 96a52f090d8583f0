#include "testing/fake_clock.h"

#include <boost/asio/post.hpp>

namespace zo {
namespace {

void turn(const Executor& executor, const std::weak_ptr<FakeClock*>& clock) {
  asio::post(executor, [executor, clock] {
    const auto alive = clock.lock();
    if (!alive) return;
    (*alive)->advance(1);
    turn(executor, clock);
  });
}

}  // namespace

Task<void> FakeClock::sleep_for(std::int64_t duration_ms) {
  const TimeMs until = now_ + duration_ms;
  struct Sleeper {
    FakeClock& clock;
    std::multimap<TimeMs, Condition>::iterator place;
    std::multiset<std::int64_t>::iterator duration;
    ~Sleeper() {
      clock.sleepers_.erase(place);
      clock.sleeps_.erase(duration);
    }
  };
  const Sleeper sleeper{*this, sleepers_.emplace(until, executor_), sleeps_.insert(duration_ms)};
  while (now_ < until) co_await sleeper.place->second.wait();
  ++woken_;
}

void FakeClock::advance(std::int64_t duration_ms) {
  now_ += duration_ms;
  for (auto sleeper = sleepers_.begin(); sleeper != sleepers_.end() && sleeper->first <= now_; ++sleeper) sleeper->second.notify_all();
}

PassingTime::PassingTime(const Executor& executor, FakeClock& clock) : clock_(std::make_shared<FakeClock*>(&clock)) {
  turn(executor, clock_);
}

PassingTime::~PassingTime() = default;

}  // namespace zo
