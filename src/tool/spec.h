// What a tool is: its name, what it does and the arguments it takes. Models are told of it as an OfferedTool.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/model.h"

namespace zo {

struct ToolArgument {
  std::string name;
  Json schema;           // of its value: the part of JSON Schema that fits_schema() knows
  bool required = true;
};

struct ToolSpec {
  std::string name;     // [a-zA-Z0-9_-]{1,64}
  std::string summary;  // one or two sentences
  std::vector<ToolArgument> arguments;
  std::optional<SmallForm> small;  // none: small models are not offered it
};

// The schemas of an argument, so far as our own tools need them. A bound that is not given is none.
Json text_value();
Json filled_text();  // at least one character
Json whole_number(std::int64_t least, std::optional<std::int64_t> most = {}, std::string_view description = {});
Json yes_or_no();
Json list_of(Json items, std::int64_t least, std::int64_t most);

// The schema of all its arguments together, an object that takes no others.
Json arguments_schema(const ToolSpec& spec);
OfferedTool offered(const ToolSpec& spec);

// The value as a model will have meant it, where the schema leaves no doubt: an object that came as its text, "30" for a number, "true" for
// yes or no. Anything else stays as it is.
Json meant(Json value, const Json& schema);

// JSON Schema, the subset that tools use: type, properties, required, enum, items, minimum, maximum, minLength, maxLength,
// minItems, maxItems, additionalProperties false. Invalid says where and what: "command: a string is needed".
Result<> fits_schema(const Json& value, const Json& schema, std::string_view what);

}  // namespace zo
