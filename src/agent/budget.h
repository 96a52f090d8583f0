// What a person's agents may use in a UTC day. The count is in the store; a run asks before every step.
#pragma once

#include "async/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "model/model.h"
#include "store/store.h"

namespace zo {

class Budget {
 public:
  Budget(Store& store, Clock& clock, std::int64_t tokens_a_day = limits::kTokensADay)
      : store_(store), clock_(clock), tokens_a_day_(tokens_a_day) {}

  // Exhausted when today's tokens are used up; it names the limit and when it starts anew.
  Task<Result<>> check(PersonId person);
  // Tokens used outside of a run; a run's own are counted with its steps.
  Task<Result<>> add(PersonId person, Usage usage);
  Task<Result<std::int64_t>> used_today(PersonId person);
  static void add_in(Transaction& tx, const PersonId& person, const Usage& usage, TimeMs now);
  std::int64_t tokens_a_day() const { return tokens_a_day_; }

 private:
  Store& store_;
  Clock& clock_;
  std::int64_t tokens_a_day_;
};

}  // namespace zo
