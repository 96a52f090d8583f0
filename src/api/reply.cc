#include "api/reply.h"

#include <boost/json.hpp>

#include "api/wire/records.h"
#include "base/text.h"

namespace zo {
namespace {

std::string_view openai_type(int status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

JsonObject error_body(const Error& error, ErrorShape shape, int status, std::string_view code) {
  const std::string text = sentence(error);
  switch (shape) {
    case ErrorShape::Ours: {
      JsonObject inner = to_json(error);
      inner["code"] = code;
      return {{"error", std::move(inner)}};
    }
    case ErrorShape::Zo:
      // FastAPI's shape for what does not validate, a plain sentence for the rest.
      if (status == 422) return {{"detail", JsonArray{JsonObject{{"loc", JsonArray{"body"}}, {"msg", text}, {"type", "value_error"}}}}};
      return {{"error", text}};
    case ErrorShape::OpenAi:
      return {{"error", JsonObject{{"message", text}, {"type", openai_type(status)}, {"param", nullptr}, {"code", code}}}};
  }
  return {};
}

HttpReply told(const Error& error, ErrorShape shape) {
  // OpenAI's clients take 422 for a fault of the server; what is wrong with a request is 400 there.
  const int status = shape == ErrorShape::OpenAi && error.code == Code::Invalid ? 400 : http_status(error.code);
  return json_reply(error_body(error, shape, status, code_name(error.code)), status);
}

Error wrong_type(std::string_view field, std::string_view expected) {
  return {Code::Invalid, fmt::format("the field '{}' must be {}", field, expected), ""};
}

}  // namespace

HttpReply json_reply(const JsonObject& body, int status) {
  return {status, {{"Content-Type", "application/json"}}, to_text(body)};
}

HttpReply empty_reply() { return {204, {}, ""}; }

HttpReply error_reply(const Error& error, ErrorShape shape) {
  HttpReply reply = told(error, shape);
  if (error.code == Code::Exhausted || error.code == Code::Unavailable || error.code == Code::RateLimited) reply.headers.push_back({"Retry-After", "2"});
  return reply;
}

HttpReply final_error_reply(const Error& error, ErrorShape shape) {
  HttpReply reply = told(error, shape);
  reply.headers.push_back({"x-should-retry", "false"});
  return reply;
}

HttpReply unauthenticated(ErrorShape shape, std::string message) {
  const Error error{Code::Denied, std::move(message), "send `authorization: Bearer TOKEN`; zo token create makes one"};
  HttpReply reply = json_reply(error_body(error, shape, 401, "unauthenticated"), 401);
  reply.headers.push_back({"WWW-Authenticate", "Bearer"});
  return reply;
}

Result<JsonObject> body_of(const ApiRequest& request) {
  if (request.http.body.empty()) return JsonObject{};
  ZO_TRY(Json value, parse_json(request.http.body, "the request body", limits::kHttpBodyBytes));
  if (!value.is_object()) return fail(Code::Invalid, "the request body must be a JSON object");
  return std::move(value.get_object());
}

Result<std::string> required_text(const JsonObject& body, std::string_view field) {
  ZO_TRY(std::optional<std::string> value, optional_text(body, field));
  if (value) return std::move(*value);
  return fail(Code::Invalid, fmt::format("the field '{}' is missing", field));
}

Result<std::optional<std::string>> optional_text(const JsonObject& body, std::string_view field) {
  const Json* value = find(body, field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) return std::unexpected(wrong_type(field, "a string"));
  return std::string(std::string_view(value->get_string()));
}

Result<bool> truth_of(const JsonObject& body, std::string_view field) {
  const Json* value = find(body, field);
  if (value == nullptr) return false;
  if (!value->is_bool()) return std::unexpected(wrong_type(field, "true or false"));
  return value->get_bool();
}

Result<std::vector<std::string>> text_list(const JsonObject& body, std::string_view field) {
  std::vector<std::string> items;
  const Json* value = find(body, field);
  if (value == nullptr) return items;
  if (!value->is_array()) return std::unexpected(wrong_type(field, "a list of strings"));
  for (const Json& item : value->get_array()) {
    if (!item.is_string()) return std::unexpected(wrong_type(field, "a list of strings"));
    items.emplace_back(std::string_view(item.get_string()));
  }
  return items;
}

Result<std::int64_t> number_of(const ApiRequest& request, std::string_view parameter, std::int64_t otherwise) {
  const std::optional<std::string> text = request.parameter(parameter);
  if (!text || text->empty()) return otherwise;
  if (const auto number = to_whole_number(*text); number && std::in_range<std::int64_t>(*number)) return static_cast<std::int64_t>(*number);
  return fail(Code::Invalid, fmt::format("'{}' must be a whole number, not '{}'", parameter, *text));
}

Result<std::optional<std::int64_t>> cursor_of(const ApiRequest& request) {
  if (const auto after = request.parameter("after"); after && !after->empty()) return number_of(request, "after", 0);
  const std::string last(request.http.header("last-event-id"));
  return last.empty() ? std::nullopt : std::optional<std::int64_t>(std::atoll(last.c_str()));
}

Result<std::size_t> limit_of(const ApiRequest& request) {
  ZO_TRY(const std::int64_t limit, number_of(request, "limit", limits::kPageItemsDefault));
  if (limit < 1 || limit > static_cast<std::int64_t>(limits::kPageItems))
    return fail(Code::Invalid, fmt::format("limit is {}, allowed 1 to {}", limit, limits::kPageItems));
  return static_cast<std::size_t>(limit);
}

}  // namespace zo
