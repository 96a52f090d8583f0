#include "agent/budget.h"

#include "base/text.h"

namespace zo {

void Budget::add_in(Transaction& tx, const PersonId& person, const Usage& usage, TimeMs now) {
  tx.change(
      "INSERT INTO usage_days (person_id, day, input_tokens, output_tokens) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (person_id, day) DO UPDATE SET input_tokens = usage_days.input_tokens + excluded.input_tokens, "
      "output_tokens = usage_days.output_tokens + excluded.output_tokens",
      person, utc_day(now), usage.input_tokens, usage.output_tokens);
}

Task<Result<>> Budget::add(PersonId person, Usage usage) {
  auto change = [person, usage, now = clock_.now()](Transaction& tx) -> Result<> {
    add_in(tx, person, usage, now);
    return {};
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<std::int64_t>> Budget::used_today(PersonId person) {
  auto question = [person, day = utc_day(clock_.now())](Transaction& tx) -> Result<std::int64_t> {
    return tx.number("SELECT input_tokens + output_tokens FROM usage_days WHERE person_id = ? AND day = ?", person, day);
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<>> Budget::check(PersonId person) {
  ZO_CO_TRY(const std::int64_t used, co_await used_today(person));
  if (used < tokens_a_day_) co_return Result<>{};
  co_return fail(Code::Exhausted,
                 fmt::format("today's budget is used up: {} of {} tokens", with_thousands(static_cast<std::uint64_t>(used)),
                             with_thousands(static_cast<std::uint64_t>(tokens_a_day_))),
                 "it starts anew at midnight UTC");
}

}  // namespace zo
