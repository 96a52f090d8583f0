// Files of this machine that go along with a message: looked at before anything is sent, brought into the workspace when it is.
#pragma once

#include <span>
#include <string>

#include "base/json.h"
#include "cmd/client.h"
#include "limit/limits.h"

namespace zo {

// Whether all of them can go along: at most limits::kInputFiles regular files that may be read, none above `bytes_max`. The error names
// the file.
Result<> check_attachments(std::span<const std::string> files, std::int64_t bytes_max = spec_of(Limit::UploadSize).most);
// Their paths in the workspace, in that order: one that lies in the workspace of this machine is named where it is, others are
// uploaded.
Task<Result<JsonArray>> attach_all(ApiClient& client, std::span<const std::string> files);

}  // namespace zo
