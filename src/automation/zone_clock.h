// A zone's clock that remembers the span it looked at last: questions one after the other, as a recurrence asks them, are arithmetic.
#pragma once

#include "automation/zone.h"

namespace zo {

class ZoneClock {
 public:
  explicit ZoneClock(Zone zone) : zone_(std::move(zone)), span_(zone_.span(0)) {}

  // The reference is good until the next question.
  const ZoneSpan& span(std::int64_t instant) {
    if (instant < span_.begin || instant >= span_.end) span_ = zone_.span(instant);
    return span_;
  }
  WallTime wall(std::int64_t instant) { return {instant + span(instant).offset}; }
  ZoneReading reading(WallTime time) {
    // What this span alone shows, and not the one before it: there it would be first.
    const std::int64_t instant = time.seconds - span_.offset;
    if (instant >= span_.begin && instant < span_.end && time.seconds >= span_.begin + span_.offset_before) return {.instant = instant};
    const ZoneReading found = zone_.reading(time);
    span_ = zone_.span(found.instant);
    return found;
  }

 private:
  Zone zone_;
  ZoneSpan span_;
};

}  // namespace zo
