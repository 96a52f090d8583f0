#include "model/schema_turn.h"

#include <fmt/core.h>

#include <array>
#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "model/schema_grammar.h"
#include "model/wire_calls.h"
#include "model/wire_schema.h"

namespace zo {
namespace {

constexpr int kAnswerTokens = 1'024;
constexpr std::size_t kCallsAtMost = 8;              // for one question of a person
constexpr std::size_t kBriefBytes = 60;              // of a client's tool
constexpr std::size_t kInstructionBytes = 2'000;     // of a client, beside tools; more would leave no room for the conversation
constexpr std::size_t kCallIdsTried = 1'000'000;

constexpr std::string_view kHead = "You are Zo, an assistant with a Linux computer. Each turn is one JSON object, one of:\n";
constexpr std::string_view kRule =
    "{\"reply\":\"…\"} answer the person\n"
    "Use a tool for this computer: its files, clock, disk, programs. Never guess these. Reply at once to greetings, general "
    "knowledge, writing and explaining. After a result, reply with what was asked, copying facts exactly.";
constexpr std::string_view kPlain = "You are Zo, an assistant. Answer briefly.";

// Turns that never were: they teach more than any description. One whose tool is not offered is left out.
struct Example {
  std::string_view tool;
  std::string_view question;
  std::string_view call;
  std::string_view result;
  std::string_view reply;
};
constexpr std::array kExamples = {
    Example{"shell", "what is the date?", R"({"shell":{"command":"date"}})", "Mon Jun 2 09:14:07 UTC 2025", "It is Monday, June 2, 09:14 UTC."},
    Example{"shell", "add tea to list.txt", R"({"shell":{"command":"echo 'tea' >> list.txt"}})", "(no output)", "I added tea to list.txt."},
    Example{"list_files", "what is in music?", R"({"list_files":{"path":"music"}})", "a.mp3\nb.ogg", "music has a.mp3 and b.ogg."},
    Example{"", "who wrote Hamlet?", "", "", "William Shakespeare."},
    Example{"", "write two lines about tea", "", "", "Steam curls from the cup,\nthe morning slows down."},
};

using Role = ModelMessage::Role;
using Messages = std::vector<ModelMessage>;

ModelMessage message(Role role, std::string_view text) { return {.role = role, .text = std::string(text)}; }

std::string reply_object(std::string_view text) { return to_text(JsonObject{{"reply", text}}); }

// Compact, and without escapes that are not needed: they cost many tokens.
std::string call_object(const ModelCall& call) {
  Result<Json> arguments = parse_json(object_arguments(call.arguments), "arguments");
  return to_text(JsonObject{{call.name, arguments ? std::move(*arguments) : Json(JsonObject{})}});
}

// The first sentence, or what of it fits.
std::string brief_of(std::string_view description) {
  const std::size_t end = description.find(". ");
  return one_line(end == std::string_view::npos ? description : description.substr(0, end), kBriefBytes);
}

std::string example_of(const Json& schema) {
  if (const JsonArray* values = array_at(schema, "enum"); values != nullptr && !values->empty()) return to_text(values->front());
  const std::string_view type = string_at(schema, "type").value_or("");
  if (type == "integer" || type == "number") return "0";
  if (type == "boolean") return "true";
  if (type == "array") return "[]";
  if (type == "object") return "{}";
  return "\"…\"";
}

SmallTool::Argument argument_of(std::string_view name, std::string_view example, const Json& schema) {
  const Json* properties = find(schema, "properties");
  const Json* own = properties != nullptr ? find(*properties, name) : nullptr;
  const Json text = JsonObject{{"type", "string"}};
  const Json& of_value = own != nullptr ? *own : text;
  return {std::string(name), value_rule(of_value), example.empty() ? example_of(of_value) : to_text(Json(example))};
}

// "edit_file{path,old,new}: replace text in a file"; "{path=.}" gives an example of the argument. False when it is of no such form.
bool read_brief(std::string_view brief, const Json& schema, SmallTool& tool) {
  const std::size_t open = brief.find('{');
  const std::size_t close = brief.find("}: ", std::min(open, brief.size()));
  if (close == std::string_view::npos) return false;
  for (const std::string_view argument : split(brief.substr(open + 1, close - open - 1), ',')) {
    const std::size_t equals = std::min(argument.find('='), argument.size());
    const std::string_view example = argument.substr(std::min(equals + 1, argument.size()));
    if (!argument.empty()) tool.arguments.push_back(argument_of(argument.substr(0, equals), example, schema));
  }
  tool.brief = brief.substr(close + 3);
  tool.of_house = true;
  return true;
}

// A client's tool has no brief of that form: it is offered with the arguments that it requires.
void read_schema(const OfferedTool& spec, const Json& schema, SmallTool& tool) {
  const JsonObject* properties = object_at(schema, "properties");
  const JsonArray* required = array_at(schema, "required");
  if (properties != nullptr && required != nullptr)
    for (const auto& property : *properties)
      if (std::ranges::find(*required, Json(property.key())) != required->end())
        tool.arguments.push_back(argument_of(property.key(), "", schema));
  tool.brief = brief_of(spec.description);
}

SmallTool small_tool(const OfferedTool& spec) {
  SmallTool tool{.name = spec.name};
  const Json schema = schema_json(spec.parameters);
  if (!read_brief(spec.brief, schema, tool)) read_schema(spec, schema, tool);
  return tool;
}

// A tool named like the reply could not be told from it.
std::vector<SmallTool> small_tools(const std::vector<OfferedTool>& specs, std::string_view choice = {}) {
  std::vector<SmallTool> tools;
  if (choice == "none") return tools;
  const bool any = choice.empty() || choice == "auto" || choice == "required";
  for (const OfferedTool& spec : specs)
    if (!spec.brief.empty() && spec.name != "reply" && (any || spec.name == choice)) tools.push_back(small_tool(spec));
  return tools;
}

std::vector<SmallTool> small_tools(const ModelRequest& request) { return small_tools(request.tools, request.tool_choice); }

std::string tool_line(const SmallTool& tool) {
  std::string line = "{" + to_text(Json(tool.name)) + ":{";
  for (const SmallTool::Argument& argument : tool.arguments) {
    if (&argument != &tool.arguments.front()) line += ",";
    line += to_text(Json(argument.name)) + ":" + argument.example;
  }
  return line + "}} " + tool.brief + "\n";
}

bool is_offered(const std::vector<SmallTool>& tools, std::string_view name) {
  return name.empty() || std::ranges::any_of(tools, [&](const SmallTool& tool) { return tool.of_house && tool.name == name; });
}

Messages fixed_messages(const std::vector<SmallTool>& tools) {
  std::string system(kHead);
  for (const SmallTool& tool : tools) system += tool_line(tool);
  system += kRule;
  Messages messages{message(Role::System, system)};
  for (const Example& example : kExamples) {
    if (!is_offered(tools, example.tool)) continue;
    messages.push_back(message(Role::User, example.question));
    if (!example.call.empty()) messages.push_back(message(Role::Assistant, example.call));
    if (!example.call.empty()) messages.push_back(message(Role::Tool, example.result));
    messages.push_back(message(Role::Assistant, reply_object(example.reply)));
  }
  return messages;
}

// One call a turn, with its result behind it, however many the model that made them made at once.
void add_history(const std::vector<ModelMessage>& history, bool as_objects, Messages& messages) {
  const std::vector<ModelCall>* calls = nullptr;
  for (const ModelMessage& turn : history) {
    if (turn.role == ModelMessage::Role::User) {
      messages.push_back(message(Role::User, turn.text));
    } else if (turn.role == ModelMessage::Role::Assistant) {
      calls = &turn.calls;
      if (calls->empty()) messages.push_back(message(Role::Assistant, as_objects ? reply_object(turn.text) : turn.text));
    } else if (calls != nullptr) {
      const auto call = std::ranges::find(*calls, turn.call_id, &ModelCall::id);
      if (call == calls->end()) continue;
      messages.push_back(message(Role::Assistant, call_object(*call)));
      messages.push_back(message(Role::Tool, turn.text.empty() ? "(no output)" : std::string_view(turn.text)));
    }
  }
}

// What the person or client asks of every answer stands behind the fixed beginning, so that this stays the same.
Messages tool_messages(const ModelRequest& request, const std::vector<SmallTool>& tools) {
  Messages messages = fixed_messages(tools);
  if (const std::string_view wish = trim(request.instructions); !wish.empty())
    messages.push_back(message(Role::System, head_and_tail(wish, kInstructionBytes)));
  add_history(request.messages, true, messages);
  return messages;
}

Messages plain_messages(const ModelRequest& request) {
  std::string system(trim(request.instructions));
  if (!request.system.empty()) system = std::string(kPlain) + (system.empty() ? "" : "\n") + system;
  Messages messages;
  if (!system.empty()) messages.push_back(message(Role::System, system));
  add_history(request.messages, false, messages);
  return messages;
}

void add_form(std::string_view draft, const std::string& schema, Messages& messages) {
  const std::string form = "Answer with one JSON object that fits this JSON Schema: " + schema;
  if (draft.empty()) {
    messages.push_back(message(Role::System, form));
    return;
  }
  messages.push_back(message(Role::Assistant, reply_object(draft)));
  messages.push_back(message(Role::User, form));
}

std::size_t begin_of_question(const std::vector<ModelMessage>& messages) {
  std::size_t begin = messages.size();
  while (begin > 0 && messages[begin - 1].role != ModelMessage::Role::User) --begin;
  return begin;
}

std::size_t calls_for_question(const std::vector<ModelMessage>& messages) {
  std::size_t count = 0;
  for (std::size_t i = begin_of_question(messages); i < messages.size(); ++i) count += messages[i].calls.size();
  return count;
}

}  // namespace

Turn first_turn(const ModelRequest& request) {
  if (small_tools(request).empty()) return request.response_schema.empty() ? Turn::Plain : Turn::Object;
  return calls_for_question(request.messages) >= kCallsAtMost ? Turn::Reply : Turn::Choose;
}

ModelRequest turn_request(const ModelRequest& request, Turn turn, std::string_view draft) {
  const std::vector<SmallTool> tools = small_tools(request);
  ModelRequest asked{.person = request.person, .model = request.model, .messages = tools.empty() ? plain_messages(request) : tool_messages(request, tools)};
  if (turn == Turn::Object) add_form(draft, request.response_schema, asked.messages);
  const bool must_call = request.tool_choice == "required" || (!tools.empty() && request.tool_choice == tools.front().name);
  if (turn == Turn::Choose) asked.grammar = turn_grammar(tools, must_call ? MayReply::No : MayReply::Yes);
  if (turn == Turn::Reply) asked.grammar = turn_grammar({}, MayReply::Yes);
  if (turn == Turn::Object) asked.grammar_schema = request.response_schema;
  asked.keeps_prefix = true;
  // At 0, hashes and names are copied exactly.
  asked.temperature = request.temperature.value_or(0);
  asked.top_p = request.top_p;
  if (turn == Turn::Plain) asked.stop = request.stop;
  asked.tokens_max = request.tokens_max.value_or(kAnswerTokens);
  return asked;
}

ModelRequest warm_request(const std::vector<OfferedTool>& tools) {
  return {.model = "local", .messages = fixed_messages(small_tools(tools)), .keeps_prefix = true, .tokens_max = 0, .temperature = 0};
}

std::string last_call(const ModelRequest& request) {
  const std::vector<ModelMessage>& messages = request.messages;
  for (std::size_t i = messages.size(); i > begin_of_question(messages); --i)
    if (!messages[i - 1].calls.empty()) return call_object(messages[i - 1].calls.back());
  return {};
}

std::string next_call_id(const ModelRequest& request) {
  for (std::size_t i = 0; i < kCallIdsTried; ++i) {
    std::string id = fmt::format("call_{}", request.messages.size() + i);
    const auto has_it = [&](const ModelMessage& turn) { return std::ranges::find(turn.calls, id, &ModelCall::id) != turn.calls.end(); };
    if (std::ranges::none_of(request.messages, has_it)) return id;
  }
  ZO_CHECK(false);
}

}  // namespace zo
