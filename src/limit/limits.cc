#include "limit/limits.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/text.h"
#include "base/time.h"
#include "store/settings.h"
#include "store/store.h"

namespace zo {
namespace {

constexpr auto Count = LimitUnit::Count;
constexpr auto Bytes = LimitUnit::Bytes;
constexpr auto Seconds = LimitUnit::Seconds;
constexpr auto Minutes = LimitUnit::Minutes;

constexpr std::int64_t kMB = 1'000'000;
constexpr std::int64_t kGB = 1'000 * kMB;

constexpr std::array<LimitSpec, kLimits> kSpecs{{
    {Limit::TokensADay, "tokens_a_day", Count, limits::kTokensADay, 1'000, 1'000'000'000'000,
     "What the models of providers may cost you in one day (UTC); models on this machine do not count."},
    {Limit::StepsARun, "steps_a_run", Count, limits::kSteps, 1, 10'000, "A run that goes round in circles ends."},
    {Limit::MinutesARun, "minutes_a_run", Minutes, limits::kRunMs / 60'000, 1, 7 * 24 * 60, "A run that hangs, or never finds an end, ends."},
    {Limit::RunsAtOnce, "runs_at_once", Count, limits::kRunsAtOnce, 1, 1'024, "This machine's memory, and the patience of a provider."},
    {Limit::DiskARun, "disk_a_run", Bytes, limits::kRunDiskBytes, kMB, 100'000 * kGB, "What one run may add to the workspace: your disk does not fill up.",
     "a tenth of what is free"},
    {Limit::CommandTime, "command_time", Seconds, limits::kCommandMs / 1'000, 1, 24 * 60 * 60,
     "A command that hangs is stopped: this is its time where the agent asks for none."},
    {Limit::CommandTimeMost, "command_time_most", Seconds, limits::kCommandMsMax / 1'000, 1, 24 * 60 * 60, "The longest time that the agent can ask for."},
    {Limit::CommandMemory, "command_memory", Bytes, limits::kCommandMemory, 64 * kMB, 100'000 * kGB,
     "The memory of all processes of a command together: this machine stays usable."},
    {Limit::CommandProcesses, "command_processes", Count, limits::kCommandProcesses, 8, 32'768, "A command that starts ever more processes is stopped."},
    {Limit::UploadSize, "upload_size", Bytes, limits::kUploadBytes, kMB, limits::kHttpBodiesBytes,
     "A file that is uploaded or attached is held in memory until it is written."},
}};
static_assert([] {
  for (std::size_t i = 0; i < kLimits; ++i)
    if (kSpecs[i].limit != static_cast<Limit>(i) || kSpecs[i].usual < kSpecs[i].least || kSpecs[i].usual > kSpecs[i].most) return false;
  return true;
}());

constexpr std::size_t kNear = 1;
constexpr std::size_t kShown = 40;
constexpr double kExact = 9e15;  // whole numbers up to here are exact as double

// What a bound in RAM is called in the store. The disk's had its name before there were others.
std::string setting_of(const LimitSpec& spec) {
  return spec.limit == Limit::DiskARun ? "run_bytes_max" : fmt::format("limit_{}", spec.name);
}

struct Suffix {
  std::string_view word;  // in small letters
  double factor;
};
constexpr Suffix kCounts[] = {{"", 1}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}};
constexpr Suffix kSizes[] = {{"", 1},       {"b", 1},           {"k", 1e3},        {"kb", 1e3},          {"m", 1e6},        {"mb", 1e6},            {"g", 1e9},
                             {"gb", 1e9},   {"t", 1e12},        {"tb", 1e12},      {"kib", 1024},        {"mib", 1048576},  {"gib", 1073741824},    {"tib", 1099511627776}};
constexpr Suffix kTimes[] = {{"s", 1}, {"sec", 1}, {"second", 1}, {"seconds", 1}, {"m", 60}, {"min", 60}, {"minute", 60}, {"minutes", 60}, {"h", 3600}, {"hour", 3600}, {"hours", 3600}};

std::span<const Suffix> suffixes(LimitUnit unit) {
  if (unit == Count) return kCounts;
  if (unit == Bytes) return kSizes;
  return kTimes;
}

// A number and its word off the front of `typed`, in the unit.
std::optional<double> take_number(LimitUnit unit, std::string_view& typed) {
  double number = 0;
  const auto [end, failure] = std::from_chars(typed.data(), typed.data() + typed.size(), number, std::chars_format::fixed);
  if (failure != std::errc()) return std::nullopt;
  typed = trim(std::string_view(end, typed.data() + typed.size()));
  const std::size_t length = std::min(typed.find_first_of(" 0123456789"), typed.size());
  const std::string_view word = typed.substr(0, length);
  typed = trim(typed.substr(length));
  if (word.empty() && (unit == Seconds || unit == Minutes)) return number;
  const auto known = std::ranges::find(suffixes(unit), word, &Suffix::word);
  if (known == suffixes(unit).end()) return std::nullopt;
  return number * (unit == Minutes ? known->factor / 60 : known->factor);
}

// In the unit; nothing for what is no such text. A time may have several parts: "1 h 30 min".
std::optional<std::int64_t> number_from(LimitUnit unit, std::string_view text) {
  std::string typed = to_lower(text);
  std::erase_if(typed, [](char c) { return c == ',' || c == '_'; });
  std::string_view rest = trim(typed);
  double value = 0;
  do {
    const std::optional<double> part = take_number(unit, rest);
    if (!part) return std::nullopt;
    value += *part;
  } while (!rest.empty() && (unit == Seconds || unit == Minutes));
  value = std::round(value);
  if (!rest.empty() || !(value >= 0 && value < kExact)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::string_view form_of(LimitUnit unit) {
  switch (unit) {
    case Count: return "3000000 or 3M";
    case Bytes: return "4 GB or 512 MiB";
    case Seconds: return "120 s or 30 min";
    case Minutes: return "90 min or 2 h";
  }
  return "";
}

std::string bounds_of(const LimitSpec& spec) { return fmt::format("{} is between {} and {}", spec.name, limit_text(spec, spec.least), limit_text(spec, spec.most)); }

Result<> check(const LimitSpec& spec, std::int64_t value) {
  if (value >= spec.least && value <= spec.most) return {};
  return fail(Code::Invalid, bounds_of(spec), fmt::format("zo limit set {} default takes it back", spec.name));
}

// "1 h 30 min", "2 min", "45 s".
std::string time_text(std::int64_t seconds) {
  std::string text;
  for (const auto& [factor, word] : {std::pair(3'600, "h"), std::pair(60, "min"), std::pair(1, "s")}) {
    if (seconds >= factor) text += fmt::format("{}{} {}", text.empty() ? "" : " ", with_thousands(static_cast<std::uint64_t>(seconds / factor)), word);
    seconds %= factor;
  }
  return text;
}

// "4 GB" of a round number, where human_size says "4,000 MB".
std::string size_text(std::int64_t bytes) {
  for (const auto& [factor, word] : {std::pair(1'000 * kGB, "TB"), std::pair(kGB, "GB")})
    if (bytes % factor == 0) return fmt::format("{} {}", with_thousands(static_cast<std::uint64_t>(bytes / factor)), word);
  return human_size(static_cast<std::uint64_t>(bytes));
}

// One word for a command line.
std::string typed_form(const LimitSpec& spec, std::int64_t value) {
  if (spec.unit != Bytes) return std::to_string(value);
  std::string text = size_text(value);
  std::erase_if(text, [](char c) { return c == ' ' || c == ','; });
  return text;
}

}  // namespace

std::string_view unit_name(LimitUnit unit) {
  static constexpr std::array<std::string_view, 4> kNames{"count", "bytes", "seconds", "minutes"};
  return kNames[static_cast<std::size_t>(unit)];
}

std::span<const LimitSpec> limit_specs() { return kSpecs; }
const LimitSpec& spec_of(Limit limit) { return kSpecs[static_cast<std::size_t>(limit)]; }

Result<const LimitSpec*> find_limit(std::string_view name) {
  const auto found = std::ranges::find(kSpecs, name, &LimitSpec::name);
  if (found != kSpecs.end()) return &*found;
  std::vector<std::string> names;
  for (const LimitSpec& spec : kSpecs) names.emplace_back(spec.name);
  const std::vector<std::string> near = near_words(name, names, kNear);
  return fail(Code::NotFound, fmt::format("there is no limit '{}'", one_line(name, kShown)), near.empty() ? "zo limit list" : join(near, ", or "));
}

Result<std::int64_t> limit_from_text(const LimitSpec& spec, std::string_view text) {
  const std::optional<std::int64_t> value = number_from(spec.unit, text);
  if (!value) return fail(Code::Invalid, fmt::format("'{}' is not a value of {}: write it like {}", one_line(text, kShown), spec.name, form_of(spec.unit)), bounds_of(spec));
  ZO_OK(check(spec, *value));
  return *value;
}

std::string limit_text(const LimitSpec& spec, std::int64_t value) {
  switch (spec.unit) {
    case Count: return with_thousands(static_cast<std::uint64_t>(value));
    case Bytes: return size_text(value);
    case Seconds: return time_text(value);
    case Minutes: return time_text(value * 60);
  }
  return "";
}

std::string bounds_text(const LimitSpec& spec) { return fmt::format("{} to {}", limit_text(spec, spec.least), limit_text(spec, spec.most)); }

std::string or_raise(std::string advice, Limit limit, std::int64_t reached) {
  const LimitSpec& spec = spec_of(limit);
  const std::int64_t more = std::clamp(reached * 2, spec.least, spec.most);
  if (more <= reached) return advice;
  return fmt::format("{}{}zo limit set {} {} allows more", advice, advice.empty() ? "" : "; ", spec.name, typed_form(spec, more));
}

Task<Result<>> Limits::open() {
  auto question = [](Transaction& tx) -> Result<std::map<PersonId, Chosen>> {
    std::map<PersonId, Chosen> chosen;
    const auto rows = tx.query("SELECT person_id, name, value FROM settings WHERE substr(name, 1, 6) = 'limit_' OR name = 'run_bytes_max'");
    while (rows->next()) {
      const std::string_view name = rows->text(1);
      const auto spec = std::ranges::find_if(kSpecs, [&](const LimitSpec& one) { return setting_of(one) == name; });
      if (spec == kSpecs.end()) continue;
      // What was chosen under other bounds is brought into these.
      if (const auto value = to_whole_number(rows->text(2)))
        chosen[PersonId::stored(rows->string(0))][static_cast<std::size_t>(spec->limit)] = std::clamp(static_cast<std::int64_t>(*value), spec->least, spec->most);
    }
    return chosen;
  };
  ZO_CO_TRY(chosen_, co_await store_->read(std::move(question)));
  co_return Result<>{};
}

std::int64_t Limits::usual(Limit limit) const { return limit == Limit::TokensADay ? tokens_a_day_ : spec_of(limit).usual; }

std::optional<std::int64_t> Limits::chosen(const PersonId& person, Limit limit) const {
  const auto found = chosen_.find(person);
  return found == chosen_.end() ? std::nullopt : found->second[static_cast<std::size_t>(limit)];
}

std::int64_t Limits::of(const PersonId& person, Limit limit) const { return chosen(person, limit).value_or(usual(limit)); }

Task<Result<>> Limits::set(PersonId person, Limit limit, std::optional<std::int64_t> value) {
  const LimitSpec& spec = spec_of(limit);
  if (value) ZO_CO_OK(check(spec, *value));
  if (store_ != nullptr) ZO_CO_OK(co_await write_setting(*store_, person, setting_of(spec), value ? std::optional(std::to_string(*value)) : std::nullopt));
  chosen_[person][static_cast<std::size_t>(limit)] = value;
  co_return Result<>{};
}

}  // namespace zo
