// The clock that starts agents: what a person wants done, when, and what came of each time. An occurrence is a row, a job and the next time
// in one commit; the job starts a run and waits for its end. Nothing is begun twice, and nothing is missed without a word.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/agents.h"
#include "async/threads.h"
#include "automation/automation.h"
#include "feed/notice.h"
#include "file/workspaces.h"
#include "hook/mail.h"
#include "queue/queue.h"
#include "store/store.h"

namespace zo {

// Something that a person is told elsewhere, if they have a hook.
struct AutomationNews {
  Automation automation;
  Occurrence occurrence;
  bool was_paused = false;  // by it
};

// A call of an automation's link. Who may: the link ends with the secret, or the body is signed with it.
struct HookCall {
  std::string secret;     // as the link has it; empty: it is signed
  std::string signature;  // "sha256=" and HMAC-SHA-256 of the body, in hex, as GitHub sends it
  std::string body;
  std::string key;        // Idempotency-Key; empty: none
};

struct CalendarItem {
  AutomationId automation;
  std::string name;
  TimeMs at = 0;
  std::optional<Occurrence> occurrence;  // none: it is planned
};
struct Calendar {
  std::vector<CalendarItem> items;  // at most limits::kCalendarItems
  bool is_cut = false;              // there were more
};

// When a rule would fire, before anything is kept.
struct RulePreview {
  std::string rule;   // canonical
  std::string start;  // on the wall of the zone
  std::string zone;
  std::vector<TimeMs> next;  // at most limits::kNextShown
};

class Automations {
 public:
  // All outlive it, and it outlives the queue's stop().
  Automations(Executor executor, Clock& clock, Dice& dice, Store& store, Threads& threads, Notices& notices, Queue& queue, Agents& agents, const Workspaces& workspaces, HttpClient& http, Mail& mail);
  ~Automations();

  Task<Result<RulePreview>> preview(AutomationWish wish);
  Task<Result<Automation>> add(PersonId person, AutomationWish wish);
  // By its name, or its id. What it does from now on; its history stays. Conflict when it is not in that revision any more.
  Task<Result<Automation>> edit(PersonId person, std::string name, AutomationWish wish, std::optional<std::int64_t> rev = {});
  Task<Result<>> remove(PersonId person, std::string name);
  // Nothing of it begins until it is resumed; what was due meanwhile is not made up for.
  Task<Result<Automation>> pause(PersonId person, std::string name, bool paused);
  // One time more, now; its times stay as they are. Conflict where its overlap leaves it out.
  Task<Result<Occurrence>> run(PersonId person, std::string name);
  // The same by its link, for whoever has it: NotFound for any other. A repeated `key` starts nothing twice, and gives what it started.
  // RateLimited beyond limits::kHookCallsAMinute.
  Task<Result<Occurrence>> call_hook(AutomationId id, HookCall call);
  Task<Result<Automation>> find(PersonId person, std::string name);
  Task<Result<std::vector<Automation>>> list(PersonId person);
  // The newest first; at most limits::kPageItems.
  Task<Result<std::vector<Occurrence>>> history(PersonId person, std::string name, std::optional<TimeMs> before, std::size_t most);
  // All of a person's: what came of times that are over, and what is planned, the oldest first.
  Task<Result<Calendar>> calendar(PersonId person, TimeMs from, TimeMs until);
  // Of those times that its rule says between the two, at most `most`.
  Task<Result<std::vector<TimeMs>>> between(Automation automation, TimeMs from, TimeMs until, std::size_t most);

  // Whether anybody has made one on this computer.
  bool any() const;
  // What failed, and what was paused for it.
  void on_failed(std::function<void(const AutomationNews& news)> told);
  // Begins to look at the clock.
  Task<Result<>> start();
  Task<void> stop();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace zo
