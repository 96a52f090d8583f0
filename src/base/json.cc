#include "base/json.h"

#include <fmt/core.h>

#include <boost/json.hpp>
#include <cmath>

namespace zo {

namespace json = boost::json;

Result<Json> parse_json(std::string_view text, std::string_view what, std::size_t bytes_max) {
  if (text.size() > bytes_max)
    return fail(Code::Invalid, fmt::format("{} has {} bytes, limit {}", what, text.size(), bytes_max));
  json::parse_options options;
  options.max_depth = limits::kJsonDepth;
  json::error_code error;
  json::value value = json::parse(text, error, {}, options);
  if (error == json::error::too_deep)
    return fail(Code::Invalid, fmt::format("{} nests deeper than {} levels", what, limits::kJsonDepth));
  if (error) return fail(Code::Invalid, fmt::format("{} is not JSON: {}", what, error.message()));
  return value;
}

std::string to_text(const Json& value) { return json::serialize(value); }
std::string to_text(const JsonObject& value) { return json::serialize(value); }

const Json* find(const JsonObject& object, std::string_view name) {
  const Json* member = object.if_contains(name);
  return member != nullptr && !member->is_null() ? member : nullptr;
}

const Json* find(const Json& value, std::string_view name) {
  const JsonObject* object = value.if_object();
  return object != nullptr ? find(*object, name) : nullptr;
}

std::optional<std::string_view> string_at(const Json& value, std::string_view name) {
  const Json* member = find(value, name);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return std::string_view(member->get_string());
}

std::string text_at(const Json& value, std::string_view name, std::string_view otherwise) {
  return std::string(string_at(value, name).value_or(otherwise));
}

std::optional<std::int64_t> integer_at(const Json& value, std::string_view name) {
  const Json* member = find(value, name);
  if (member == nullptr) return std::nullopt;
  if (const std::int64_t* number = member->if_int64()) return *number;
  if (const double* number = member->if_double(); number != nullptr && std::abs(*number) < 9e15 && std::trunc(*number) == *number)
    return static_cast<std::int64_t>(*number);
  return std::nullopt;
}

std::optional<bool> bool_at(const Json& value, std::string_view name) {
  const Json* member = find(value, name);
  if (member == nullptr || !member->is_bool()) return std::nullopt;
  return member->get_bool();
}

const JsonArray* array_at(const Json& value, std::string_view name) {
  const Json* member = find(value, name);
  return member != nullptr ? member->if_array() : nullptr;
}

const JsonObject* object_at(const Json& value, std::string_view name) {
  const Json* member = find(value, name);
  return member != nullptr ? member->if_object() : nullptr;
}

}  // namespace zo
