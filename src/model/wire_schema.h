// JSON Schemas on their way to a provider.
#pragma once

#include <string>

#include "base/json.h"
#include "model/model.h"

namespace zo {

// The schema, or the one of an object without properties when `text` is empty or no JSON object.
Json schema_json(const std::string& text);
// The object as text with one more member at its end, whose value is JSON text already: the schemas of tools are long, and go out
// as they came. Neither may be empty.
std::string text_with(const JsonObject& object, std::string_view name, std::string_view json);
// Appends {"name":…,"description":…,"MEMBER":schema}. Text at once: every request tells of all tools.
void append_tool(std::string& out, const OfferedTool& tool, std::string_view member);
// True when it keeps the rules of OpenAI's "strict" mode: every object closed, every property required.
bool is_strict_schema(const Json& schema);
// For servers that know no schemas: a paragraph to add to the system text.
std::string schema_in_words(const std::string& schema);

}  // namespace zo
