// The log of what went out, and of what was not let out, that a person can read per run. It is written some time later, many rows in one
// commit, so that no dial waits for the disk: a crash loses the last second of it. Beyond limits::kEgressWaiting rows that wait, the
// oldest are dropped, and the log says how many; of a person the newest limits::kEgressRows are kept.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "async/scope.h"
#include "base/dice.h"
#include "net/dial.h"
#include "store/store.h"

namespace zo {

using EgressId = Id<struct EgressKind>;

enum class Verdict { Passed, Refused, Unresolved };  // Unresolved: it came to no judgement, for want of an address
std::string_view verdict_name(Verdict verdict);  // "passed"

struct EgressRow {
  EgressId id = {};
  PersonId person = {};
  std::string run = {};      // empty outside of one
  std::string purpose = {};  // purpose_name()
  std::string host = {};
  std::uint16_t port = 0;
  std::string address = {};  // those that were admitted, with spaces; empty when a proxy resolves the name, or when nothing was resolved
  Verdict verdict = Verdict::Passed;
  std::string reason = {};   // why not; of a passage what let it pass
  std::optional<PassageEnd> end = {};  // nothing: it goes on, or was never told
  TimeMs at = 0;
};

class EgressLog {
 public:
  EgressLog(Executor executor, Clock& clock, Dice& dice, Store& store);
  // Awaited stop() first, if anything was added.
  ~EgressLog();

  // Whom to tell how it ended; harmless after the log is gone.
  std::move_only_function<void(const PassageEnd&)> add(EgressRow row);
  // The newest first, at most limits::kEgressShown. `run` empty: of all and of none.
  Task<Result<std::vector<EgressRow>>> rows(PersonId person, std::string run);
  // Writes what waits; nothing is added afterwards.
  Task<void> stop();

 private:
  void end(const EgressRow& row, const PassageEnd& end);
  void enqueue(EgressRow row);
  Task<void> write_on();
  Task<void> write();

  Clock& clock_;
  Dice& dice_;
  Store& store_;
  Scope scope_;
  std::deque<EgressRow> waiting_;
  std::uint64_t dropped_ = 0;
  std::size_t since_trim_;
  bool writing_ = false;
  bool stopped_ = false;
  std::shared_ptr<EgressLog*> self_;  // empty for those who hold it longer than this lives
};

}  // namespace zo
