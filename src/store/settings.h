// One small value by name, for one person: "model" (the owner's choice), "setup_done".
#pragma once

#include <optional>
#include <string>

#include "async/task.h"
#include "base/id.h"
#include "base/result.h"

namespace zo {

class Store;

Task<Result<std::optional<std::string>>> read_setting(Store& store, PersonId person, std::string name);
// Nothing removes it.
Task<Result<>> write_setting(Store& store, PersonId person, std::string name, std::optional<std::string> value);

}  // namespace zo
