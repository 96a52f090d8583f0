#include <boost/json.hpp>

#include "base/text.h"
#include "model/chat.h"
#include "model/turns.h"
#include "model/wire_calls.h"
#include "model/wire_schema.h"

namespace zo {
namespace {

// The fields that this very host sent with that turn, as they came.
JsonObject opaque_of(const ModelMessage& message, const Quirks& quirks) {
  if (message.opaque.empty()) return {};
  auto opaque = parse_json(message.opaque, "opaque fields");
  if (!opaque || string_at(*opaque, "dialect") != "chat" || string_at(*opaque, "host").value_or(quirks.host) != quirks.host) return {};
  return std::move(opaque->get_object());
}

void add_members(JsonObject& object, const Json* members) {
  if (members == nullptr || !members->is_object()) return;
  for (const auto& member : members->get_object()) object.emplace(member.key(), member.value());
}

JsonObject assistant_turn(const ModelMessage& message, const Quirks& quirks, CallIds& ids) {
  const JsonObject opaque = opaque_of(message, quirks);
  JsonObject turn{{"role", "assistant"}};
  if (message.text.empty() && !message.calls.empty()) turn["content"] = nullptr;
  else turn["content"] = message.text;
  JsonArray calls;
  for (const ModelCall& call : message.calls) {
    JsonObject function{{"name", call.name}, {"arguments", object_arguments(call.arguments)}};
    JsonObject item{{"id", ids.of_call(call.id)}, {"type", "function"}, {"function", std::move(function)}};
    if (const Json* extras = find(opaque, "calls")) add_members(item, find(*extras, call.id));
    calls.push_back(std::move(item));
  }
  if (!calls.empty()) turn["tool_calls"] = std::move(calls);
  add_members(turn, find(opaque, "message"));
  return turn;
}

// Where a call is told as text, its result names none.
JsonObject result_turn(const ModelMessage& message, CallIds& ids) {
  JsonObject turn{{"role", "tool"}};
  if (!message.call_id.empty()) turn["tool_call_id"] = ids.of_result(message.call_id);
  turn["content"] = message.text;
  return turn;
}

JsonArray turns(const Fitted& fitted, const Quirks& quirks) {
  JsonArray out;
  if (!fitted.system.empty()) out.push_back(JsonObject{{"role", "system"}, {"content", fitted.system}});
  CallIds ids(quirks.call_id_chars);
  for (const ModelMessage& message : fitted.messages) switch (message.role) {
      case ModelMessage::Role::User:
        out.push_back(JsonObject{{"role", "user"}, {"content", message.text}});
        break;
      case ModelMessage::Role::Assistant:
        out.push_back(assistant_turn(message, quirks, ids));
        break;
      case ModelMessage::Role::System:
        out.push_back(JsonObject{{"role", "system"}, {"content", message.text}});
        break;
      case ModelMessage::Role::Tool:
        out.push_back(result_turn(message, ids));
        break;
    }
  return out;
}

std::string tools_text(const std::vector<OfferedTool>& tools) {
  std::string out = "[";
  for (const OfferedTool& tool : tools) {
    out += R"({"type":"function","function":)";
    append_tool(out, tool, "parameters");
    out += "},";
  }
  out.back() = ']';
  return out;
}

Json tool_choice(const std::string& choice) {
  if (choice == "auto" || choice == "none" || choice == "required") return Json(choice);
  return JsonObject{{"type", "function"}, {"function", JsonObject{{"name", choice}}}};
}

Json response_format(const std::string& schema) {
  Json parsed = schema_json(schema);
  const bool strict = is_strict_schema(parsed);
  JsonObject format{{"name", "answer"}, {"schema", std::move(parsed)}};
  if (strict) format["strict"] = true;
  return JsonObject{{"type", "json_schema"}, {"json_schema", std::move(format)}};
}

}  // namespace

std::string chat_request_body(const ModelRequest& request, const Quirks& quirks) {
  Fitted fitted;
  fit(request, quirks, fitted);
  const std::vector<OfferedTool>& tools = *fitted.tools;
  JsonObject body{{"model", request.model}, {"messages", turns(fitted, quirks)}, {"stream", true}};
  if (quirks.stream_options) body["stream_options"] = JsonObject{{"include_usage", true}};
  if (!tools.empty() && !request.tool_choice.empty() && quirks.tool_choice) body["tool_choice"] = tool_choice(request.tool_choice);
  if (!tools.empty() && !quirks.parallel_calls) body["parallel_tool_calls"] = false;
  if (fitted.response_schema) body["response_format"] = response_format(request.response_schema);
  if (!request.grammar.empty()) body["grammar"] = request.grammar;
  if (!request.grammar_schema.empty()) body["json_schema"] = schema_json(request.grammar_schema);
  if (request.keeps_prefix) body["cache_prompt"] = true;
  if (request.tokens_max) body[quirks.tokens_field] = *request.tokens_max;
  if (request.temperature && quirks.sampling) body["temperature"] = *request.temperature;
  if (request.top_p && quirks.sampling) body["top_p"] = *request.top_p;
  if (!request.stop.empty() && quirks.stop) body["stop"] = JsonArray(request.stop.begin(), request.stop.end());
  return tools.empty() ? to_text(body) : text_with(body, "tools", tools_text(tools));
}

}  // namespace zo
