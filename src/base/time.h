// Points in time: UTC milliseconds since 1970. Names of such fields end in `_at`, durations in `_ms`.
#pragma once

#include <cstdint>
#include <string>

namespace zo {

using TimeMs = std::int64_t;

// "2026-11-22T18:27:16.042Z" (RFC 3339, always UTC with milliseconds).
std::string to_rfc3339(TimeMs at);
// "840 ms", "4.1 s", "2 min 40 s", "3 h 5 min": for people.
std::string human_duration(std::int64_t duration_ms);
// "2026-11-22": the UTC day, the key of daily budgets.
std::string utc_day(TimeMs at);

}  // namespace zo
