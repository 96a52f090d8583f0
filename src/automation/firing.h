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
  std::optional<Occurrence> single;  // the last, begun or left out
};

// Nothing when the automation has changed meanwhile, or another was faster. `ids`: of the jobs that may be made, one for each that begins.
Fired fire(Transaction& tx, const Automation& automation, const Plan& plan, const std::string& last_wall, const std::vector<JobId>& ids, TimeMs now);
// What starts one beside the times of its rule.
struct Trigger {
  Cause cause = Cause::Person;
  std::string detail = {};  // for a person: "inbox/a.pdf", the name of another automation
  std::string key = {};     // the same starts nothing twice; empty: each is another
  std::string input = {};   // what it brings; cut to limits::kTriggerInputBytes
  int depth = 0;            // automations behind which it begins
};
// Nothing when that trigger started it already.
Fired fire_once(Transaction& tx, const Automation& automation, const Trigger& trigger, const JobId& id, TimeMs now);
// By failures, or by the day's tokens.
bool is_held_back(Transaction& tx, const Automation& automation, TimeMs now);
// Those that wait for this end; `ids`: at most limits::kFollowers. Those that are paused are not begun.
std::vector<Fired> fire_followers(Transaction& tx, const Automation& ended, const Occurrence& occurrence, const std::string& said, const std::vector<JobId>& ids, TimeMs now);

inline constexpr int kStartsMost = 5;  // tries to begin a run, when there is no place for it

// "ID AT": what a job of the queue of automations holds.
std::string payload_of(const AutomationId& id, TimeMs at);
struct Payload {
  AutomationId id;
  TimeMs at = 0;
};
Result<Payload> payload_from_text(std::string_view text);

}  // namespace zo
