// What starts an automation because a file appears or changes. What was seen stands beside the automation, so what changes while nothing runs here
// is noticed, too, and nothing twice. A file is looked at once it has stood still for a moment; while a run of that automation works, or while it may not
// begin, files wait. What an agent's run may have written itself is one more of a chain, and a long chain goes on slowly.
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
// As it stands beside the automation.
std::string text_of(const SeenFiles& files);

class FileWatch {
 public:
  // All outlive it.
  FileWatch(Executor executor, Clock& clock, Dice& dice, Store& store, const Workspaces& workspaces, AutomationWorker& worker)
      : clock_(clock), dice_(dice), store_(store), workspaces_(workspaces), worker_(worker), changed_(executor), keeping_(executor) {}

  void start();
  Task<void> stop() { return keeping_.stop(); }
  // There may be another one that files start.
  void look();
  // Why the files of one are not watched; empty: they are.
  std::string problem(const AutomationId& id) const;

 private:
  // Of one automation.
  struct Watched {
    std::optional<TimeMs> looked_at = {};        // the look before
    SeenFiles last = {};                         // what was there then
    std::map<std::string, TimeMs> since = {};    // of what has changed: when it was last seen to be as before
    std::string problem = {};                    // told already
  };
  // What has changed and stands still.
  struct Changed {
    std::vector<std::string> paths;
    TimeMs since = 0;  // the earliest of them may have changed
    SeenFiles seen;    // with them
  };

  Task<void> keep();
  Task<void> look_at(WatchingAutomation one);
  Task<Result<>> note(WatchingAutomation one, Changed changed);
  static Changed changed_of(const WatchingAutomation& one, const Watched& watched, const SeenFiles& last, const SeenFiles& now, TimeMs at);

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
