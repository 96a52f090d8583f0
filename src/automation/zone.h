// Time zones by their IANA names, from the machine's tzdata: what a clock on the wall there shows at an instant, and when it shows a
// time. Where a clock is put forward, times are left out; where it is put back, times come twice. A time that comes twice means its
// first instant. Instants are seconds since 1970 in UTC here, because no zone's clock shows less.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "automation/civil.h"
#include "base/result.h"

namespace zo {

// What a time means that the clock never shows, because it was put forward over it.
enum class Gap {
  Shift,  // the instant by the clock as it ran before: 02:30 becomes 03:30
  Skip,   // no instant at all
};

// A stretch of time in which a zone's clock runs at one offset from UTC.
struct ZoneSpan {
  std::int64_t begin = 0;          // instants: the first of it, and the first behind it
  std::int64_t end = 0;
  std::int64_t offset = 0;         // what is added to UTC, in seconds
  std::int64_t offset_before = 0;  // the same before `begin`
};

// When a clock shows a time.
struct ZoneReading {
  std::int64_t instant = 0;   // the first, if it is shown twice; by the clock as it ran before, if it is never shown
  bool in_gap = false;        // it is never shown
  WallTime gap_end;           // then: the first time that is shown behind the gap
};

// A value: copies are cheap and share what was loaded.
class Zone {
 public:
  Zone();  // UTC; also the zone of times that belong to no zone
  // Invalid when tzdata of this machine has no such zone; the advice is a name that may have been meant.
  static Result<Zone> open(std::string_view id);

  const std::string& id() const;
  WallTime wall(std::int64_t instant) const;
  ZoneReading reading(WallTime time) const;
  ZoneSpan span(std::int64_t instant) const;

 private:
  struct Data;
  explicit Zone(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

// The version of this machine's tzdata, "2025b"; empty where it does not say. A zone that is loaded stays as it was loaded until the
// process ends.
std::string zone_version();

}  // namespace zo
