#include "model/turns.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.h"
#include "model/wire_schema.h"

namespace zo {
namespace {

using Role = ModelMessage::Role;

constexpr std::string_view kNoText = "(no text)";
constexpr std::string_view kNoResult = "[there is no result: the call was cut off]";
constexpr std::string_view kBefore = "(what came before is left out)";
constexpr std::string_view kGoOn = "Go on.";
constexpr std::string_view kBridge = "I see.";  // of the assistant, between a result and the next question
constexpr std::array<std::string_view, 9> kPlainKeywords = {"type", "description", "properties", "required", "items", "enum", "minimum", "maximum", "format"};

bool is_blank(const ModelMessage& message) { return trim(message.text).empty(); }

void add_text(std::string& to, std::string_view more) {
  if (!to.empty() && !more.empty()) to += "\n\n";
  to += more;
}

class ValidTurns {
 public:
  explicit ValidTurns(const Quirks& quirks) : quirks_(quirks) {}

  void add(ModelMessage message) {
    switch (message.role) {
      case Role::System:
      case Role::User: return add_user(std::move(message));
      case Role::Assistant: return add_assistant(std::move(message));
      case Role::Tool: return add_result(std::move(message));
    }
  }

  std::vector<ModelMessage> finish() {
    close_calls();
    if (out_.empty() || out_.back().role == Role::Assistant) add_user({.text = std::string(kGoOn)});
    return std::move(out_);
  }

 private:
  struct Open {
    std::string said;  // its id, which two calls of a turn may share
    std::string id;    // and as it goes out
    std::string name;
  };
  // A system's message in the middle is refused by many: it is told as a person's.
  void add_user(ModelMessage message) {
    close_calls();
    if (is_blank(message)) message.text = kNoText;
    if (!out_.empty() && out_.back().role == Role::User) return add_text(out_.back().text, message.text);
    if (!out_.empty() && out_.back().role == Role::Tool && !quirks_.user_after_tool) out_.push_back({.role = Role::Assistant, .text = std::string(kBridge)});
    message.role = Role::User;
    out_.push_back(std::move(message));
  }

  void add_assistant(ModelMessage message) {
    if (!quirks_.tools || (!quirks_.others_calls && message.opaque.empty()))
      for (const ModelCall& call : std::exchange(message.calls, {})) add_text(message.text, fmt::format("[called {} {}]", call.name, call.arguments));
    if (is_blank(message) && message.calls.empty()) return;
    close_calls();
    if (out_.empty()) add_user({.text = std::string(kBefore)});
    open_.clear();
    for (ModelCall& call : message.calls) {
      const std::string said = call.id;
      for (int n = 2; std::ranges::find(open_, call.id, &Open::id) != open_.end(); ++n) call.id = fmt::format("{}_{}", said, n);
      open_.push_back({said, call.id, call.name});
    }
    if (out_.back().role != Role::Assistant) return out_.push_back(std::move(message));
    ModelMessage& last = out_.back();
    add_text(last.text, message.text);
    last.calls = std::move(message.calls);
    last.opaque = std::move(message.opaque);
  }

  void add_result(ModelMessage message) {
    const auto call = std::ranges::find(open_, message.call_id, &Open::said);
    if (call == open_.end()) return add_user({.text = fmt::format("[result of {}]\n{}", message.call_name.empty() ? "a call" : message.call_name, message.text)});
    message.call_id = call->id;
    open_.erase(call);
    out_.push_back(std::move(message));
  }

  // Results that never came.
  void close_calls() {
    for (const Open& call : std::exchange(open_, {}))
      out_.push_back({.role = Role::Tool, .text = std::string(kNoResult), .call_id = call.id, .call_name = call.name, .is_error = true});
  }

  const Quirks& quirks_;
  std::vector<ModelMessage> out_;
  std::vector<Open> open_;  // of the last turn, without a result
};

// One call a turn, each with its result behind it.
std::vector<ModelMessage> with_single_calls(std::vector<ModelMessage> messages) {
  std::vector<ModelMessage> out;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].calls.size() < 2) {
      out.push_back(std::move(messages[i]));
      continue;
    }
    const std::vector<ModelCall> calls = std::exchange(messages[i].calls, {});
    std::size_t end = i + 1;
    while (end < messages.size() && messages[end].role == Role::Tool) ++end;
    for (const ModelCall& call : calls) {
      ModelMessage turn{.role = Role::Assistant, .calls = {call}};
      if (&call == &calls.front()) turn.text = std::move(messages[i].text);
      out.push_back(std::move(turn));
      const auto result = std::find_if(messages.begin() + static_cast<std::ptrdiff_t>(i) + 1, messages.begin() + static_cast<std::ptrdiff_t>(end),
                                       [&](const ModelMessage& one) { return one.call_id == call.id; });
      out.push_back(std::move(*result));
    }
    i = end - 1;
  }
  return out;
}

// Of several kinds that a value may be, the first one that says something.
const Json* first_kind(const JsonObject& schema) {
  for (const char* name : {"anyOf", "oneOf", "allOf"})
    if (const JsonArray* kinds = schema.if_contains(name) != nullptr ? schema.at(name).if_array() : nullptr)
      for (const Json& kind : *kinds)
        if (kind.is_object() && string_at(kind, "type") != "null") return &kind;
  return nullptr;
}

Json plain_schema(const Json& schema) {
  const JsonObject* object = schema.if_object();
  if (object == nullptr) return schema;
  if (const Json* kind = first_kind(*object); kind != nullptr && !object->contains("type")) return plain_schema(*kind);
  JsonObject out;
  for (const std::string_view name : kPlainKeywords) {
    const Json* value = find(*object, name);
    if (value == nullptr) continue;
    if (name == "properties" && value->is_object()) {
      JsonObject properties;
      for (const auto& member : value->get_object()) properties[member.key()] = plain_schema(member.value());
      out[name] = std::move(properties);
    } else if (name == "items") {
      out[name] = plain_schema(*value);
    } else if (name == "type" && value->is_array()) {
      for (const Json& type : value->get_array())
        if (type != "null" && !out.contains("type")) out[name] = type;
    } else {
      out[name] = *value;
    }
  }
  if (const Json* only = find(*object, "const")) out["enum"] = JsonArray{*only};
  return out;
}

// What a turn's own model sent beside its text. What a client brings names no model: it goes to the one that is asked.
bool belongs_to(const std::string& opaque, const std::string& model) {
  const Result<Json> value = parse_json(opaque, "opaque fields");
  const auto of = value ? string_at(*value, "model") : std::nullopt;
  return !of || *of == model;
}

}  // namespace

std::vector<ModelMessage> valid_turns(std::vector<ModelMessage> messages, const Quirks& quirks) {
  ValidTurns turns(quirks);
  for (ModelMessage& message : messages) turns.add(std::move(message));
  messages = turns.finish();
  return quirks.parallel_calls ? messages : with_single_calls(std::move(messages));
}

void fit(const ModelRequest& request, const Quirks& quirks, Fitted& out) {
  static const std::vector<OfferedTool> none;
  out.system = system_of(request);
  out.messages = request.messages;
  out.tools = quirks.tools ? &request.tools : &none;
  out.response_schema = !request.response_schema.empty() && quirks.response_schema;
  // What is held to a grammar is written by us, turn by turn, for a server that takes it all.
  if (request.keeps_prefix) return;
  if (!request.response_schema.empty() && !quirks.response_schema) out.system += schema_in_words(request.response_schema);
  for (ModelMessage& message : out.messages)
    if (!message.opaque.empty() && (!quirks.kept_fields || !belongs_to(message.opaque, request.model))) message.opaque.clear();
  out.messages = valid_turns(std::move(out.messages), quirks);
  if (quirks.plain_schemas && quirks.tools) {
    out.plain = request.tools;
    for (OfferedTool& tool : out.plain) tool.parameters = to_text(plain_schema(schema_json(tool.parameters)));
    out.tools = &out.plain;
  }
  if (quirks.system_role || out.system.empty()) return;
  add_text(out.system, out.messages.front().text);
  out.messages.front().text = std::exchange(out.system, {});
}

}  // namespace zo
