#include "automation/wish.h"

#include <fmt/format.h>

#include "automation/planner.h"
#include "automation/rule_text.h"
#include "base/text.h"
#include "hook/mail.h"
#include "os/environment.h"
#include "sandbox/egress_words.h"

namespace zo {
namespace {

constexpr std::int64_t kRunMsMost = 7LL * 24 * 60 * 60 * 1'000;
constexpr std::int64_t kMinuteS = 60;

Result<> check_words(const AutomationWish& wish) {
  if (trim(wish.name).empty() || wish.name.size() > limits::kAutomationNameBytes)
    return fail(Code::Invalid, fmt::format("the name has {} bytes, allowed are 1 to {}", wish.name.size(), limits::kAutomationNameBytes));
  if (std::ranges::any_of(wish.name, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return fail(Code::Invalid, "the name holds line breaks or other control characters");
  if (is_id_text(wish.name)) return fail(Code::Invalid, "the name looks like an id", "choose words");
  if (trim(wish.prompt).empty()) return fail(Code::Invalid, "there is no prompt: nothing says what is to be done", "--prompt 'summarise my notes'");
  if (wish.prompt.size() > limits::kPromptBytes)
    return fail(Code::Invalid, fmt::format("the prompt has {}, limit {}", human_size(wish.prompt.size()), human_size(limits::kPromptBytes)), "put the long part into a file, and name that");
  return {};
}

Result<> check_numbers(const AutomationWish& wish) {
  if (wish.jitter_ms < 0 || wish.jitter_ms > limits::kJitterMsMost) return fail(Code::Invalid, "the jitter is outside of 0 to " + human_duration(limits::kJitterMsMost));
  if (wish.catch_up_ms < 0 || wish.catch_up_ms > 366 * limits::kCatchUpMs) return fail(Code::Invalid, "what is missed can be made up for within a year at most");
  if (wish.run_ms_most < 0 || wish.run_ms_most > kRunMsMost) return fail(Code::Invalid, "a run may take up to " + human_duration(kRunMsMost));
  if (wish.tokens_a_day < 0) return fail(Code::Invalid, "tokens a day cannot be less than none");
  return {};
}

Result<> check_address(std::string_view url) {
  ZO_OK(peer_of(url));
  return {};
}

Result<> check_destinations(const std::vector<Destination>& all) {
  if (all.size() > limits::kDestinations) return fail(Code::Invalid, fmt::format("its result goes to {} places, limit {}", all.size(), limits::kDestinations));
  for (const Destination& one : all) {
    if (one.to.size() > limits::kDestinationBytes) return fail(Code::Invalid, fmt::format("an address has {} bytes, limit {}", one.to.size(), limits::kDestinationBytes));
    ZO_OK(one.kind == DeliveryKind::Email ? check_mail_address(one.to) : check_address(one.to));
  }
  return {};
}

// A pattern is of the workspace, and names no way out of it.
Result<> check_pattern(std::string_view pattern) {
  if (pattern.empty()) return {};
  if (pattern.size() > limits::kPatternBytes) return fail(Code::Invalid, fmt::format("the files' pattern has {} bytes, limit {}", pattern.size(), limits::kPatternBytes));
  const bool leads_out = pattern.starts_with('/') || std::ranges::any_of(split(pattern, '/'), [](std::string_view name) { return name == ".." || name == "." || name.empty(); });
  if (leads_out || pattern.find('\0') != pattern.npos) return fail(Code::Invalid, "'" + one_line(pattern, 80) + "' names no files of the workspace", "write it like inbox/*.pdf, or notes/**");
  return {};
}

// Now, to the minute: a rule that names no second means the full minute.
WallTime this_minute(const Zone& zone, TimeMs now) { return {floor_divide(zone.wall(floor_divide(now, 1'000)).seconds, kMinuteS) * kMinuteS}; }

}  // namespace

Result<> settle(Automation& automation, AutomationWish wish, TimeMs now) {
  wish.name = std::string(trim(to_valid_utf8(wish.name)));
  wish.prompt = to_valid_utf8(wish.prompt);
  ZO_OK(check_words(wish));
  ZO_OK(check_numbers(wish));
  ZO_OK(check_destinations(wish.deliver));
  ZO_OK(check_pattern(wish.on_file));
  ZO_TRY(wish.egress, egress_words(wish.egress));
  if (wish.zone.empty()) wish.zone = time_zone();
  if (wish.zone.empty()) wish.zone = "UTC";
  ZO_TRY(const Zone zone, Zone::open(wish.zone));
  wish.zone = zone.id();
  WallTime start = this_minute(zone, now);
  if (!wish.start.empty()) {
    const std::optional<Moment> said = moment_from_text(wish.start);
    if (!said) return fail(Code::Invalid, "the start '" + one_line(wish.start, 40) + "' is no time", "write it like 2026-03-01T09:00:00");
    start = said->utc ? zone.wall(said->time.seconds) : said->time;
  }
  automation.rule.clear();
  if (!trim(wish.every).empty()) {
    ZO_TRY(const TypedRule typed, typed_rule(wish.every));
    automation.rule = typed.recurrence.text();
    if (typed.start && wish.start.empty()) start = typed.start->utc ? zone.wall(typed.start->time.seconds) : typed.start->time;
    start = typed.aligned(start);
  }
  wish.start = to_text(start);
  automation.zone_version = zone_version();
  automation.wish = std::move(wish);
  return {};
}

Result<std::vector<TimeMs>> next_times(const Automation& automation, TimeMs after, std::size_t count) {
  if (automation.rule.empty()) return std::vector<TimeMs>{};
  ZO_TRY(RecurrencePlan plan, plan_of(automation));
  Occurrences occurrences(std::move(plan));
  return next_of(occurrences, after, count);
}

Result<std::optional<TimeMs>> first_after(const Automation& automation, TimeMs after) {
  ZO_TRY(const std::vector<TimeMs> times, next_times(automation, after, 1));
  return times.empty() ? std::nullopt : std::optional(times.front());
}

}  // namespace zo
