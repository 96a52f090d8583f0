// What starts an automation because a file appears or changes. What was seen stands beside the automation, so what changes while nothing runs here
// is noticed, too, and nothing twice. A file is looked at once it has stood still for a moment, and not while a run of that automation works, which
// may be what changes it: what changed meanwhile starts the next, up to a chain of limits::kChainMost.
#pragma once

#include <map>
#include <string>

#include "async/scope.h"
#include "automation/rows.h"
#include "automation/worker.h"
#include "file/workspaces.h"

namespace zo {

// By path: what a file is and when it last changed.
using SeenFiles = std::map<std::string, std::string>;

// Whether a path of the workspace is meant: "inbox/*.pdf", "notes/**" for all below, "todo.md"; a folder's name means what is in it, too.
bool fits_pattern(const std::string& pattern, const std::string& path);
// What is there now of it; Exhausted when it is more than can be looked after.
Task<Result<SeenFiles>> files_of(Files& files, std::string pattern);

class FileWatch {
 public:
  // All outlive it.
  FileWatch(Executor executor, Clock& clock, Dice& dice, Store& store, const Workspaces& workspaces, AutomationWorker& worker)
      : clock_(clock), dice_(dice), store_(store), workspaces_(workspaces), worker_(worker), changed_(executor), keeping_(executor) {}

  void start();
  Task<void> stop() { return keeping_.stop(); }
  // There may be another one that files start.
  void look();

 private:
  // Of one automation.
  struct Watched {
    SeenFiles last = {};       // at the look before
    std::string problem = {};  // told already
  };

  Task<void> keep();
  Task<void> look_at(WatchingAutomation one);
  // Those that have changed since they were seen, and stand still.
  static std::vector<std::string> settled(const SeenFiles& seen, const SeenFiles& last, const SeenFiles& now);

  Clock& clock_;
  Dice& dice_;
  Store& store_;
  const Workspaces& workspaces_;
  AutomationWorker& worker_;
  std::map<AutomationId, Watched> watched_;
  bool any_ = true;  // there may be one
  Condition changed_;
  Scope keeping_;
};

}  // namespace zo
