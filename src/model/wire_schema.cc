#include "model/wire_schema.h"

#include <boost/json.hpp>

namespace zo {
namespace {

bool requires_all(const JsonObject& properties, const JsonArray* required) {
  if (required == nullptr) return properties.empty();
  return std::ranges::all_of(properties, [&](const auto& property) {
    return std::ranges::any_of(*required, [&](const Json& name) { return name.is_string() && name.get_string() == property.key(); });
  });
}

}  // namespace

Json schema_json(const std::string& text) {
  auto schema = parse_json(text, "schema");
  if (schema && schema->is_object()) return std::move(*schema);
  return JsonObject{{"type", "object"}, {"properties", JsonObject{}}};
}

std::string text_with(const JsonObject& object, std::string_view name, std::string_view json) {
  ZO_CHECK(!object.empty() && !json.empty());
  std::string text = to_text(object);
  text.back() = ',';
  text += to_text(Json(name));
  text += ':';
  text += json;
  text += '}';
  return text;
}

void append_tool(std::string& out, const OfferedTool& tool, std::string_view member) {
  out += R"({"name":)";
  out += boost::json::serialize(boost::json::string_view(tool.name));
  out += R"(,"description":)";
  out += boost::json::serialize(boost::json::string_view(tool.description));
  out += ",\"";
  out += member;
  out += "\":";
  out += tool.parameters;
  out += '}';
}

bool is_strict_schema(const Json& schema) {
  if (const JsonArray* list = schema.if_array()) return std::ranges::all_of(*list, is_strict_schema);
  const JsonObject* object = schema.if_object();
  if (object == nullptr) return true;
  if (string_at(schema, "type") == "object") {
    const JsonObject* properties = object_at(schema, "properties");
    if (bool_at(schema, "additionalProperties") != false) return false;
    if (properties != nullptr && !requires_all(*properties, array_at(schema, "required"))) return false;
  }
  return std::ranges::all_of(*object, [](const auto& member) { return is_strict_schema(member.value()); });
}

std::string schema_in_words(const std::string& schema) {
  return "\n\nAnswer with one JSON object and nothing else. It must fit this JSON Schema:\n" + schema;
}

}  // namespace zo
