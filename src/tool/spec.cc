#include "tool/spec.h"

#include <boost/json.hpp>

namespace zo {

Json text_value() { return JsonObject{{"type", "string"}}; }

Json filled_text() { return JsonObject{{"type", "string"}, {"minLength", 1}}; }

Json whole_number(std::int64_t least, std::optional<std::int64_t> most, std::string_view description) {
  JsonObject schema{{"type", "integer"}, {"minimum", least}};
  if (most) schema["maximum"] = *most;
  if (!description.empty()) schema["description"] = description;
  return schema;
}

Json yes_or_no() { return JsonObject{{"type", "boolean"}}; }

Json list_of(Json items, std::int64_t least, std::int64_t most) {
  return JsonObject{{"type", "array"}, {"items", std::move(items)}, {"minItems", least}, {"maxItems", most}};
}

Json arguments_schema(const ToolSpec& spec) {
  JsonObject properties;
  JsonArray required;
  for (const ToolArgument& argument : spec.arguments) {
    properties[argument.name] = argument.schema;
    if (argument.required) required.emplace_back(argument.name);
  }
  JsonObject schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

OfferedTool offered(const ToolSpec& spec) {
  return {.name = spec.name, .description = spec.summary, .parameters = to_text(arguments_schema(spec)), .small = spec.small};
}

}  // namespace zo
