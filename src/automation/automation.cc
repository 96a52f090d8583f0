#include "automation/automation.h"

#include <fmt/format.h>

#include <array>

#include "base/hash.h"

namespace zo {
namespace {

// One table for both ways.
template <class Value, std::size_t N>
std::optional<Value> value_of(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<Value>(i);
  return std::nullopt;
}

constexpr std::array<std::string_view, 3> kCatchUps{"latest", "skip", "all"};
constexpr std::array<std::string_view, 4> kOverlaps{"skip", "buffer_one", "allow", "cancel_previous"};
constexpr std::array<std::string_view, 5> kCauses{"time", "person", "hook", "file", "automation"};
constexpr std::array<std::string_view, 6> kStates{"begun", "succeeded", "failed", "cancelled", "missed", "skipped"};
constexpr std::array<std::string_view, 3> kDeliveries{"web_hook", "ntfy", "email"};
constexpr std::array<std::string_view, 3> kOnOutcomes{"any", "succeeded", "failed"};
constexpr std::array<std::string_view, 2> kGaps{"shift", "skip"};

}  // namespace

std::string_view catch_up_name(CatchUp what) { return kCatchUps[static_cast<std::size_t>(what)]; }
std::optional<CatchUp> catch_up_from_name(std::string_view name) { return value_of<CatchUp>(kCatchUps, name); }
std::string_view overlap_name(Overlap what) { return kOverlaps[static_cast<std::size_t>(what)]; }
std::optional<Overlap> overlap_from_name(std::string_view name) { return value_of<Overlap>(kOverlaps, name); }
std::string_view cause_name(Cause cause) { return kCauses[static_cast<std::size_t>(cause)]; }
Cause cause_from_name(std::string_view name) { return value_of<Cause>(kCauses, name).value_or(Cause::Time); }
std::string_view occurrence_state_name(OccurrenceState state) { return kStates[static_cast<std::size_t>(state)]; }
OccurrenceState occurrence_state_from_name(std::string_view name) { return value_of<OccurrenceState>(kStates, name).value_or(OccurrenceState::Failed); }
std::string_view delivery_kind_name(DeliveryKind kind) { return kDeliveries[static_cast<std::size_t>(kind)]; }
std::optional<DeliveryKind> delivery_kind_from_name(std::string_view name) { return value_of<DeliveryKind>(kDeliveries, name); }
std::string_view on_outcome_name(OnOutcome what) { return kOnOutcomes[static_cast<std::size_t>(what)]; }
std::optional<OnOutcome> on_outcome_from_name(std::string_view name) { return value_of<OnOutcome>(kOnOutcomes, name); }
std::string_view gap_name(Gap gap) { return kGaps[static_cast<std::size_t>(gap)]; }
std::optional<Gap> gap_from_name(std::string_view name) { return value_of<Gap>(kGaps, name); }

Result<RecurrencePlan> plan_of(const Automation& automation) {
  RecurrencePlan plan;
  plan.gap = automation.wish.gap;
  ZO_TRY(plan.zone, Zone::open(automation.wish.zone));
  ZO_TRY(plan.recurrence, Recurrence::parse(automation.rule));
  const std::optional<Moment> start = moment_from_text(automation.wish.start);
  if (!start) return fail(Code::Corrupt, "the start '" + automation.wish.start + "' is no time");
  plan.start = start->time;
  return plan;
}

// The first eight hexadecimal digits of the id's hash, as a number.
std::int64_t jitter_of(const AutomationId& id, std::int64_t jitter_ms) {
  if (jitter_ms <= 0) return 0;
  const std::string hex = hash_hex(id.text()).substr(0, 8);
  return static_cast<std::int64_t>(std::stoull(hex, nullptr, 16)) % jitter_ms;
}

std::string local_text(TimeMs at, const Zone& zone) {
  std::string text = to_text(zone.wall(floor_divide(at, 1'000)));
  text[text.find('T')] = ' ';
  if (text.ends_with(":00")) text.resize(text.size() - 3);
  return text + " " + zone.id();
}

}  // namespace zo
