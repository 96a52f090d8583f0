// A folder of the workspace as a table, for `zo file list` and `/files` in `zo chat`.
#pragma once

#include "base/json.h"
#include "cmd/table.h"

namespace zo {

// Of an answer of GET /api/files. A name is shown as name_in_line() does, so that each entry is one line.
Table folder_table(const Json& folder, const Terminal& terminal);

}  // namespace zo
