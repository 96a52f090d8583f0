#include "automation/rule_words.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "automation/iso_interval.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kShown = 60;
constexpr std::uint64_t kNumberMax = 1'000'000'000;
constexpr std::string_view kTimes = "at 8, at 9:30, at 07:00 and 19:30, at 8am, at noon";

constexpr std::string_view kDayNames[] = {"MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"};

struct Elapsed {
  std::string_view word;
  std::uint64_t seconds;
};
constexpr Elapsed kElapsed[] = {{"S", 1},      {"SEC", 1},     {"SECOND", 1},     {"M", 60},     {"MIN", 60},    {"MINUTE", 60},
                                {"H", 3'600},  {"HR", 3'600},  {"HOUR", 3'600}};
struct Calendar {
  std::string_view word;
  std::string_view alone;  // without "every"
  Frequency frequency;
};
constexpr Calendar kCalendar[] = {{"DAY", "DAILY", Frequency::Daily},      {"D", "", Frequency::Daily},
                                  {"WEEK", "WEEKLY", Frequency::Weekly},   {"W", "", Frequency::Weekly},
                                  {"MONTH", "MONTHLY", Frequency::Monthly}, {"YEAR", "YEARLY", Frequency::Yearly}};

// Words and numbers one after the other: "1H30M" is four of them, "9:30" and "8AM" are one.
class Words {
 public:
  explicit Words(std::string_view text) {
    for (const std::string_view word : split(text, ' ')) {
      for (const std::string_view part : split(word, ','))
        if (!part.empty()) words_.push_back(part);
    }
  }
  bool done() const { return at_ == words_.size(); }
  std::string_view peek() const { return done() ? std::string_view() : words_[at_]; }
  void pass() { ++at_; }
  bool take(std::string_view word) {
    if (peek() != word) return false;
    pass();
    return true;
  }
  // A number at the beginning of the next word; what stands behind it becomes the next word.
  std::optional<std::uint64_t> take_number() {
    const std::size_t digits = std::min(peek().find_first_not_of("0123456789"), peek().size());
    const auto number = to_whole_number(peek().substr(0, digits));
    if (!number || *number > kNumberMax) return std::nullopt;
    words_[at_].remove_prefix(digits);
    if (words_[at_].empty()) pass();
    return number;
  }
  // The letters at the beginning of the next word, likewise.
  std::string_view take_letters() {
    const std::string_view letters = peek().substr(0, peek().find_first_of("0123456789:"));
    if (done()) return letters;
    words_[at_].remove_prefix(letters.size());
    if (words_[at_].empty()) pass();
    return letters;
  }

 private:
  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
};

std::unexpected<Error> not_understood(std::string_view what) {
  if (what.empty()) return fail(Code::Invalid, "the rule: something is missing at the end", std::string(kRuleForms));
  return fail(Code::Invalid, fmt::format("the rule: '{}' is not understood", one_line(to_lower(what), kShown)), std::string(kRuleForms));
}

std::string_view singular(std::string_view word) { return word.size() > 2 && word.ends_with('S') ? word.substr(0, word.size() - 1) : word; }

// 0 is Monday. The whole name, or its first three letters at least.
std::optional<int> weekday_from(std::string_view word) {
  for (int i = 0; i < 7; ++i)
    for (const std::string_view form : {word, singular(word)})
      if (form.size() >= 3 && kDayNames[i].starts_with(form)) return i;
  return std::nullopt;
}

std::optional<int> seconds_from(std::string_view word) {
  if (word == "NOON") return 12 * 3'600;
  if (word == "MIDNIGHT") return 0;
  const bool morning = word.ends_with("AM");
  const bool evening = word.ends_with("PM");
  if (morning || evening) word.remove_suffix(2);
  const std::vector<std::string_view> parts = split(word, ':');
  if (parts.size() > 3) return std::nullopt;
  int seconds = 0;
  int factor = 3'600;
  for (const std::string_view part : parts) {
    const auto number = to_whole_number(part);
    const bool hour = factor == 3'600;
    const bool twelve = morning || evening;
    if (!number || part.size() > 2 || *number > (!hour ? 59u : twelve ? 12u : 23u) || (hour && twelve && *number == 0)) return std::nullopt;
    seconds += static_cast<int>(hour && twelve ? *number % 12 : *number) * factor;
    factor /= 60;
  }
  return seconds + (evening ? 12 * 3'600 : 0);
}

// "at 8 and 17:30", or nothing: then the rule takes its time from the start. Times with another minute need another rule.
Result<TypedRule> with_times(const Rule& rule, Words& words) {
  TypedRule typed;
  if (words.done()) {
    typed.recurrence.rules = {rule};
    return typed;
  }
  if (!words.take("AT")) return not_understood(words.peek());
  std::map<int, std::vector<int>> hours;  // by what is behind the hour
  do {
    const std::string_view word = words.peek();
    const std::optional<int> seconds = seconds_from(word);
    if (!seconds) return fail(Code::Invalid, fmt::format("the rule: '{}' is no time of the day", one_line(to_lower(word), kShown)), std::string(kTimes));
    words.pass();
    hours[*seconds % 3'600].push_back(*seconds / 3'600);
    words.take("AND");
  } while (!words.done());
  if (hours.size() > kRulesMax) return fail(Code::Invalid, fmt::format("the rule: times with {} different minutes, limit {}", hours.size(), kRulesMax));
  for (auto& [rest, list] : hours) {
    std::ranges::sort(list);
    list.erase(std::ranges::unique(list).begin(), list.end());
    Rule at = rule;
    at.hours = list;
    at.minutes = {rest / 60};
    at.seconds = {rest % 60};
    typed.recurrence.rules.push_back(std::move(at));
  }
  return typed;
}

// "90 minutes", "1h 30m": what is left of it is added up.
Result<TypedRule> elapsed(std::uint64_t number, const Elapsed* unit, Words& words) {
  std::uint64_t seconds = number * unit->seconds;
  while (!words.done()) {
    words.take("AND");
    const auto more = words.take_number();
    if (!more) return not_understood(words.peek());
    const std::string_view word = words.take_letters();
    const auto* next = std::ranges::find(kElapsed, singular(word), &Elapsed::word);
    if (next == std::end(kElapsed)) return not_understood(word);
    seconds += *more * next->seconds;
  }
  TypedRule typed;
  ZO_TRY(Rule rule, elapsed_rule(seconds));
  typed.recurrence.rules = {std::move(rule)};
  return typed;
}

// "weekday", "weekend", or the names of days.
Result<std::vector<RuleWeekday>> take_weekdays(Words& words) {
  std::vector<RuleWeekday> days;
  if (words.take("WEEKDAY") || words.take("WEEKDAYS")) return std::vector<RuleWeekday>{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}};
  if (words.take("WEEKEND") || words.take("WEEKENDS")) return std::vector<RuleWeekday>{{0, 5}, {0, 6}};
  while (!words.done() && words.peek() != "AT") {
    const std::optional<int> day = weekday_from(words.peek());
    if (!day) return not_understood(words.peek());
    words.pass();
    days.push_back({0, *day});
    if (words.take("AND") && words.done()) return not_understood("and");
  }
  if (days.empty()) return not_understood(words.peek());
  std::ranges::sort(days);
  days.erase(std::ranges::unique(days).begin(), days.end());
  return days;
}

}  // namespace

Result<TypedRule> rule_from_words(std::string_view text) {
  Words words(text);
  Rule rule;
  if (words.take("HOURLY")) {
    if (!words.done()) return not_understood(words.peek());
    return elapsed(1, std::ranges::find(kElapsed, "HOUR", &Elapsed::word), words);
  }
  const bool every = words.take("EVERY");
  std::uint64_t number = 1;
  const bool counted = every && !words.done() && words.peek()[0] >= '0' && words.peek()[0] <= '9';
  if (counted) {
    const auto typed = words.take_number();
    if (!typed || *typed == 0)
      return fail(Code::Invalid, fmt::format("the rule: a number from 1 to {} is expected behind every", with_thousands(kNumberMax)), std::string(kRuleForms));
    number = *typed;
  } else if (every && words.take("OTHER")) {
    number = 2;
  }
  Words ahead = words;
  const std::string_view word = ahead.take_letters();
  const auto* short_unit = std::ranges::find(kElapsed, singular(word), &Elapsed::word);
  if (every && short_unit != std::end(kElapsed)) return elapsed(number, short_unit, ahead);
  rule.interval = static_cast<std::int64_t>(number);
  const auto* unit = std::ranges::find(kCalendar, every ? singular(word) : word, every ? &Calendar::word : &Calendar::alone);
  if (unit != std::end(kCalendar) && !word.empty()) {
    rule.frequency = unit->frequency;
    return with_times(rule, ahead);
  }
  if (counted) return not_understood(word);
  rule.frequency = Frequency::Weekly;
  ZO_TRY(rule.weekdays, take_weekdays(words));
  return with_times(rule, words);
}

}  // namespace zo
