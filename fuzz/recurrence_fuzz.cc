// Recurrence rules, lines of cron and words that anybody wrote: what is accepted has one canonical text that reads back as the same, and
// its occurrences rise, and end, within a bounded search.
#include "automation/rule_text.h"
#include "automation/wall_rule.h"
#include "base/text.h"

namespace {

constexpr std::size_t kOccurrences = 6;
constexpr std::int64_t kStart = 1'772'355'607;  // 2026-03-01T09:00:07
constexpr std::int64_t kSearches = 3;            // for one occurrence of one rule: beside it, one in a gap and one behind it

void expand(const zo::TypedRule& typed, zo::Zone zone) {
  zo::Occurrences occurrences({.recurrence = typed.recurrence, .start = typed.aligned({kStart}), .zone = std::move(zone)});
  const std::vector<zo::TimeMs> times = occurrences.first(kOccurrences);
  for (std::size_t i = 1; i < times.size(); ++i) ZO_CHECK(times[i - 1] < times[i]);
  ZO_CHECK(occurrences.steps() <= static_cast<std::int64_t>(zo::kRulesMax * (kOccurrences + 1)) * kSearches * (zo::kSearchSteps + zo::kSearchDays));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const zo::Result<zo::TypedRule> typed = zo::typed_rule(text);
  if (!typed) {
    ZO_CHECK(zo::is_valid_utf8(typed.error().message) && !typed.error().message.empty());
    return 0;
  }
  const std::string canonical = typed->recurrence.text();
  const zo::Result<zo::Recurrence> again = zo::Recurrence::parse(canonical);
  ZO_CHECK(again && *again == typed->recurrence && again->text() == canonical);
  static const zo::Zone berlin = *zo::Zone::open("Europe/Berlin");
  expand(*typed, berlin);
  return 0;
}
