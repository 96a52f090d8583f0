// What the routes of files have in common.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/route.h"
#include "file/files.h"

namespace zo {

std::string_view kind_name(FileKind kind);
// Of whoever asks.
Result<std::reference_wrapper<Files>> files_of(ApiState& api, const ApiRequest& request);
// The parameter of the query; Invalid when it is missing.
Result<std::string> path_of(const ApiRequest& request);

}  // namespace zo
