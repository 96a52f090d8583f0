// What agents have made of files that the owner's tools run (file/host_run.h), and may therefore change: repositories, mostly. Kept in
// the store, so that a restart makes nobody a stranger to what they made.
#pragma once

#include <memory>
#include <set>

#include "async/task.h"
#include "base/id.h"
#include "file/host_run.h"
#include "store/store.h"

namespace zo {

class MadeByAgents {
 public:
  // Loads what `person`'s agents have made; later additions are written there. Before that all is the owner's.
  Task<Result<>> open(Store& store, PersonId person);
  std::shared_ptr<const std::set<MadePlace>> places() const { return places_; }
  Task<Result<>> add(std::set<MadePlace> made);

 private:
  Store* store_ = nullptr;
  PersonId person_;
  std::shared_ptr<const std::set<MadePlace>> places_ = std::make_shared<std::set<MadePlace>>();
};

}  // namespace zo
