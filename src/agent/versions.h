// What an edit or a new answer replaced. Such messages stay in the store, and each run names the position from which on it replaced
// what stood there (RunOptions::replaces_from): so what was replaced, and when, is found again by going through it in order.
#pragma once

#include <map>
#include <vector>

#include "agent/records.h"

namespace zo {

// A message as far as its place among the others goes.
struct PlacedMessage {
  MessageId id;
  std::optional<RunId> run_id;
  std::int64_t position = 0;
};

using Cuts = std::map<RunId, std::int64_t>;  // by run: the position from which on it replaced

// By message that stands where another stood: what it replaced, the oldest first. Each version is the messages, in order, that were
// taken away with the one whose place it is about; at most limits::kVersionsKept of a place, the newest.
using Versions = std::map<MessageId, std::vector<std::vector<MessageId>>>;

// `messages`: placed and superseded ones, by position.
Versions versions_of(const std::vector<PlacedMessage>& messages, const Cuts& cuts);

}  // namespace zo
