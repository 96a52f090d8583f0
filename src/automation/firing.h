// What is due begins: occurrence, job and the next time in one transaction.
#pragma once

#include <string>
#include <vector>

#include "automation/planner.h"
#include "queue/ledger.h"

namespace zo {

// What a transaction has begun, for whoever hands it on when it is committed.
struct Fired {
  std::vector<Added> added;
  std::vector<JobId> to_cancel;      // earlier ones, for which these do not wait
  std::optional<Occurrence> single;  // of fire_once()
};

// Nothing when the automation has changed meanwhile, or another was faster. `ids`: of the jobs that may be made, one for each that begins.
Fired fire(Transaction& tx, const Automation& automation, const Plan& plan, const std::string& last_wall, const std::vector<JobId>& ids, TimeMs now);
// One time more, beside those of the rule.
Fired fire_once(Transaction& tx, const Automation& automation, Cause cause, const std::string& detail, const JobId& id, TimeMs now);

inline constexpr int kStartsMost = 5;  // tries to begin a run, when there is no place for it

// "ID AT": what a job of the queue of automations holds.
std::string payload_of(const AutomationId& id, TimeMs at);
struct Payload {
  AutomationId id;
  TimeMs at = 0;
};
Result<Payload> payload_from_text(std::string_view text);

}  // namespace zo
