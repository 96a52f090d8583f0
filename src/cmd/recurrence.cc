// `zo recurrence expand`: what a recurrence means, line by line. Needs no server, and starts none.
#include <fmt/core.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <map>

#include "automation/recurrence.h"
#include "automation/rule_text.h"
#include "base/json.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/terminal.h"

namespace zo {
namespace {

constexpr std::size_t kLineBytes = 64 * limits::KiB;
constexpr std::size_t kReadBytes = 64 * limits::KiB;
constexpr std::int64_t kOccurrences = 20;
constexpr std::int64_t kOccurrencesMax = 10'000;
constexpr std::int64_t kStepsMax = 40'000'000;  // of one line
constexpr std::size_t kShown = 60;
constexpr TimeMs kSecondMs = 1'000;

// Zones that earlier lines named; there are no more than tzdata has.
using Zones = std::map<std::string, Zone, std::less<>>;

std::unexpected<Error> wrong(std::string_view what) { return fail(Code::Invalid, std::string(what)); }

Result<Moment> moment_of(const Json& value, std::string_view name) {
  const auto moment = value.is_string() ? moment_from_text(value.get_string()) : std::nullopt;
  if (moment) return *moment;
  return wrong(fmt::format("{} is a time like \"2026-03-01T09:00:00\", not {}", name, one_line(to_text(value), kShown)));
}

// Absent and null are no moments.
Result<std::vector<Moment>> moments_at(const Json& line, std::string_view name) {
  std::vector<Moment> moments;
  const Json* value = find(line, name);
  if (value == nullptr) return moments;
  if (!value->is_array()) return wrong(fmt::format("{} is a list of times", name));
  if (value->get_array().size() > kMomentsMax) return wrong(fmt::format("{} has {} times, limit {}", name, value->get_array().size(), kMomentsMax));
  for (const Json& one : value->get_array()) {
    ZO_TRY(const Moment moment, moment_of(one, name));
    moments.push_back(moment);
  }
  return moments;
}

Result<std::string_view> text_or(const Json& line, std::string_view name, std::string_view otherwise) {
  const Json* value = find(line, name);
  if (value == nullptr) return otherwise;
  if (!value->is_string()) return wrong(fmt::format("{} is a text", name));
  return std::string_view(value->get_string());
}

Result<Zone> zone_of(std::string_view id, Zones& zones) {
  if (const auto known = zones.find(id); known != zones.end()) return known->second;
  ZO_TRY(Zone zone, Zone::open(id));
  return zones.emplace(id, std::move(zone)).first->second;
}

Result<RecurrencePlan> plan_of(const Json& line, Zones& zones) {
  RecurrencePlan plan;
  if (const Json* id = find(line, "tzid")) {
    if (!id->is_string()) return wrong("tzid is a text or null");
    ZO_TRY(plan.zone, zone_of(id->get_string(), zones));
  }
  const Json* start = find(line, "dtstart");
  if (start == nullptr) return wrong("dtstart is missing");
  ZO_TRY(Moment begin, moment_of(*start, "dtstart"));
  ZO_TRY(const std::string_view gap, text_or(line, "gap", "shift"));
  if (gap != "shift" && gap != "skip") return wrong("gap is \"shift\" or \"skip\"");
  plan.gap = gap == "skip" ? Gap::Skip : Gap::Shift;
  TypedRule typed;
  if (const Json* rule = find(line, "rrule")) {
    if (!rule->is_string()) return wrong("rrule is a text or null");
    ZO_TRY(typed, typed_rule(rule->get_string()));
  }
  begin = typed.start.value_or(begin);
  plan.start = typed.aligned(begin.utc ? plan.zone.wall(begin.time.seconds) : begin.time);
  plan.recurrence = std::move(typed.recurrence);
  ZO_TRY(plan.added, moments_at(line, "rdate"));
  ZO_TRY(plan.excluded, moments_at(line, "exdate"));
  return plan;
}

Result<std::int64_t> limit_of(const Json& line) {
  const Json* value = find(line, "limit");
  if (value == nullptr) return kOccurrences;
  const auto limit = integer_at(line, "limit");
  if (!limit || *limit < 1 || *limit > kOccurrencesMax) return wrong(fmt::format("limit is a whole number from 1 to {}", kOccurrencesMax));
  return *limit;
}

Result<std::string> expand(std::string_view text, Zones& zones) {
  if (text.size() > kLineBytes) return wrong(fmt::format("the line is longer than {}", human_size(kLineBytes)));
  ZO_TRY(const Json line, parse_json(text, "the line", kLineBytes));
  if (!line.is_object()) return wrong("the line is no JSON object");
  ZO_TRY(const std::int64_t limit, limit_of(line));
  ZO_TRY(RecurrencePlan plan, plan_of(line, zones));
  const std::string_view mark = find(line, "tzid") == nullptr ? "" : "Z";
  Occurrences occurrences(std::move(plan));
  std::string out = R"({"occurrences":[)";
  std::optional<TimeMs> next = occurrences.after(kFirstWallTime.seconds * kSecondMs - kDaySeconds * kSecondMs);
  for (std::int64_t i = 0; i < limit && next; ++i) {
    out += fmt::format("{}\"{}{}\"", i == 0 ? "" : ",", to_text(WallTime{*next / kSecondMs}), mark);
    next = occurrences.after(*next);
    if (occurrences.steps() > kStepsMax) return wrong("the rule takes too long: ask for fewer occurrences");
  }
  return out + fmt::format("],\"more\":{}}}\n", next.has_value());
}

std::string answer(std::string_view text, Zones& zones) {
  Result<std::string> expanded = expand(text, zones);
  if (expanded) return std::move(*expanded);
  return to_text(JsonObject{{"error", to_valid_utf8(sentence(expanded.error()))}}) + "\n";
}

// Answers what has come as soon as nothing more is there, so that it can also be asked one line at a time. Of a line that is too long
// only so much is kept as shows that it is.
int answer_lines() {
  Zones zones;
  std::string line;
  std::string buffer(kReadBytes, '\0');
  while (true) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      print_error({Code::Unavailable, "cannot read standard input"});
      return exit_code(Code::Unavailable);
    }
    std::string_view rest(buffer.data(), static_cast<std::size_t>(got));
    std::string out;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      line += rest.substr(0, std::min(std::min(end, rest.size()), kLineBytes + 1 - std::min(line.size(), kLineBytes + 1)));
      if (end == rest.npos) break;
      rest.remove_prefix(end + 1);
      if (!trim(line).empty()) out += answer(line, zones);
      line.clear();
    }
    if (got == 0 && !trim(line).empty()) out += answer(line, zones);
    write_output(out);
    if (got == 0) return 0;
  }
}

}  // namespace

int recurrence_expand(const RecurrenceOptions&) { return answer_lines(); }

}  // namespace zo
