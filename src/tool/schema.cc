// The part of JSON Schema (2020-12) that tools use, checked with messages from which a model can mend its call.
#include <fmt/core.h>

#include <boost/json.hpp>
#include <cmath>

#include "base/json.h"
#include "base/text.h"
#include "tool/spec.h"

namespace zo {
namespace {

std::string_view kind_of(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return "null";
    case boost::json::kind::bool_: return "a boolean";
    case boost::json::kind::string: return "a string";
    case boost::json::kind::array: return "an array";
    case boost::json::kind::object: return "an object";
    default: return "a number";
  }
}

std::string_view name_of_type(std::string_view type) {
  if (type == "string") return "a string";
  if (type == "integer") return "an integer";
  if (type == "number") return "a number";
  if (type == "boolean") return "a boolean";
  if (type == "array") return "an array";
  if (type == "object") return "an object";
  return type;
}

bool is_whole(const Json& value) {
  const double* number = value.if_double();
  return value.is_int64() || value.is_uint64() || (number != nullptr && std::trunc(*number) == *number);
}

bool is_of_type(const Json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return is_whole(value);
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_bool();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  return type == "null" && value.is_null();
}

std::string shown(const Json& value) { return one_line(to_text(value), 60); }

std::unexpected<Error> misfit(std::string_view what, std::string message) {
  return fail(Code::Invalid, fmt::format("{}: {}", what, message));
}

Result<> fits_number(const Json& value, const Json& schema, std::string_view what) {
  const double number = value.to_number<double>();
  const Json* least = find(schema, "minimum");
  const Json* most = find(schema, "maximum");
  if (least != nullptr && least->is_number() && number < least->to_number<double>())
    return misfit(what, fmt::format("{} is below {}", shown(value), shown(*least)));
  if (most != nullptr && most->is_number() && number > most->to_number<double>())
    return misfit(what, fmt::format("{} is above {}", shown(value), shown(*most)));
  return {};
}

Result<> fits_string(std::string_view text, const Json& schema, std::string_view what) {
  const auto least = integer_at(schema, "minLength");
  const auto most = integer_at(schema, "maxLength");
  // Lengths are of characters: bytes that begin one.
  const auto length = std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  if (least && length < *least)
    return misfit(what,
                  *least == 1 ? "must not be empty" : fmt::format("{} characters, at least {} are needed", length, *least));
  if (most && length > *most) return misfit(what, fmt::format("{} characters, limit {}", length, *most));
  return {};
}

Result<> fits_array(const JsonArray& items, const Json& schema, std::string_view what) {
  const auto least = integer_at(schema, "minItems");
  const auto most = integer_at(schema, "maxItems");
  const auto count = static_cast<std::int64_t>(items.size());
  if (least && count < *least) return misfit(what, fmt::format("{} items, at least {} are needed", count, *least));
  if (most && count > *most) return misfit(what, fmt::format("{} items, limit {}", count, *most));
  const Json* item_schema = find(schema, "items");
  for (std::size_t i = 0; item_schema != nullptr && i < items.size(); ++i)
    ZO_OK(fits_schema(items[i], *item_schema, fmt::format("{}[{}]", what, i)));
  return {};
}

std::string names_of(const JsonObject& properties) {
  std::vector<std::string> names;
  for (const auto& [name, schema] : properties) names.emplace_back(name);
  return join(names, ", ");
}

bool is_required(const Json& schema, std::string_view name) {
  const JsonArray* required = array_at(schema, "required");
  return required != nullptr &&
         std::ranges::any_of(*required, [&](const Json& r) { return r.is_string() && r.get_string() == name; });
}

// "command" below arguments, "filter.name" below filter.
std::string member_name(std::string_view what, std::string_view name) {
  return what == "arguments" ? std::string(name) : fmt::format("{}.{}", what, name);
}

Result<> fits_object(const JsonObject& object, const Json& schema, std::string_view what) {
  const JsonObject* properties = object_at(schema, "properties");
  if (const JsonArray* required = array_at(schema, "required"))
    for (const Json& name : *required)
      if (name.is_string() && find(object, name.get_string()) == nullptr) {
        const Json* wanted = properties != nullptr ? find(*properties, name.get_string()) : nullptr;
        const std::string_view type = wanted != nullptr ? string_at(*wanted, "type").value_or("value") : "value";
        return misfit(member_name(what, name.get_string()), fmt::format("{} is needed", name_of_type(type)));
      }
  for (const auto& [name, value] : object) {
    const Json* wanted = properties != nullptr ? find(*properties, name) : nullptr;
    // A model that writes null for what it leaves out means just that.
    if (wanted != nullptr && value.is_null() && !is_required(schema, name)) continue;
    if (wanted != nullptr) {
      ZO_OK(fits_schema(value, *wanted, member_name(what, name)));
    } else if (bool_at(schema, "additionalProperties") == false) {
      return misfit(member_name(what, one_line(to_valid_utf8(name), 60)),
                    properties != nullptr ? "is not known; known are " + names_of(*properties) : "is not known");
    }
  }
  return {};
}

}  // namespace

Json meant(Json value, const Json& schema) {
  const auto type = string_at(schema, "type");
  if (type && *type != "string" && value.is_string()) {
    Result<Json> inner = parse_json(trim(std::string_view(value.get_string())), "value");
    if (inner && is_of_type(*inner, *type)) value = std::move(*inner);
  }
  if (JsonObject* object = value.if_object()) {
    const JsonObject* properties = object_at(schema, "properties");
    for (auto& member : *object)
      if (const Json* wanted = properties != nullptr ? find(*properties, member.key()) : nullptr) member.value() = meant(std::move(member.value()), *wanted);
  } else if (JsonArray* list = value.if_array()) {
    if (const Json* item = find(schema, "items"))
      for (Json& one : *list) one = meant(std::move(one), *item);
  }
  return value;
}

Result<> fits_schema(const Json& value, const Json& schema, std::string_view what) {
  if (const auto type = string_at(schema, "type"); type && !is_of_type(value, *type))
    return misfit(what, fmt::format("{} is needed, {} came", name_of_type(*type), kind_of(value)));
  if (const JsonArray* allowed = array_at(schema, "enum");
      allowed != nullptr && std::ranges::find(*allowed, value) == allowed->end())
    return misfit(what, fmt::format("{} is not one of {}", shown(value), one_line(to_text(Json(*allowed)), 200)));
  if (value.is_number()) return fits_number(value, schema, what);
  if (value.is_string()) return fits_string(value.get_string(), schema, what);
  if (value.is_array()) return fits_array(value.get_array(), schema, what);
  if (value.is_object()) return fits_object(value.get_object(), schema, what);
  return {};
}

}  // namespace zo
