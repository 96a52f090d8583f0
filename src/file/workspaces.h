// Whose workspace is whose: the one place that knows. Today there is one, of the person at the machine.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "async/clock.h"
#include "base/id.h"
#include "file/files.h"
#include "store/store.h"

namespace zo {

class Workspaces {
 public:
  explicit Workspaces(Threads& threads) : threads_(threads) {}

  // Before the first use; a person has one.
  Files& add(PersonId person, Workspace workspace);
  // Loads what each person has chosen and what their agents have made. Before requests are served.
  Task<Result<>> remember(Store& store);
  // Removes what was deleted too long ago, or is too much; now and every hour, until it is cancelled.
  Task<void> tidy(Clock& clock);
  // Denied for a person who has none.
  Result<std::reference_wrapper<Files>> of(const PersonId& person) const;

 private:
  Threads& threads_;
  std::map<PersonId, std::unique_ptr<Files>> files_;
};

// Which folder a person has chosen, from the next start on; empty: none.
Task<Result<std::string>> read_workspace_choice(Store& store, PersonId person);
Task<Result<>> write_workspace_choice(Store& store, PersonId person, std::string folder);

}  // namespace zo
