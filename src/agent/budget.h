// What a person's agents may use in a UTC day. The count is in the store, and what commits have told of it in RAM; a run asks before
// every step.
#pragma once

#include <unordered_map>

#include "async/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "model/model.h"
#include "store/store.h"

namespace zo {

// What a person's agents have used on one UTC day.
struct Spent {
  std::int64_t day = -1;  // since 1970; -1: not known
  std::int64_t tokens = 0;
};

class Budget {
 public:
  Budget(Store& store, Clock& clock, std::int64_t tokens_a_day = limits::kTokensADay)
      : store_(store), clock_(clock), tokens_a_day_(tokens_a_day) {}

  // Exhausted when today's tokens are used up; it names the limit and when it starts anew. Reads the store when no commit has told
  // of today yet.
  Task<Result<>> check(PersonId person);
  // What a commit has told. Commits of runs beside each other may be told in another order than they happened in.
  void learn(const PersonId& person, Spent spent);
  // Tokens used outside of a run; a run's own are counted with its steps.
  Task<Result<>> add(PersonId person, Usage usage);

  Task<Result<Spent>> spent_today(PersonId person);
  std::int64_t tokens_a_day() const { return tokens_a_day_; }

  // As part of a transaction: counts, and gives what the day has used with it.
  static Spent add_in(Transaction& tx, const PersonId& person, const Usage& usage, TimeMs now);
  static Spent read_in(Transaction& tx, const PersonId& person, TimeMs now);

 private:
  Store& store_;
  Clock& clock_;
  std::int64_t tokens_a_day_;
  std::unordered_map<PersonId, Spent> latest_;
};

}  // namespace zo
