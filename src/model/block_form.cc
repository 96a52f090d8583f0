#include "model/block_form.h"

#include <boost/json.hpp>
#include <set>

#include "base/text.h"
#include "model/wire_calls.h"
#include "model/wire_schema.h"

namespace zo {
namespace {

constexpr std::size_t kBriefBytes = 60;  // of a client's tool

std::string one_of(const JsonArray& values) {
  std::vector<std::string> literals;
  for (const Json& value : values) literals.push_back(to_text(Json(to_text(value))));
  return "(" + join(literals, " | ") + ")";
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

// The first sentence, or what of it fits.
std::string brief_of(std::string_view description) {
  const std::size_t end = description.find(". ");
  return one_line(end == std::string_view::npos ? description : description.substr(0, end), kBriefBytes);
}

bool is_given(const SmallForm& small, const JsonArray* required, std::string_view name) {
  if (!small.arguments.empty()) return std::ranges::find(small.arguments, name) != small.arguments.end();
  return required != nullptr && std::ranges::find(*required, Json(name)) != required->end();
}

CallForm json_form(const OfferedTool& tool) {
  CallForm form{.tool = tool.name, .block = {.word = tool.name, .brief = tool.small->brief}, .json = true, .arguments = {}};
  if (form.block.brief.empty()) form.block.brief = brief_of(tool.description);
  const Json schema = schema_json(tool.parameters);
  if (const JsonObject* properties = object_at(schema, "properties"))
    for (const auto& [name, of_value] : *properties)
      if (is_given(*tool.small, array_at(schema, "required"), name)) form.arguments.push_back({std::string(name), value_rule(of_value), example_of(of_value)});
  return form;
}

// The body of a call in that form; nothing when it is of another.
std::optional<std::string> body_in(const CallForm& form, const Json& arguments) {
  const ToolBlock& block = form.block;
  const auto whole = string_at(arguments, block.body);
  const bool has_head = !block.head.empty() && string_at(arguments, block.head).has_value();
  if (!whole || !whole->starts_with(block.before) || (block.head_needed && !block.head.empty() && !has_head)) return std::nullopt;
  std::string_view body = whole->substr(block.before.size());
  if (body.ends_with(block.after)) body.remove_suffix(block.after.size());
  else if (!trim(block.after).empty()) return std::nullopt;
  return std::string(body);
}

}  // namespace

std::string value_rule(const Json& schema) {
  if (const JsonArray* values = array_at(schema, "enum"); values != nullptr && !values->empty()) return one_of(*values);
  const std::string_view type = string_at(schema, "type").value_or("");
  if (type == "string" || type == "integer" || type == "number" || type == "boolean" || type == "object") return std::string(type);
  if (type != "array") return "value";
  const Json* items = find(schema, "items");
  return items != nullptr && string_at(*items, "type") == "string" ? "strings" : "array";
}

std::vector<CallForm> call_forms(const std::vector<OfferedTool>& tools, std::string_view choice) {
  std::vector<CallForm> forms;
  if (choice == "none") return forms;
  const bool any = choice.empty() || choice == "auto" || choice == "required";
  const auto is_offered = [&](std::string_view name) { return std::ranges::find(tools, name, &OfferedTool::name) != tools.end(); };
  std::set<std::string> words;
  const auto add = [&](CallForm form) {
    if (words.insert(form.block.word).second) forms.push_back(std::move(form));
  };
  for (const OfferedTool& tool : tools) {
    if (!tool.small || (any ? is_offered(tool.small->instead) : tool.name != choice)) continue;
    for (const ToolBlock& block : tool.small->blocks) add({tool.name, block, false, {}});
    if (tool.small->blocks.empty()) add(json_form(tool));
  }
  return forms;
}

std::string shown_form(const CallForm& form) {
  std::string shown(kFence);
  shown += form.block.word;
  if (!form.block.head.empty()) shown += " " + form.block.head_shown;
  std::string body = form.block.body_shown;
  if (form.json) {
    body = "{";
    for (const CallForm::Argument& argument : form.arguments) body += (body.size() > 1 ? "," : "") + to_text(Json(argument.name)) + ":" + argument.example;
    body += "}";
  }
  return shown + "\n" + body + "\n" + std::string(kFence) + "\n" + form.block.brief + ".\n";
}

std::string written_call(const std::vector<CallForm>& forms, const ModelCall& call) {
  const Json arguments = parse_json(object_arguments(call.arguments), "arguments").value_or(JsonObject{});
  const CallForm* best = nullptr;
  std::string body;
  for (const CallForm& form : forms) {
    if (form.tool != call.name || form.json) continue;
    std::optional<std::string> fits = body_in(form, arguments);
    if (!fits || (best != nullptr && best->block.before.size() >= form.block.before.size())) continue;
    best = &form;
    body = std::move(*fits);
  }
  std::string text(kFence);
  if (best == nullptr) return text + call.name + "\n" + to_text(arguments) + "\n" + std::string(kFence);
  text += best->block.word;
  if (const std::string head = best->block.head.empty() ? "" : text_at(arguments, best->block.head); !head.empty()) text += " " + head;
  return text + "\n" + body + (body.empty() ? "" : "\n") + std::string(kFence);
}

}  // namespace zo
