#include "agent/budget.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace zo {

namespace {

constexpr std::int64_t kDayMs = 24 * 60 * 60 * 1'000;

}  // namespace

Spent Budget::add_in(Transaction& tx, const PersonId& person, const Usage& usage, TimeMs now) {
  tx.change(
      "INSERT INTO usage_days (person_id, day, input_tokens, output_tokens) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (person_id, day) DO UPDATE SET input_tokens = usage_days.input_tokens + excluded.input_tokens, "
      "output_tokens = usage_days.output_tokens + excluded.output_tokens",
      person, utc_day(now), usage.input_tokens, usage.output_tokens);
  return read_in(tx, person, now);
}

Spent Budget::read_in(Transaction& tx, const PersonId& person, TimeMs now) {
  return {now / kDayMs, tx.number("SELECT input_tokens + output_tokens FROM usage_days WHERE person_id = ? AND day = ?", person, utc_day(now))};
}

Task<Result<>> Budget::add(PersonId person, const ModelProfile& model, Usage usage) {
  if (model.at_home) co_return Result<>{};
  auto change = [person, usage, now = clock_.now()](Transaction& tx) -> Result<Spent> { return add_in(tx, person, usage, now); };
  ZO_CO_TRY(const Spent spent, co_await store_.write(std::move(change)));
  learn(person, spent);
  co_return Result<>{};
}

// Within a day the count only rises, so the greater one is the later.
void Budget::learn(const PersonId& person, Spent spent) {
  Spent& latest = latest_[person];
  if (std::tie(latest.day, latest.tokens) < std::tie(spent.day, spent.tokens)) latest = spent;
}

Task<Result<Spent>> Budget::spent_today(PersonId person) {
  auto question = [person = std::move(person), now = clock_.now()](Transaction& tx) -> Result<Spent> { return read_in(tx, person, now); };
  co_return co_await store_.read(std::move(question));
}

Task<Result<>> Budget::check(PersonId person, const ModelProfile& model) {
  if (model.at_home) co_return Result<>{};
  if (latest_[person].day != clock_.now() / kDayMs) {
    ZO_CO_TRY(const Spent stored, co_await spent_today(person));
    learn(person, stored);
  }
  const Spent spent = latest_[person];
  const std::int64_t tokens_a_day = limits_.of(person, Limit::TokensADay);
  if (spent.tokens < tokens_a_day) co_return Result<>{};
  co_return fail(Code::Exhausted,
                 fmt::format("today's budget is used up: {} of {} tokens", with_thousands(static_cast<std::uint64_t>(spent.tokens)),
                             with_thousands(static_cast<std::uint64_t>(tokens_a_day))),
                 or_raise("it starts anew at midnight UTC", Limit::TokensADay, std::max(tokens_a_day, spent.tokens)));
}

}  // namespace zo
