#include "automation/rule.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kShown = 60;
constexpr std::array<std::string_view, 7> kFrequencies{"SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
constexpr std::array<std::string_view, 7> kWeekdays{"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
constexpr std::array<std::string_view, 3> kSkips{"OMIT", "BACKWARD", "FORWARD"};

// A list of numbers: its name, where it is kept, and between which numbers it lies. Some also count from the end, and have no 0.
struct ListPart {
  std::string_view name;
  std::vector<int> Rule::*list;
  int least;
  int most;
  bool from_end;
};
constexpr std::array<ListPart, 8> kLists{{
    {"BYMONTH", &Rule::months, 1, 12, false},
    {"BYWEEKNO", &Rule::week_numbers, 1, 53, true},
    {"BYYEARDAY", &Rule::year_days, 1, 366, true},
    {"BYMONTHDAY", &Rule::month_days, 1, 31, true},
    {"BYHOUR", &Rule::hours, 0, 23, false},
    {"BYMINUTE", &Rule::minutes, 0, 59, false},
    {"BYSECOND", &Rule::seconds, 0, 60, false},
    {"BYSETPOS", &Rule::positions, 1, 366, true},
}};

std::unexpected<Error> wrong(std::string_view name, std::string_view value, std::string_view want) {
  return fail(Code::Invalid, fmt::format("recurrence rule: {}={}: {}", name, one_line(value, kShown), want));
}

// With a sign or without, as the rule's grammar writes numbers.
std::optional<std::int64_t> number_from(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <std::size_t N>
std::optional<int> index_of(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<int>(found - names.begin());
}

template <class T>
void settle(std::vector<T>& list) {
  std::ranges::sort(list);
  list.erase(std::ranges::unique(list).begin(), list.end());
}

Result<std::vector<std::string_view>> items_of(std::string_view name, std::string_view value) {
  std::vector<std::string_view> items = split(value, ',');
  if (items.size() > kRuleListMax) return wrong(name, value, fmt::format("{} values, limit {}", items.size(), kRuleListMax));
  return items;
}

Result<> read_list(const ListPart& part, std::string_view value, Rule& rule) {
  ZO_TRY(const auto items, items_of(part.name, value));
  for (const std::string_view item : items) {
    const std::optional<std::int64_t> number = number_from(item);
    const std::int64_t size = number && *number < 0 && part.from_end ? -*number : number.value_or(-1);
    if (!number || size < part.least || size > part.most)
      return wrong(part.name, value, fmt::format("'{}' is no number from {} to {}{}", one_line(item, kShown), part.least, part.most,
                                                 part.from_end ? ", or from the end with a minus" : ""));
    // Who knows no leap seconds reads the second 60 as 59.
    (rule.*part.list).push_back(part.list == &Rule::seconds ? std::min(static_cast<int>(*number), 59) : static_cast<int>(*number));
  }
  settle(rule.*part.list);
  return {};
}

Result<> read_weekdays(std::string_view value, Rule& rule) {
  ZO_TRY(const auto items, items_of("BYDAY", value));
  for (const std::string_view item : items) {
    const std::string_view name = item.substr(item.size() - std::min<std::size_t>(2, item.size()));
    const std::string_view ordinal = item.substr(0, item.size() - name.size());
    const std::optional<int> weekday = index_of(kWeekdays, name);
    const std::optional<std::int64_t> number = ordinal.empty() ? 0 : number_from(ordinal);
    if (!weekday) return wrong("BYDAY", value, fmt::format("'{}' is none of MO TU WE TH FR SA SU", one_line(item, kShown)));
    if (!number || *number < -53 || *number > 53 || (*number == 0 && !ordinal.empty()))
      return wrong("BYDAY", value, fmt::format("'{}': the number is from 1 to 53, or from the end with a minus", one_line(item, kShown)));
    rule.weekdays.push_back({static_cast<int>(*number), *weekday});
  }
  settle(rule.weekdays);
  return {};
}

Result<std::int64_t> bounded(std::string_view name, std::string_view value, std::int64_t most) {
  const std::optional<std::int64_t> number = number_from(value);
  if (!number || *number < 1 || *number > most) return wrong(name, value, fmt::format("a whole number from 1 to {}", most));
  return *number;
}

Result<> read_until(std::string_view value, Rule& rule) {
  if (const std::optional<WallTime> day = day_from_text(value)) {
    rule.until = RuleUntil{{{day->seconds + kDaySeconds - 1}, false}, true};
    return {};
  }
  const std::optional<Moment> last = moment_from_text(value);
  if (!last) return wrong("UNTIL", value, "a time like 20261231T235959Z, or a day like 20261231");
  rule.until = RuleUntil{*last, false};
  return {};
}

Result<> read_part(std::string_view name, std::string_view value, Rule& rule) {
  if (const auto list = std::ranges::find(kLists, name, &ListPart::name); list != kLists.end()) return read_list(*list, value, rule);
  if (name == "BYDAY") return read_weekdays(value, rule);
  if (name == "UNTIL") return read_until(value, rule);
  if (name == "FREQ") {
    const std::optional<int> frequency = index_of(kFrequencies, value);
    if (!frequency) return wrong(name, value, "one of SECONDLY MINUTELY HOURLY DAILY WEEKLY MONTHLY YEARLY");
    rule.frequency = static_cast<Frequency>(*frequency);
  } else if (name == "INTERVAL") {
    ZO_TRY(rule.interval, bounded(name, value, kIntervalMax));
  } else if (name == "COUNT") {
    ZO_TRY(rule.count, bounded(name, value, kCountMax));
  } else if (name == "WKST") {
    const std::optional<int> weekday = index_of(kWeekdays, value);
    if (!weekday) return wrong(name, value, "one of MO TU WE TH FR SA SU");
    rule.week_start = *weekday;
  } else if (name == "RSCALE") {
    if (value != "GREGORIAN") return wrong(name, value, "the only calendar known here is GREGORIAN");
  } else if (name == "SKIP") {
    const std::optional<int> skip = index_of(kSkips, value);
    if (!skip) return wrong(name, value, "one of OMIT BACKWARD FORWARD");
    rule.skip = static_cast<Skip>(*skip);
  } else {
    return fail(Code::Invalid, fmt::format("recurrence rule: there is no part '{}'", one_line(name, kShown)));
  }
  return {};
}

// What RFC 5545 does not let stand together.
Result<> check(const Rule& rule) {
  const std::string_view frequency = kFrequencies[static_cast<std::size_t>(rule.frequency)];
  const auto misplaced = [&](std::string_view part, std::string_view where) {
    return fail(Code::Invalid, fmt::format("recurrence rule: {} has no meaning with FREQ={}, only with {}", part, frequency, where));
  };
  if (rule.count && rule.until) return fail(Code::Invalid, "recurrence rule: COUNT and UNTIL cannot stand together");
  if (!rule.week_numbers.empty() && rule.frequency != Frequency::Yearly) return misplaced("BYWEEKNO", "YEARLY");
  const bool whole_periods = rule.frequency >= Frequency::Daily && rule.frequency <= Frequency::Monthly;
  if (!rule.year_days.empty() && whole_periods) return misplaced("BYYEARDAY", "YEARLY, HOURLY, MINUTELY and SECONDLY");
  if (!rule.month_days.empty() && rule.frequency == Frequency::Weekly) return misplaced("BYMONTHDAY", "frequencies other than WEEKLY");
  const bool numbered = std::ranges::any_of(rule.weekdays, [](const RuleWeekday& day) { return day.ordinal != 0; });
  if (numbered && rule.frequency < Frequency::Monthly) return misplaced("BYDAY with a number", "MONTHLY and YEARLY");
  if (numbered && !rule.week_numbers.empty()) return fail(Code::Invalid, "recurrence rule: BYDAY with a number and BYWEEKNO cannot stand together");
  const auto chooses = [&](const ListPart& part) { return part.list != &Rule::positions && !(rule.*part.list).empty(); };
  const bool selects = !rule.weekdays.empty() || std::ranges::any_of(kLists, chooses);
  if (!rule.positions.empty() && !selects) return fail(Code::Invalid, "recurrence rule: BYSETPOS needs another BY part to choose from");
  return {};
}

std::string until_text(const RuleUntil& until) {
  const std::string text = to_basic_text(until.last.time);
  if (until.whole_day) return text.substr(0, text.find('T'));
  return text + (until.last.utc ? "Z" : "");
}

std::string numbers_text(std::string_view name, const std::vector<int>& numbers) {
  std::string text = fmt::format(";{}=", name);
  for (std::size_t i = 0; i < numbers.size(); ++i) text += fmt::format("{}{}", i == 0 ? "" : ",", numbers[i]);
  return text;
}

std::string weekdays_text(const std::vector<RuleWeekday>& weekdays) {
  std::string text = ";BYDAY=";
  for (std::size_t i = 0; i < weekdays.size(); ++i) {
    if (i > 0) text += ',';
    if (weekdays[i].ordinal != 0) text += std::to_string(weekdays[i].ordinal);
    text += weekday_name(weekdays[i].weekday);
  }
  return text;
}

}  // namespace

std::string_view weekday_name(int weekday) { return kWeekdays[static_cast<std::size_t>(weekday)]; }

Result<Rule> rule_from_text(std::string_view text) {
  if (text.size() > kRuleBytes) return fail(Code::Invalid, fmt::format("recurrence rule: {}, limit {}", human_size(text.size()), human_size(kRuleBytes)));
  std::string upper(trim(to_valid_utf8(text)));
  std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  std::string_view rest = upper;
  constexpr std::string_view kPrefix = "RRULE:";
  if (rest.starts_with(kPrefix)) rest.remove_prefix(kPrefix.size());
  if (rest.ends_with(';')) rest.remove_suffix(1);
  Rule rule;
  std::vector<std::string_view> seen;
  for (const std::string_view part : split(rest, ';')) {
    const std::size_t equals = part.find('=');
    if (equals == part.npos) return fail(Code::Invalid, fmt::format("recurrence rule: '{}' is no NAME=VALUE", one_line(part, kShown)), "FREQ=WEEKLY;BYDAY=MO");
    const std::string_view name = part.substr(0, equals);
    if (std::ranges::find(seen, name) != seen.end()) return fail(Code::Invalid, fmt::format("recurrence rule: {} stands there twice", one_line(name, kShown)));
    seen.push_back(name);
    ZO_OK(read_part(name, part.substr(equals + 1), rule));
  }
  if (std::ranges::find(seen, "FREQ") == seen.end()) return fail(Code::Invalid, "recurrence rule: FREQ is missing", "FREQ=DAILY");
  ZO_OK(check(rule));
  return rule;
}

std::string to_text(const Rule& rule) {
  std::string text = rule.skip == Skip::Omit ? "" : "RSCALE=GREGORIAN;";
  text += fmt::format("FREQ={}", kFrequencies[static_cast<std::size_t>(rule.frequency)]);
  if (rule.interval != 1) text += fmt::format(";INTERVAL={}", rule.interval);
  if (rule.count) text += fmt::format(";COUNT={}", *rule.count);
  if (rule.until) text += fmt::format(";UNTIL={}", until_text(*rule.until));
  for (const ListPart& part : kLists) {
    if (part.list == &Rule::hours && !rule.weekdays.empty()) text += weekdays_text(rule.weekdays);
    if (!(rule.*part.list).empty()) text += numbers_text(part.name, rule.*part.list);
  }
  if (rule.week_start != 0) text += fmt::format(";WKST={}", weekday_name(rule.week_start));
  if (rule.skip != Skip::Omit) text += fmt::format(";SKIP={}", kSkips[static_cast<std::size_t>(rule.skip)]);
  return text;
}

}  // namespace zo
