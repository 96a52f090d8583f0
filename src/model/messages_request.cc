#include <boost/json.hpp>

#include "base/text.h"
#include "model/messages.h"
#include "model/turns.h"
#include "model/wire_calls.h"
#include "model/wire_schema.h"

namespace zo {
namespace {

JsonObject text_block(std::string_view text) { return {{"type", "text"}, {"text", text}}; }

// Everything up to here is the same next time: the provider may keep it.
void mark_for_cache(JsonObject& block) { block["cache_control"] = JsonObject{{"type", "ephemeral"}}; }

// The blocks that this very host sent with that turn; empty when there are none.
JsonArray opaque_of(const ModelMessage& message, const Quirks& quirks) {
  if (message.opaque.empty()) return {};
  auto opaque = parse_json(message.opaque, "opaque fields");
  if (!opaque || string_at(*opaque, "dialect") != "messages" || string_at(*opaque, "host").value_or(quirks.host) != quirks.host) return {};
  const JsonArray* content = array_at(*opaque, "content");
  return content != nullptr ? *content : JsonArray{};
}

// The turns as the dialect wants them: user and assistant alternate, and the results of a turn's calls come first in the
// next user turn.
class Turns {
 public:
  explicit Turns(const Quirks& quirks) : quirks_(quirks), ids_(quirks.call_id_chars) {}

  void add(const ModelMessage& message) {
    switch (message.role) {
      case ModelMessage::Role::System:
      case ModelMessage::Role::User: return add_user(message);
      case ModelMessage::Role::Assistant: return add_assistant(message);
      case ModelMessage::Role::Tool: return add_result(message);
    }
  }

  JsonArray finish() {
    for (auto turn = turns_.rbegin(); turn != turns_.rend(); ++turn)
      if (string_at(*turn, "role") == "user") {
        mark_for_cache(turn->at("content").get_array().back().get_object());
        break;
      }
    return std::move(turns_);
  }

 private:
  JsonArray& content_of(std::string_view role) {
    if (turns_.empty() || string_at(turns_.back(), "role") != role)
      turns_.push_back(JsonObject{{"role", role}, {"content", JsonArray{}}});
    return turns_.back().at("content").get_array();
  }

  void add_user(const ModelMessage& message) {
    content_of("user").push_back(text_block(message.text));
  }

  void add_assistant(const ModelMessage& message) {
    JsonArray blocks = opaque_of(message, quirks_);
    const bool kept = !blocks.empty();
    if (!kept && !trim(message.text).empty()) blocks.push_back(text_block(message.text));
    std::set<std::string> placed;
    JsonArray content;
    for (Json& block : blocks) {
      if (string_at(block, "type") != "tool_use") content.push_back(std::move(block));
      else if (const ModelCall* call = call_of(message, block); call != nullptr && placed.insert(call->id).second)
        content.push_back(call_block(*call, std::move(block.get_object())));
    }
    for (const ModelCall& call : message.calls)
      if (!placed.contains(call.id)) content.push_back(call_block(call));
    if (content.empty()) return;
    JsonArray& turn = content_of("assistant");
    turn.insert(turn.end(), content.begin(), content.end());
  }

  void add_result(const ModelMessage& message) {
    JsonObject block{{"type", "tool_result"}, {"tool_use_id", ids_.of_result(message.call_id)}};
    if (!trim(message.text).empty()) block["content"] = message.text;
    if (message.is_error) block["is_error"] = true;
    JsonArray& content = content_of("user");
    const auto first_text = std::ranges::find_if(content, [](const Json& b) { return string_at(b, "type") != "tool_result"; });
    content.insert(first_text, std::move(block));
  }

  static const ModelCall* call_of(const ModelMessage& message, const Json& block) {
    for (const ModelCall& call : message.calls)
      if (string_at(block, "id") == call.id) return &call;
    return nullptr;
  }

  // `block` is the one that came, of which other members go back as they are.
  JsonObject call_block(const ModelCall& call, JsonObject block = {}) {
    auto input = parse_json(object_arguments(call.arguments), "arguments");
    block["type"] = "tool_use";
    block["id"] = ids_.of_call(call.id);
    block["name"] = call.name;
    block["input"] = input ? std::move(*input) : Json(JsonObject{});
    return block;
  }

  const Quirks& quirks_;
  CallIds ids_;
  JsonArray turns_;
};

// `mark_last`: all that stands before the end of the tools is kept in the provider's cache.
std::string tools_text(const std::vector<OfferedTool>& tools, bool mark_last) {
  std::string out = "[";
  for (const OfferedTool& tool : tools) {
    append_tool(out, tool, "input_schema");
    if (mark_last && &tool == &tools.back()) out.insert(out.size() - 1, R"(,"cache_control":{"type":"ephemeral"})");
    out += ',';
  }
  out.back() = ']';
  return out;
}

JsonObject tool_choice(const std::string& choice) {
  if (choice == "auto" || choice == "none") return {{"type", choice}};
  if (choice == "required") return {{"type", "any"}};
  return {{"type", "tool"}, {"name", choice}};
}

void add_sampling(JsonObject& body, const ModelRequest& request) {
  // Newer models take one of the two, and the scale ends at 1.
  if (request.temperature) body["temperature"] = std::min(*request.temperature, 1.0);
  else if (request.top_p) body["top_p"] = *request.top_p;
}

}  // namespace

std::string messages_request_body(const ModelRequest& request, const Quirks& quirks, int tokens_max) {
  Fitted fitted;
  fit(request, quirks, fitted);
  const std::vector<OfferedTool>& tools = *fitted.tools;
  JsonObject body{{"model", request.model}, {"max_tokens", request.tokens_max.value_or(tokens_max)}, {"stream", true}};
  const bool has_system = !trim(fitted.system).empty();
  if (has_system) {
    JsonObject block = text_block(fitted.system);
    mark_for_cache(block);
    body["system"] = JsonArray{std::move(block)};
  }
  if (!tools.empty() && !request.tool_choice.empty() && quirks.tool_choice) body["tool_choice"] = tool_choice(request.tool_choice);
  Turns turns(quirks);
  for (const ModelMessage& message : fitted.messages) turns.add(message);
  body["messages"] = turns.finish();
  if (fitted.response_schema) {
    JsonObject format{{"type", "json_schema"}, {"schema", schema_json(request.response_schema)}};
    body["output_config"] = JsonObject{{"format", std::move(format)}};
  }
  if (quirks.sampling) add_sampling(body, request);
  if (!request.stop.empty() && quirks.stop) body["stop_sequences"] = JsonArray(request.stop.begin(), request.stop.end());
  return tools.empty() ? to_text(body) : text_with(body, "tools", tools_text(tools, !has_system));
}

}  // namespace zo
