// Time as seen by every part. The real one here; tests run on a virtual one (testing/fake_clock.h).
#pragma once

#include "async/task.h"
#include "base/time.h"

namespace zo {

class Clock {
 public:
  virtual ~Clock() = default;
  // UTC, may step.
  virtual TimeMs now() = 0;
  // Never steps back; for durations.
  virtual std::int64_t steady_ms() = 0;
  virtual Task<void> sleep_for(std::int64_t duration_ms) = 0;
};

class RealClock final : public Clock {
 public:
  TimeMs now() override;
  std::int64_t steady_ms() override;
  Task<void> sleep_for(std::int64_t duration_ms) override;
};

}  // namespace zo
