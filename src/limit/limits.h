// The limits that a person can change: what each is, between which bounds, and what it protects, as one table. All other bounds are
// in base/limits.h. What is chosen is a setting of the person; it is kept in RAM, so that a look costs nothing, and holds for what begins
// afterwards.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "async/task.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/result.h"

namespace zo {

class Store;

// In the order of the table.
enum class Limit {
  TokensADay,
  StepsARun,
  MinutesARun,
  RunsAtOnce,
  DiskARun,
  CommandTime,
  CommandTimeMost,
  CommandMemory,
  CommandProcesses,
  UploadSize,
};
inline constexpr std::size_t kLimits = 10;

enum class LimitUnit { Count, Bytes, Seconds, Minutes };
std::string_view unit_name(LimitUnit unit);  // "count", "bytes", "seconds", "minutes"

// A row of the table; the numbers are in its unit.
struct LimitSpec {
  Limit limit;
  std::string_view name;  // as the command takes it: "steps_a_run"
  LimitUnit unit;
  std::int64_t usual;  // where the person has chosen nothing
  std::int64_t least;
  std::int64_t most;
  std::string_view protects;      // one sentence
  std::string_view usual_or = {};  // the usual is that, or this if it is less
};
std::span<const LimitSpec> limit_specs();
const LimitSpec& spec_of(Limit limit);
// NotFound, with near names.
Result<const LimitSpec*> find_limit(std::string_view name);

// As people write it: "4 GB", "512 MiB", "90 min", "1.5 h", "1 h 30 min", "3,000,000", "3M"; a bare number is in the limit's unit. Invalid names the
// form and the bounds.
Result<std::int64_t> limit_from_text(const LimitSpec& spec, std::string_view text);
// "4 GB", "1 h 30 min", "3,000,000".
std::string limit_text(const LimitSpec& spec, std::int64_t value);
// "1 min to 24 h".
std::string bounds_text(const LimitSpec& spec);
// `advice`, and the command that doubles what is reached: "send another message to go on; zo limit set steps_a_run 80 allows more".
// Without the command at the most there can be.
std::string or_raise(std::string advice, Limit limit, std::int64_t reached);

class Limits {
 public:
  // Without a store what is chosen lives as long as this.
  Limits() = default;
  // `tokens_a_day` is what is usual here.
  explicit Limits(Store& store, std::int64_t tokens_a_day = limits::kTokensADay) : store_(&store), tokens_a_day_(tokens_a_day) {}

  // Reads what people have chosen; before anything is asked.
  Task<Result<>> open();
  // In force for that person, in the limit's unit.
  std::int64_t of(const PersonId& person, Limit limit) const;
  // Nothing: the usual holds.
  std::optional<std::int64_t> chosen(const PersonId& person, Limit limit) const;
  std::int64_t usual(Limit limit) const;
  // Invalid, with the bounds, when it is outside of them. Nothing: back to the usual.
  Task<Result<>> set(PersonId person, Limit limit, std::optional<std::int64_t> value);

 private:
  using Chosen = std::array<std::optional<std::int64_t>, kLimits>;

  Store* store_ = nullptr;
  std::int64_t tokens_a_day_ = limits::kTokensADay;
  std::map<PersonId, Chosen> chosen_;
};

}  // namespace zo
