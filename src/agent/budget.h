// What a person's agents may use in a UTC day: the tokens of models that somebody is paid for. The count is in the store, and what
// commits have told of it in RAM; a run asks before every step.
#pragma once

#include <unordered_map>

#include "async/clock.h"
#include "base/id.h"
#include "limit/limits.h"
#include "model/provider.h"
#include "store/store.h"

namespace zo {

// What a person's agents have used on one UTC day.
struct Spent {
  std::int64_t day = -1;  // since 1970; -1: not known
  std::int64_t tokens = 0;
};

class Budget {
 public:
  Budget(Store& store, Clock& clock, const Limits& limits) : store_(store), clock_(clock), limits_(limits) {}

  // Exhausted when today's tokens are used up and the model costs some; it names the limit, when it starts anew and what raises it. Reads
  // the store when no commit has told of today yet.
  Task<Result<>> check(PersonId person, const ModelProfile& model);
  // What a commit has told. Commits of runs beside each other may be told in another order than they happened in.
  void learn(const PersonId& person, Spent spent);
  // Tokens used outside of a run; a run's own are counted with its steps.
  Task<Result<>> add(PersonId person, const ModelProfile& model, Usage usage);

  Task<Result<Spent>> spent_today(PersonId person);

  // As part of a transaction: counts, and gives what the day has used with it.
  static Spent add_in(Transaction& tx, const PersonId& person, const Usage& usage, TimeMs now);
  static Spent read_in(Transaction& tx, const PersonId& person, TimeMs now);

 private:
  Store& store_;
  Clock& clock_;
  const Limits& limits_;
  std::unordered_map<PersonId, Spent> latest_;
};

}  // namespace zo
