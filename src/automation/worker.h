// Works on the jobs of automations: each starts a run, once, and waits for its end. A process that dies over it leaves the run to the next,
// which finds it by its occurrence.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "agent/agents.h"
#include "automation/automations.h"
#include "automation/firing.h"

namespace zo {

class AutomationWorker final : public Worker {
 public:
  AutomationWorker(Executor executor, Clock& clock, Dice& dice, Store& store, Notices& notices, Queue& queue, Agents& agents)
      : clock_(clock), dice_(dice), store_(store), notices_(notices), queue_(queue), agents_(agents), working_(std::move(executor)) {}

  std::string_view queue() const override { return kAutomationsQueue; }
  std::size_t at_once() const override { return kAtOnce; }
  Task<Result<>> begin(Held held) override;
  void stop(const JobId& job, Stop why) override;
  Task<Result<bool>> cancel(PersonId person, JobId job) override;
  // Another time of it, since this one has its row.
  Task<Result<std::optional<JobId>>> retry(PersonId person, JobId job) override;

  void on_failed(std::function<void(const AutomationNews&)> told) { on_failed_ = std::move(told); }
  // What a transaction has begun, once it is committed.
  void hand_on(const PersonId& person, const Fired& fired, const AutomationId& id);
  Task<void> end() { return working_.stop(); }

 private:
  static constexpr std::size_t kAtOnce = 4'096;  // a run that is waited for, which may wait for a person, costs a coroutine

  // One attempt; a later one of the same job may begin before it has gone.
  struct AtWork {
    Held held;
    Scope::Child activity = {};
    std::optional<RunId> run = {};
    std::optional<Stop> stop = {};
  };
  struct Subject {
    Automation automation;
    Occurrence occurrence;
  };
  // How it came out.
  struct Outcome {
    OccurrenceState state = OccurrenceState::Succeeded;
    std::string reason;
    std::int64_t tokens = 0;
    std::string said = {};  // the answer
  };
  // What the end of one has brought about, in its transaction.
  struct Ending {
    JobOutcome job;
    bool paused = false;
    int failures = 0;
    std::vector<Fired> followers;
    std::vector<Added> deliveries;
  };

  static Outcome outcome_of(const Run& run, std::string said);
  Task<void> work(Held held, std::shared_ptr<AtWork> at_work);
  Task<void> work_on(Held held, std::shared_ptr<AtWork> at_work, Subject subject);
  Task<Result<Subject>> find_subject(const Held& held);
  Task<Result<RunId>> start_run(const Held& held, Subject& subject);
  static RunRequest request_of(const Subject& subject, const Zone& zone, TimeMs now, std::string key);
  Task<std::string> answer_of(PersonId person, RunId run);
  std::vector<JobId> new_ids(std::size_t count);
  // Nothing when ZoClone stops meanwhile.
  Task<Result<std::optional<Run>>> wait_for(PersonId person, RunId run);
  Task<void> cancel_run(std::shared_ptr<AtWork> at_work);
  Task<void> finish(Held held, Subject subject, Outcome outcome);

  Clock& clock_;
  Dice& dice_;
  Store& store_;
  Notices& notices_;
  Queue& queue_;
  Agents& agents_;
  std::map<JobId, std::shared_ptr<AtWork>> at_work_;
  std::function<void(const AutomationNews&)> on_failed_;
  Scope working_;
};

}  // namespace zo
