// What the journal's transactions are made of: a run's guard, its events, the next attempt. For journal.cc and questions.cc.
#pragma once

#include <optional>

#include "agent/journal.h"

namespace zo {

// A run that another attempt took over, or that has ended.
Error lost(const Run& run);
// The check that every commit of a run begins with: its attempt is the one that runs.
Result<> hold(Transaction& tx, const Run& run);

void add_event(Transaction& tx, const Run& run, const JournalEvent& event);
// A call that has ended is told as it stands in its row, once.
bool is_told(Transaction& tx, const Run& run, const ToolCallId& call);
void tell_call(Transaction& tx, const Run& run, std::int64_t number, const ToolCall& call);

// That attempt begins: it tells which calls have ended untold, since a crash cut them off, or a person said no. False when it is not the
// next.
bool take(Transaction& tx, Run& run, const Held& held);
// The end of its job. An error when its attempt no longer runs.
Result<JobOutcome> end_job_of(Transaction& tx, const Run& run, const JobEnd& end, TimeMs now);
// Something about it waits for the person.
bool is_asked(Transaction& tx, const Run& run);

template <class Key>
std::optional<Run> first_run(Transaction& tx, Sql<PersonId, Key> sql, const PersonId& person, const Key& key) {
  const auto rows = tx.query(sql, person, key);
  if (!rows->next()) return std::nullopt;
  return read_run(*rows);
}

}  // namespace zo
