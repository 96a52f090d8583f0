// The shapes of the API: what it is asked, what it answers, the events of its streams, each as a JSON Schema. Their one source are the
// files in api/shapes/, from which /openapi.json, the page's types (web/scripts/types.mjs) and the tests' checks come.
//
// What we answer is closed: a member that is not described fails a test. What we are asked is open: members that we do not know are
// left alone. "examples" are shown in /docs. Words that JSON Schema's draft 7, which the tests check by, and 2020-12, which OpenAPI 3.1 means, understand alike.
#pragma once

#include <span>
#include <string_view>

#include "base/json.h"

namespace zo {

// All files as one: {"schemas": {…}, "parameters": {…}}, as OpenAPI has them.
JsonObject api_components();

// The text of each file (cmake/embed.cmake).
std::span<const std::string_view> shape_files();

}  // namespace zo
