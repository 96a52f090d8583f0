// Virtual time: nothing passes until advance() is called, which wakes whoever slept until then, in order.
#pragma once

#include <set>

#include "async/clock.h"
#include "async/condition.h"

namespace zo {

class FakeClock final : public Clock {
 public:
  FakeClock(const Executor& executor, TimeMs start = 1'795'000'000'000) : now_(start), changed_(executor) {}

  TimeMs now() override { return now_; }
  std::int64_t steady_ms() override { return now_; }
  Task<void> sleep_for(std::int64_t duration_ms) override;

  void advance(std::int64_t duration_ms) {
    now_ += duration_ms;
    changed_.notify_all();
  }
  // How many coroutines sleep now: a test waits for this before it advances.
  std::size_t sleeping() const { return sleeps_.size(); }
  // And for how long each of them fell asleep, the shortest first: so that a test can tell a pause from a time limit.
  const std::multiset<std::int64_t>& sleeps() const { return sleeps_; }
  // How many have slept to their end so far.
  std::uint64_t woken() const { return woken_; }

 private:
  TimeMs now_;
  std::multiset<std::int64_t> sleeps_;
  std::uint64_t woken_ = 0;
  Condition changed_;
};

}  // namespace zo
