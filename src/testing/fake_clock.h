// Virtual time: nothing passes until advance() is called, which wakes whoever slept until then, in order.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "async/clock.h"
#include "async/condition.h"

namespace zo {

class FakeClock final : public Clock {
 public:
  FakeClock(const Executor& executor, TimeMs start = 1'795'000'000'000) : executor_(executor), now_(start) {}

  TimeMs now() override { return now_ + wall_ms_; }
  std::int64_t steady_ms() override { return now_; }
  Task<void> sleep_for(std::int64_t duration_ms) override;

  void advance(std::int64_t duration_ms);
  // Somebody sets the wall clock, by so much; the steady one goes on.
  void set_wall(std::int64_t by_ms) { wall_ms_ += by_ms; }
  // Whether somebody sleeps who is woken when so much time passes: a test waits for this before it advances.
  bool wakes_within(std::int64_t duration_ms) const { return !sleepers_.empty() && sleepers_.begin()->first <= now_ + duration_ms; }
  // For how long each sleeper fell asleep, the shortest first: so that a test can tell a pause from a time limit.
  const std::multiset<std::int64_t>& sleeps() const { return sleeps_; }
  // How many have slept to their end so far.
  std::uint64_t woken() const { return woken_; }

 private:
  Executor executor_;
  TimeMs now_;
  std::int64_t wall_ms_ = 0;
  std::multimap<TimeMs, Condition> sleepers_;  // by when they wake
  std::multiset<std::int64_t> sleeps_;
  std::uint64_t woken_ = 0;
};

// While it lives a millisecond passes with every turn of the io thread: for waits that only time ends. What is ready to work is never
// late in such time; another thread or process is.
class PassingTime {
 public:
  PassingTime(const Executor& executor, FakeClock& clock);
  ~PassingTime();
  PassingTime(const PassingTime&) = delete;
  PassingTime& operator=(const PassingTime&) = delete;

 private:
  std::shared_ptr<FakeClock*> clock_;
};

}  // namespace zo
