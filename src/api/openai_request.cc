#include "api/openai_request.h"

#include <boost/json.hpp>

#include "api/reply.h"

namespace zo {
namespace {

Error invalid(std::string message) { return {Code::Invalid, std::move(message), ""}; }

// A string, or a list of parts of type text.
Result<std::string> content_text(const Json* content, std::size_t index) {
  if (content == nullptr) return std::string();
  if (content->is_string()) return std::string(std::string_view(content->get_string()));
  if (!content->is_array()) return std::unexpected(invalid(fmt::format("messages[{}].content must be a string or a list of parts", index)));
  std::string text;
  for (const Json& part : content->get_array()) {
    const std::string_view type = string_at(part, "type").value_or("");
    if (type != "text" && type != "input_text" && type != "refusal")
      return std::unexpected(invalid(fmt::format("messages[{}] has a part of type '{}'; only text is supported", index, type)));
    text += string_at(part, "text").value_or("");
  }
  return text;
}

Result<std::vector<ModelCall>> read_calls(const Json& message, std::size_t index) {
  std::vector<ModelCall> calls;
  const JsonArray* list = array_at(message, "tool_calls");
  if (list == nullptr) return calls;
  for (const Json& call : *list) {
    const Json* function = find(call, "function");
    const auto name = function != nullptr ? string_at(*function, "name") : std::nullopt;
    if (!name) return std::unexpected(invalid(fmt::format("messages[{}].tool_calls: a call has no function.name", index)));
    calls.push_back({text_at(call, "id"), std::string(*name), std::string(string_at(*function, "arguments").value_or("{}"))});
  }
  return calls;
}

// Reasoning that a client echoes goes back to the provider unchanged.
std::string echoed_fields(const JsonObject& message) {
  if (const Json* details = find(message, "reasoning_details"); details != nullptr && details->is_array())
    for (const Json& item : details->get_array())
      if (string_at(item, "format") == kKeptFormat) return text_at(item, "data");
  JsonObject fields;
  for (const auto& [name, value] : message)
    if (name == "reasoning_content" || name == "reasoning" || name == "reasoning_details" || name == "extra_content") fields[name] = value;
  return fields.empty() ? "" : to_text(JsonObject{{"dialect", "chat"}, {"message", std::move(fields)}});
}

Result<> read_message(const Json& value, std::size_t index, ModelRequest& request) {
  const std::string_view role = string_at(value, "role").value_or("");
  ZO_TRY(std::string text, content_text(find(value, "content"), index));
  if (role == "system" || role == "developer") {
    request.instructions += (request.instructions.empty() ? "" : "\n\n") + text;
    return {};
  }
  ModelMessage message;
  message.text = std::move(text);
  if (role == "assistant") {
    message.role = ModelMessage::Role::Assistant;
    ZO_TRY(message.calls, read_calls(value, index));
    message.opaque = echoed_fields(value.get_object());
  } else if (role == "tool") {
    message.role = ModelMessage::Role::Tool;
    message.call_id = text_at(value, "tool_call_id");
    for (const ModelMessage& earlier : request.messages)
      for (const ModelCall& call : earlier.calls)
        if (call.id == message.call_id) message.call_name = call.name;
    if (message.call_name.empty())
      return std::unexpected(invalid(fmt::format("messages[{}].tool_call_id '{}' answers no tool call before it", index, message.call_id)));
  } else if (role != "user") {
    return std::unexpected(invalid(fmt::format("messages[{}].role is '{}', allowed: system, developer, user, assistant, tool", index, role)));
  }
  request.messages.push_back(std::move(message));
  return {};
}

Result<> read_tools(const JsonObject& body, ModelRequest& request) {
  const Json* tools = find(body, "tools");
  if (tools == nullptr) return {};
  if (!tools->is_array()) return std::unexpected(invalid("tools must be a list"));
  for (const Json& tool : tools->get_array()) {
    const Json* function = find(tool, "function");
    const auto name = function != nullptr ? string_at(*function, "name") : std::nullopt;
    if (string_at(tool, "type") != "function" || !name) return std::unexpected(invalid("tools: each must have type 'function' and function.name"));
    const Json* parameters = find(*function, "parameters");
    if (parameters != nullptr && !parameters->is_object()) return std::unexpected(invalid("tools: function.parameters must be an object, a JSON Schema"));
    request.tools.push_back({.name = std::string(*name),
                             .description = text_at(*function, "description"),
                             .parameters = parameters != nullptr ? to_text(*parameters) : R"({"type":"object","properties":{}})",
                             .small = SmallForm{}});
  }
  if (const Json* choice = find(body, "tool_choice")) {
    const Json* function = find(*choice, "function");
    request.tool_choice = choice->is_string() ? std::string(std::string_view(choice->get_string()))
                                              : std::string(function != nullptr ? string_at(*function, "name").value_or("") : "");
  }
  return {};
}

Result<std::optional<double>> number_in(const JsonObject& body, std::string_view field, double low, double high) {
  const Json* value = find(body, field);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) {
    const double number = value->to_number<double>();
    if (number >= low && number <= high) return number;
  }
  return std::unexpected(invalid(fmt::format("'{}' must be a number from {} to {}", field, low, high)));
}

Result<> read_settings(const JsonObject& body, ModelRequest& request) {
  ZO_TRY(request.temperature, number_in(body, "temperature", 0, 2));
  ZO_TRY(request.top_p, number_in(body, "top_p", 0, 1));
  const char* tokens_field = body.contains("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
  ZO_TRY(const std::optional<double> tokens, number_in(body, tokens_field, 1, 1'000'000));
  if (tokens) request.tokens_max = static_cast<int>(*tokens);
  ZO_TRY(const std::optional<double> choices, number_in(body, "n", 1, 128));
  if (choices && *choices > 1) return std::unexpected(invalid("'n' above 1 is not supported"));
  if (const Json* stop = find(body, "stop")) {
    if (stop->is_string()) request.stop = {std::string(std::string_view(stop->get_string()))};
    else if (Result<std::vector<std::string>> list = text_list(body, "stop")) request.stop = std::move(*list);
    else return std::unexpected(list.error());
  }
  const Json* format = find(body, "response_format");
  if (format == nullptr || string_at(*format, "type") == "text") return {};
  if (string_at(*format, "type") == "json_object") {
    request.response_schema = R"({"type":"object"})";
    return {};
  }
  const Json* wrapped = find(*format, "json_schema");
  const Json* schema = wrapped != nullptr ? find(*wrapped, "schema") : nullptr;
  if (schema == nullptr) return std::unexpected(invalid("response_format must be text, json_object, or json_schema with a schema"));
  request.response_schema = to_text(*schema);
  return {};
}

}  // namespace

Result<ChatCompletion> read_chat_completion(const ApiRequest& request) {
  ZO_TRY(const JsonObject body, body_of(request));
  ChatCompletion wanted;
  ZO_TRY(wanted.model, required_text(body, "model"));
  wanted.agent = wanted.model == "zo";
  ZO_TRY(wanted.stream, truth_of(body, "stream"));
  ZO_TRY(wanted.background, truth_of(body, "background"));
  if (const Json* options = find(body, "stream_options")) wanted.include_usage = bool_at(*options, "include_usage").value_or(false);
  const Json* messages = find(body, "messages");
  if (messages == nullptr || !messages->is_array() || messages->get_array().empty())
    return std::unexpected(invalid("messages must be a list with at least one message"));
  std::size_t index = 0;
  for (const Json& message : messages->get_array()) ZO_OK(read_message(message, index++, wanted.request));
  ZO_OK(read_tools(body, wanted.request));
  ZO_OK(read_settings(body, wanted.request));
  wanted.conversation = std::string(request.http.header("x-chat-id"));
  if (const Json* metadata = find(body, "metadata"); metadata != nullptr && wanted.conversation.empty())
    wanted.conversation = text_at(*metadata, "conversation_id");
  if (!wanted.agent) return wanted;
  if (!wanted.request.tools.empty())
    return std::unexpected(Error{Code::Invalid, "the model 'zo' runs its own tools and does not take a client's yet", "leave tools out, or name a model as provider/model"});
  if (wanted.request.messages.empty() || wanted.request.messages.back().role != ModelMessage::Role::User)
    return std::unexpected(invalid("the last message must be the user's"));
  return wanted;
}

}  // namespace zo
