// Automations and their occurrences as rows. For the part's own files.
#pragma once

#include <optional>
#include <vector>

#include "automation/automation.h"
#include "automation/planner.h"
#include "store/transaction.h"

namespace zo {

std::optional<Automation> find_automation(Transaction& tx, const PersonId& person, const AutomationId& id);
// By its name, or by its id.
std::optional<Automation> find_automation(Transaction& tx, const PersonId& person, std::string_view name);
// Whosever it is: for its link.
std::optional<Automation> find_automation_of_link(Transaction& tx, const AutomationId& id);
bool has_any_automation(Transaction& tx);
std::vector<Automation> list_automations(Transaction& tx, const PersonId& person);
// Of all persons: those whose time has come, at most 50, and when the next is due.
std::vector<Automation> due_automations(Transaction& tx, TimeMs now);
std::optional<TimeMs> next_due(Transaction& tx);

// Of all persons: those that some time will start.
std::vector<Automation> planned_automations(Transaction& tx);
// Of all persons: those whose next time was found with another tzdata.
std::vector<Automation> automations_of_other_tzdata(Transaction& tx, std::string_view version);

// Conflict: the name is taken. Exhausted: there are as many as may be.
Result<> insert_automation(Transaction& tx, const Automation& automation);
// All that a person can change, when it is still in that revision. False otherwise.
bool update_automation(Transaction& tx, const Automation& automation, std::int64_t rev);
bool delete_automation(Transaction& tx, const PersonId& person, const AutomationId& id);
// next_at and due_at, if they are still what `automation` says.
bool move_on(Transaction& tx, const Automation& automation, const std::optional<TimeMs>& next_at, std::string_view last_wall);

// False when there is one of that instant, or of that trigger, already: the fence.
bool insert_occurrence(Transaction& tx, const PersonId& person, const Occurrence& occurrence, std::string_view trigger_key = "");
std::optional<Occurrence> find_occurrence_of(Transaction& tx, const PersonId& person, const AutomationId& id, std::string_view trigger_key);
// State, reason, tokens and end of one that has begun. False: it has not, or is over.
bool end_begun(Transaction& tx, const PersonId& person, const Occurrence& occurrence);
// Of all automations of that person, the oldest first.
std::vector<Occurrence> occurrences_between(Transaction& tx, const PersonId& person, TimeMs from, TimeMs until, std::size_t most);
// Those that its end starts.
std::vector<Automation> followers_of(Transaction& tx, const PersonId& person, const AutomationId& id);
// Of what may have been changed by a run that worked since then, of whatever automation of that person's: one more than the longest chain of those.
int depth_of_what_changed(Transaction& tx, const PersonId& person, TimeMs since, TimeMs now);
// Whether a time of it has begun since then.
bool began_since(Transaction& tx, const PersonId& person, const AutomationId& id, TimeMs since);
// Of all persons: those that files start, and what was seen of the files.
struct WatchingAutomation {
  AutomationId id;
  PersonId person_id;
  std::string pattern;
  std::string seen;
};
std::vector<WatchingAutomation> automations_with_files(Transaction& tx);
// False when it watches something else by now, or somebody has looked meanwhile.
bool set_files_seen(Transaction& tx, const WatchingAutomation& was, std::string_view seen);
// What is there when it is made, which is nothing new.
void set_first_files(Transaction& tx, const PersonId& person, const AutomationId& id, std::string_view seen);
std::optional<Occurrence> find_occurrence(Transaction& tx, const PersonId& person, const AutomationId& id, TimeMs at);
// The newest first; `before`: earlier ones.
std::vector<Occurrence> list_occurrences(Transaction& tx, const PersonId& person, const AutomationId& id, std::optional<TimeMs> before, std::size_t most);
// Jobs of it that are not over: those of them that run are what "it runs" means.
struct LiveJob {
  JobId job;
  TimeMs at = 0;
  JobState state = JobState::Ready;
};
std::vector<LiveJob> live_jobs(Transaction& tx, const PersonId& person, const AutomationId& id);
// What its runs have used since then.
std::int64_t tokens_since(Transaction& tx, const PersonId& person, const AutomationId& id, TimeMs since);
void forget_old_occurrences(Transaction& tx, const PersonId& person, const AutomationId& id, TimeMs now);

}  // namespace zo
