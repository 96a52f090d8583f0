// The clock that begins what is due: asleep until the earliest, and awake a little more often, since the wall clock may be set.
#pragma once

#include "async/scope.h"
#include "async/threads.h"
#include "automation/automation.h"
#include "automation/worker.h"

namespace zo {

class Scheduler {
 public:
  // All outlive it.
  Scheduler(Executor executor, Clock& clock, Dice& dice, Store& store, Threads& threads, Notices& notices, AutomationWorker& worker)
      : clock_(clock), dice_(dice), store_(store), threads_(threads), notices_(notices), worker_(worker), changed_(executor), keeping_(executor) {}

  Task<Result<>> start();
  Task<void> stop();
  // Something was changed of when one is next.
  void look();

 private:
  Task<void> keep();
  // Begins what is due; false when there may be more.
  Task<bool> tick();
  Task<Result<>> fire_due(Automation automation);
  Task<Result<>> pause_broken(Automation automation, Error why);
  Task<Result<>> follow_tzdata();
  Task<void> follow_wall_clock();

  Clock& clock_;
  Dice& dice_;
  Store& store_;
  Threads& threads_;
  Notices& notices_;
  AutomationWorker& worker_;
  std::optional<TimeMs> next_at_ = {};
  std::int64_t wall_ahead_ms_ = 0;  // the wall clock against the steady one
  bool is_changed_ = true;          // next_at_ is to be read anew
  Condition changed_;
  Scope keeping_;
};

}  // namespace zo
