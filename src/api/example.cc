#include "api/example.h"

#include <boost/json.hpp>

#include "base/result.h"

namespace zo {
namespace {

constexpr int kDepth = 12;               // of shapes within shapes
constexpr std::size_t kLineBytes = 100;  // of what stands on one line
constexpr std::string_view kReference = "#/components/schemas/";

// What a member of that name may hold.
struct Hint {
  std::string_view member;
  std::string_view text;
};
constexpr Hint kHints[] = {
    {"text", "What is in my workspace?"}, {"title", "What is in my workspace?"}, {"input", "What is in my workspace?"}, {"path", "notes.txt"},
    {"files", "notes.txt"},               {"model", "openai/gpt-5-mini"},        {"tools", "read_file,list_files"},     {"models", "chosen"},
    {"code", "not_found"},                {"message", "there is no 'notes.txt' in the workspace"},
    {"try", "zo file list"},              {"version", "0.1.0"},                  {"address", "http://127.0.0.1:8787"},  {"workspace", "/home/ann/zo"},
    {"url", "http://127.0.0.1:8787/…"},   {"content", "There is one file, notes.txt."},
};

std::string text_for(std::string_view member) {
  if (member == "id" || member.ends_with("_id") || member == "children") return "01K5R000000000000000000001";
  for (const Hint& hint : kHints)
    if (hint.member == member) return std::string(hint.text);
  return "…";
}

class Maker {
 public:
  explicit Maker(const JsonObject& components) : schemas_(components.at("schemas").as_object()) {}

  Json of(const Json& schema, std::string_view member, int depth) const {
    ZO_CHECK(depth < kDepth);
    if (const JsonArray* examples = array_at(schema, "examples")) return examples->front();
    if (const auto reference = string_at(schema, "$ref")) return of(schemas_.at(reference->substr(kReference.size())), member, depth + 1);
    if (const Json* fixed = schema.as_object().if_contains("const")) return *fixed;
    if (const JsonArray* values = array_at(schema, "enum")) return values->front();
    if (const JsonArray* either = array_at(schema, "anyOf")) return of(either->front(), member, depth + 1);
    const Json* type = schema.as_object().if_contains("type");
    if (type == nullptr) return nullptr;  // anything
    // Of several the first: the others say that it may be absent.
    return of_type(schema, type->is_array() ? type->as_array().front().as_string() : type->as_string(), member, depth);
  }

 private:
  Json of_type(const Json& schema, std::string_view type, std::string_view member, int depth) const {
    if (type == "string") return Json(string_at(schema, "format") == "date-time" ? std::string("2026-01-31T12:00:00.000Z") : text_for(member));
    if (type == "integer" || type == "number") return integer_at(schema, "minimum").value_or(1);
    if (type == "boolean") return Json(true);
    if (type == "null") return nullptr;
    if (type == "array") return JsonArray{of(schema.at("items"), member, depth + 1)};
    JsonObject out;
    if (const JsonObject* properties = object_at(schema, "properties"))
      for (const auto& [name, property] : *properties) out[name] = of(property, name, depth + 1);
    return out;
  }

  const JsonObject& schemas_;
};

void write(std::string& out, const Json& value, std::size_t indent) {
  const std::string line = to_text(value);
  const bool has_parts = value.is_object() || value.is_array();
  if (!has_parts || indent + line.size() <= kLineBytes) {
    out += line;
    return;
  }
  const std::string margin(indent + 2, ' ');
  const char* separator = "\n";
  out += value.is_object() ? "{" : "[";
  const auto begin_part = [&] {
    out += separator + margin;
    separator = ",\n";
  };
  if (const JsonObject* object = value.if_object()) {
    for (const auto& [name, part] : *object) {
      begin_part();
      out += to_text(Json(name)) + ": ";
      write(out, part, indent + 2);
    }
  } else {
    for (const Json& part : value.get_array()) {
      begin_part();
      write(out, part, indent + 2);
    }
  }
  out += "\n" + std::string(indent, ' ') + (value.is_object() ? "}" : "]");
}

}  // namespace

Json example_of(const JsonObject& components, const Json& schema) { return Maker(components).of(schema, "", 0); }

Json example_of_shape(const JsonObject& components, std::string_view shape) { return example_of(components, components.at("schemas").at(shape)); }

std::string readable(const Json& value) {
  std::string out;
  write(out, value, 0);
  return out;
}

}  // namespace zo
