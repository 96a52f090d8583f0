// Virtual time: nothing passes until advance() is called, which wakes whoever slept until then, in order.
#pragma once

#include <map>

#include "async/clock.h"
#include "async/condition.h"

namespace zo {

class FakeClock final : public Clock {
 public:
  FakeClock(const Executor& executor, TimeMs start = 1'795'000'000'000) : now_(start), woken_(executor) {}

  TimeMs now() override { return now_; }
  std::int64_t steady_ms() override { return now_; }
  Task<void> sleep_for(std::int64_t duration_ms) override;

  void advance(std::int64_t duration_ms) {
    now_ += duration_ms;
    woken_.notify_all();
  }
  // How many coroutines sleep now: a test waits for this before it advances.
  std::size_t sleeping() const { return sleeping_; }

 private:
  TimeMs now_;
  std::size_t sleeping_ = 0;
  Condition woken_;
};

}  // namespace zo
