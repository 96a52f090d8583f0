// What the journal's transactions are made of: a run's lease, its events, the next attempt. For journal.cc and questions.cc.
#pragma once

#include <optional>

#include "agent/journal.h"

namespace zo {

// A run that another attempt took over, or that has ended.
Error lost(const Run& run);
// The lease check that every commit of a run begins with.
Result<> hold(Transaction& tx, const Run& run);

void add_event(Transaction& tx, const Run& run, const JournalEvent& event);
// A call that has ended is told as it stands in its row, once.
bool is_told(Transaction& tx, const Run& run, const ToolCallId& call);
void tell_call(Transaction& tx, const Run& run, std::int64_t number, const ToolCall& call);

// The next attempt is ours, and begins by telling which calls have ended untold: a crash cut them off, or a person said no. False when
// somebody else was faster.
bool take(Transaction& tx, Run& run, RunState from, const Lease& lease);
// Something about it waits for the person.
bool is_asked(Transaction& tx, const Run& run);

template <class Key>
std::optional<Run> first_run(Transaction& tx, Sql<PersonId, Key> sql, const PersonId& person, const Key& key) {
  const auto rows = tx.query(sql, person, key);
  if (!rows->next()) return std::nullopt;
  return read_run(*rows);
}

}  // namespace zo
