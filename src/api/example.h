// An example of a shape of the API, made from the shape itself: what the shape gives as "examples", else what its words allow. It
// fits the shape, which a test proves; what stands in its texts only shows what may stand there. Pure.
#pragma once

#include <string_view>

#include "base/json.h"

namespace zo {

// `components` as api_components() gives them.
Json example_of(const JsonObject& components, const Json& schema);
Json example_of_shape(const JsonObject& components, std::string_view shape);

// With two blanks a level, for people to read; lists and objects that are short stand on one line.
std::string readable(const Json& value);

}  // namespace zo
