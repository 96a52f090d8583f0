#include "automation/iso_interval.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kShown = 60;
constexpr std::string_view kForm = "R/2026-03-01T09:00:00Z/PT90M or R5/2026-03-01T09:00:00/P1D";
constexpr std::uint64_t kNumberMax = 1'000'000'000;

struct Duration {
  std::uint64_t months = 0;
  std::uint64_t days = 0;
  std::uint64_t seconds = 0;
};

struct Unit {
  char letter;
  std::uint64_t Duration::*part;
  std::uint64_t factor;
};
constexpr Unit kDateUnits[] = {{'Y', &Duration::months, 12}, {'M', &Duration::months, 1}, {'W', &Duration::days, 7}, {'D', &Duration::days, 1}};
constexpr Unit kTimeUnits[] = {{'H', &Duration::seconds, 3'600}, {'M', &Duration::seconds, 60}, {'S', &Duration::seconds, 1}};

// Numbers with their letters, in this order, up to the end of the text.
bool read_units(std::string_view text, std::span<const Unit> units, Duration& duration) {
  if (text.empty()) return false;
  auto unit = units.begin();
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = to_whole_number(text.substr(0, digits));
    if (!number || *number > kNumberMax || digits == text.size()) return false;
    unit = std::find_if(unit, units.end(), [&](const Unit& one) { return one.letter == text[digits]; });
    if (unit == units.end()) return false;
    duration.*(unit->part) += *number * unit->factor;
    ++unit;
    text.remove_prefix(digits + 1);
  }
  return true;
}

std::optional<Duration> duration_from(std::string_view text) {
  if (!text.starts_with('P')) return std::nullopt;
  text.remove_prefix(1);
  const std::size_t mark = text.find('T');
  Duration duration;
  if (mark != 0 && !read_units(text.substr(0, mark), kDateUnits, duration)) return std::nullopt;
  if (mark != text.npos && !read_units(text.substr(mark + 1), kTimeUnits, duration)) return std::nullopt;
  return duration;
}

Rule periodic(Frequency frequency, std::uint64_t interval) {
  Rule rule;
  rule.frequency = frequency;
  rule.interval = static_cast<std::int64_t>(interval);
  return rule;
}

Result<Rule> rule_of(const Duration& duration, std::string_view text) {
  const int kinds = (duration.months > 0 ? 1 : 0) + (duration.days > 0 ? 1 : 0) + (duration.seconds > 0 ? 1 : 0);
  if (kinds != 1)
    return fail(Code::Invalid, fmt::format("ISO 8601 interval: '{}' {}", one_line(text, kShown), kinds == 0 ? "is no time at all" : "mixes months, days and hours"),
                "months and years, or weeks and days, or hours, minutes and seconds");
  if (duration.seconds > 0) return elapsed_rule(duration.seconds);
  const bool years = duration.months % 12 == 0;
  const bool weeks = duration.days % 7 == 0;
  Rule rule = duration.months > 0 ? periodic(years ? Frequency::Yearly : Frequency::Monthly, years ? duration.months / 12 : duration.months)
                                  : periodic(weeks ? Frequency::Weekly : Frequency::Daily, weeks ? duration.days / 7 : duration.days);
  if (rule.interval > kIntervalMax) return fail(Code::Invalid, fmt::format("ISO 8601 interval: '{}' is too long", one_line(text, kShown)));
  return rule;
}

}  // namespace

Result<Rule> elapsed_rule(std::uint64_t seconds) {
  const std::uint64_t unit = seconds % 3'600 == 0 ? 3'600 : seconds % 60 == 0 ? 60 : 1;
  if (seconds == 0 || seconds / unit > static_cast<std::uint64_t>(kIntervalMax))
    return fail(Code::Invalid, fmt::format("the rule: an interval is 1 second at least, and {} hours, minutes or seconds at most", with_thousands(kIntervalMax)));
  return periodic(unit == 3'600 ? Frequency::Hourly : unit == 60 ? Frequency::Minutely : Frequency::Secondly, seconds / unit);
}

Result<TypedRule> rule_from_iso_interval(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '/');
  if (parts.size() != 3)
    return fail(Code::Invalid, fmt::format("ISO 8601 interval: '{}' has {} parts, where 3 are expected", one_line(text, kShown), parts.size()), std::string(kForm));
  TypedRule typed;
  typed.start = moment_from_text(parts[1]);
  if (!typed.start) return fail(Code::Invalid, fmt::format("ISO 8601 interval: '{}' is no start", one_line(parts[1], kShown)), std::string(kForm));
  const std::optional<Duration> duration = duration_from(parts[2]);
  if (!duration) return fail(Code::Invalid, fmt::format("ISO 8601 interval: '{}' is no duration", one_line(parts[2], kShown)), "P1D, P1M, P2W, PT90M or PT1H30M");
  ZO_TRY(Rule rule, rule_of(*duration, parts[2]));
  const std::string_view times = parts[0].substr(1);
  if (!times.empty() && times != "-1") {
    const auto count = to_whole_number(times);
    if (!count || *count < 1 || *count > static_cast<std::uint64_t>(kCountMax))
      return fail(Code::Invalid, fmt::format("ISO 8601 interval: '{}': behind R stands how often, from 1 to {}, or nothing", one_line(parts[0], kShown), kCountMax));
    rule.count = static_cast<std::int64_t>(*count);
  }
  typed.recurrence.rules = {std::move(rule)};
  return typed;
}

}  // namespace zo
