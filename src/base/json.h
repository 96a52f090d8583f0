// The one door to JSON. Parsing is bounded (bytes, depth) and refuses what is not UTF-8; reading a field never throws.
// Include <boost/json.hpp> in the .cc files that build objects; this header keeps it out of everyone else's.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"

namespace zo {

using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

// `what` begins the message of the error: "the request body", "arguments of tool 'shell'".
Result<Json> parse_json(std::string_view text, std::string_view what, std::size_t bytes_max = limits::kJsonBytes);
// Compact, valid UTF-8 provided that the strings in it are.
std::string to_text(const Json& value);
std::string to_text(const JsonObject& value);

// The member, or nullptr when `value` is no object, has no such member, or has null there.
const Json* find(const Json& value, std::string_view name);
const Json* find(const JsonObject& object, std::string_view name);
// The member as a plain value; nothing, or `otherwise`, when absent or of another type. Numbers that are whole read as integers.
std::optional<std::string_view> string_at(const Json& value, std::string_view name);
std::string text_at(const Json& value, std::string_view name, std::string_view otherwise = {});
std::optional<std::int64_t> integer_at(const Json& value, std::string_view name);
std::optional<bool> bool_at(const Json& value, std::string_view name);
const JsonArray* array_at(const Json& value, std::string_view name);
const JsonObject* object_at(const Json& value, std::string_view name);
// An object would become a temporary value, and what is read would point into it: use find().
std::optional<std::string_view> string_at(const JsonObject&, std::string_view) = delete;
std::string text_at(const JsonObject&, std::string_view, std::string_view = {}) = delete;
std::optional<std::int64_t> integer_at(const JsonObject&, std::string_view) = delete;
std::optional<bool> bool_at(const JsonObject&, std::string_view) = delete;
const JsonArray* array_at(const JsonObject&, std::string_view) = delete;
const JsonObject* object_at(const JsonObject&, std::string_view) = delete;

}  // namespace zo
