#include "automation/cron.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>

#include "automation/day_set.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kShown = 60;

struct FieldSpec {
  std::string_view name;
  int least;
  int most;
  std::string_view names;  // three letters each, from `least`
};
constexpr FieldSpec kSecond{"second", 0, 59, ""};
constexpr FieldSpec kMinute{"minute", 0, 59, ""};
constexpr FieldSpec kHour{"hour", 0, 23, ""};
constexpr FieldSpec kMonthDay{"day of the month", 1, 31, ""};
constexpr FieldSpec kMonth{"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"};
constexpr FieldSpec kWeekday{"day of the week", 0, 7, "SUNMONTUEWEDTHUFRISAT"};

struct Field {
  std::uint64_t bits = 0;
  bool star = false;      // begins with *: restricts nothing, for the rule of either day
  bool last_day = false;  // L

  bool has_all(const FieldSpec& spec) const { return std::popcount(bits) == spec.most - spec.least + 1; }
  std::vector<int> numbers() const {
    std::vector<int> numbers;
    for (int i = 0; i < 64; ++i)
      if ((bits >> i & 1) != 0) numbers.push_back(i);
    return numbers;
  }
};

struct Line {
  Field second{1};
  Field minute;
  Field hour;
  Field month_day;
  Field month;
  Field weekday;
};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(text, ' '))
    if (!trim(word).empty()) words.push_back(trim(word));
  return words;
}

std::optional<int> number_in(const FieldSpec& spec, std::string_view text) {
  if (text.size() == 3) {
    for (std::size_t i = 0; i + 3 <= spec.names.size(); i += 3)
      if (spec.names.substr(i, 3) == text) return spec.least + static_cast<int>(i / 3);
  }
  const auto number = to_whole_number(text);
  if (!number || *number < static_cast<std::uint64_t>(spec.least) || *number > static_cast<std::uint64_t>(spec.most)) return std::nullopt;
  return static_cast<int>(*number);
}

std::unexpected<Error> not_understood(const FieldSpec& spec, std::string_view item) {
  return fail(Code::Invalid, fmt::format("cron: '{}' is no {}", one_line(item, kShown), spec.name),
              fmt::format("numbers from {} to {}{}, as 5, 1-5, 1,3,5, */2 or *", spec.least, spec.most, spec.names.empty() ? "" : " or names of three letters"));
}

// One item of a list: *, 5, 1-5, each perhaps with /2 behind it.
Result<> read_item(const FieldSpec& spec, std::string_view item, Field& field) {
  const std::size_t slash = item.find('/');
  const std::string_view range = item.substr(0, slash);
  std::optional<std::uint64_t> step = 1;
  if (slash != item.npos) step = to_whole_number(item.substr(slash + 1));
  if (!step || *step < 1 || *step > static_cast<std::uint64_t>(spec.most)) return not_understood(spec, item);
  const std::size_t dash = range.find('-');
  std::optional<int> first = spec.least;
  std::optional<int> last = spec.most;
  if (range != "*" && range != "?") {
    first = number_in(spec, range.substr(0, dash));
    if (dash != range.npos) last = number_in(spec, range.substr(dash + 1));
    else if (slash == item.npos) last = first;
  }
  // FRI-SUN reads the Sunday at the end as 7.
  if (first && last && *last == 0 && *first > 0 && &spec == &kWeekday) last = 7;
  if (!first || !last || *last < *first) return not_understood(spec, item);
  for (int i = *first; i <= *last; i += static_cast<int>(*step)) field.bits |= std::uint64_t{1} << i;
  return {};
}

Result<Field> read_field(const FieldSpec& spec, std::string_view text) {
  const bool days = &spec == &kMonthDay || &spec == &kWeekday;
  Field field{.star = text.starts_with('*') || text == "?"};
  if (text.find('?') != text.npos && (!days || text != "?")) return not_understood(spec, text);
  for (const std::string_view item : split(text, ',')) {
    if (item == "L" && &spec == &kMonthDay) {
      field.last_day = true;
      continue;
    }
    ZO_OK(read_item(spec, item, field));
  }
  if (&spec == &kWeekday) {
    // Sunday is 0 and 7.
    if ((field.bits >> 7 & 1) != 0) field.bits |= 1;
    field.bits &= 0x7f;
  }
  return field;
}

// The steps by which a line fires through each hour, in seconds, if they are even; else 0.
std::int64_t even_step(const Line& line, std::int64_t& phase) {
  const TimeSet times{1, line.minute.bits, line.second.bits};
  const std::int64_t count = times.size();
  phase = times.at(0);
  if (3'600 % count != 0) return 0;
  const std::int64_t step = 3'600 / count;
  for (std::int64_t i = 1; i < count; ++i)
    if (times.at(i) != phase + i * step) return 0;
  return step;
}

// The times of the line, without its days.
void set_times(const Line& line, TypedRule& typed, Rule& rule) {
  const bool each_hour = line.hour.has_all(kHour);
  const bool each_minute = line.minute.has_all(kMinute);
  typed.step = each_hour ? even_step(line, typed.step_phase) : 0;
  if (typed.step != 0) {
    const std::int64_t unit = typed.step % 3'600 == 0 ? 3'600 : typed.step % 60 == 0 ? 60 : 1;
    rule.frequency = unit == 3'600 ? Frequency::Hourly : unit == 60 ? Frequency::Minutely : Frequency::Secondly;
    rule.interval = typed.step / unit;
    return;
  }
  rule.frequency = each_minute ? Frequency::Minutely : each_hour ? Frequency::Hourly : Frequency::Daily;
  if (!each_hour) rule.hours = line.hour.numbers();
  if (!each_minute) rule.minutes = line.minute.numbers();
  rule.seconds = line.second.numbers();
}

std::vector<RuleWeekday> weekdays_of(const Field& field) {
  std::vector<RuleWeekday> weekdays;
  for (const int number : field.numbers()) weekdays.push_back({0, (number + 6) % 7});
  std::ranges::sort(weekdays);
  return weekdays;
}

std::vector<int> month_days_of(const Field& field) {
  std::vector<int> days = field.numbers();
  if (field.last_day) days.insert(days.begin(), -1);
  return days;
}

TypedRule rules_of(const Line& line) {
  TypedRule typed;
  Rule rule;
  set_times(line, typed, rule);
  if (!line.month.has_all(kMonth)) rule.months = line.month.numbers();
  const bool month_days = !line.month_day.has_all(kMonthDay);
  const bool weekdays = line.weekday.bits != 0x7f;
  const bool by_days = rule.frequency == Frequency::Daily;
  Rule by_month_day = rule;
  by_month_day.month_days = month_days_of(line.month_day);
  if (by_days) by_month_day.frequency = Frequency::Monthly;
  Rule by_weekday = rule;
  by_weekday.weekdays = weekdays_of(line.weekday);
  if (by_days) by_weekday.frequency = Frequency::Weekly;
  const bool either = !line.month_day.star && !line.weekday.star;
  if (month_days && weekdays && either) {
    typed.recurrence.rules = {by_month_day, by_weekday};
  } else if (month_days && weekdays) {
    by_month_day.weekdays = by_weekday.weekdays;
    typed.recurrence.rules = {by_month_day};
  } else if (either || !(month_days || weekdays)) {
    typed.recurrence.rules = {rule};  // where either is enough and one of them is every day, both are
  } else {
    typed.recurrence.rules = {month_days ? by_month_day : by_weekday};
  }
  return typed;
}

}  // namespace

bool looks_like_cron(std::string_view text) {
  if (text.starts_with('@')) return true;
  const std::vector<std::string_view> words = words_of(text);
  return words.size() > 1 && words[0].find_first_not_of("0123456789*,-/?") == words[0].npos;
}

Result<TypedRule> rule_from_cron(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNamed{{{"@HOURLY", "0 * * * *"},
                                                                                {"@DAILY", "0 0 * * *"},
                                                                                {"@MIDNIGHT", "0 0 * * *"},
                                                                                {"@WEEKLY", "0 0 * * 0"},
                                                                                {"@MONTHLY", "0 0 1 * *"},
                                                                                {"@YEARLY", "0 0 1 1 *"},
                                                                                {"@ANNUALLY", "0 0 1 1 *"}}};
  if (text.starts_with('@')) {
    const auto named = std::ranges::find(kNamed, trim(text), &std::pair<std::string_view, std::string_view>::first);
    if (named == kNamed.end())
      return fail(Code::Invalid, fmt::format("cron: there is no '{}'", one_line(text, kShown)), "@hourly @daily @midnight @weekly @monthly @yearly @annually");
    text = named->second;
  }
  const std::vector<std::string_view> words = words_of(text);
  if (words.size() != 5 && words.size() != 6)
    return fail(Code::Invalid, fmt::format("cron: {} fields, where 5 or 6 are expected", words.size()),
                "minute hour day month weekday, with the second before them if there are 6");
  Line line;
  const std::size_t first = words.size() - 5;
  if (first == 1) {
    ZO_TRY(line.second, read_field(kSecond, words[0]));
  }
  ZO_TRY(line.minute, read_field(kMinute, words[first]));
  ZO_TRY(line.hour, read_field(kHour, words[first + 1]));
  ZO_TRY(line.month_day, read_field(kMonthDay, words[first + 2]));
  ZO_TRY(line.month, read_field(kMonth, words[first + 3]));
  ZO_TRY(line.weekday, read_field(kWeekday, words[first + 4]));
  return rules_of(line);
}

}  // namespace zo
