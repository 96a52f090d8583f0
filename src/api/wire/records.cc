#include "api/wire/records.h"

#include <boost/json.hpp>

#include "api/wire/optional.h"
#include "base/time.h"

namespace zo {
namespace {

template <class IdType>
std::optional<IdType> optional_id_at(const Json& json, std::string_view name) {
  const IdType id = IdType::stored(string_at(json, name).value_or(""));
  return id.empty() ? std::nullopt : std::optional(id);
}

std::vector<std::string> list_at(const Json& json, std::string_view name) {
  const JsonArray* items = array_at(json, name);
  return items != nullptr ? list_from_json(*items) : std::vector<std::string>{};
}

}  // namespace

JsonObject to_json(const Error& error) {
  JsonObject out{{"code", code_name(error.code)}, {"message", error.message}};
  if (!error.advice.empty()) out["try"] = error.advice;
  return out;
}

JsonObject to_json(const Conversation& c) {
  JsonObject out{{"id", c.id.text()},
                 {"title", c.title},
                 {"model", c.model ? Json(*c.model) : Json(nullptr)},
                 {"egress", c.egress},
                 {"created_at", to_rfc3339(c.created_at)},
                 {"updated_at", to_rfc3339(c.updated_at)},
                 {"active_run_id", optional_json(c.active_run_id)}};
  if (c.match) out["match_message_id"] = c.match->text();
  return out;
}

JsonObject to_json(const Message& m) {
  JsonObject out{{"id", m.id.text()},
                 {"conversation_id", m.conversation_id.text()},
                 {"run_id", optional_json(m.run_id)},
                 {"role", m.role == Message::Role::User ? "user" : "assistant"},
                 {"origin", origin_name(m.origin)},
                 {"state", message_state_name(m.state)},
                 {"position", m.position ? Json(*m.position) : Json(nullptr)},
                 {"created_at", to_rfc3339(m.created_at)},
                 {"text", m.text}};
  if (!m.reasoning.empty()) out["reasoning"] = m.reasoning;
  if (!m.files.empty()) out["files"] = boost::json::value_from(m.files);
  if (m.step) out["step"] = *m.step;
  if (m.versions > 0) out["versions"] = m.versions;
  if (!m.finish.empty()) out["finish"] = m.finish;
  if (m.usage) {
    JsonObject usage{{"input_tokens", m.usage->input_tokens}, {"output_tokens", m.usage->output_tokens}};
    if (m.usage->is_estimated) usage["estimated"] = true;
    out["usage"] = std::move(usage);
  }
  if (!m.tool_calls.empty()) {
    JsonArray calls;
    for (const ToolCall& call : m.tool_calls) calls.emplace_back(to_json(call));
    out["tool_calls"] = std::move(calls);
  }
  return out;
}

JsonObject to_json(const ToolCall& c) {
  const Result<Json> arguments = parse_json(c.arguments, "arguments");
  JsonObject out{{"id", c.id.text()},
                 {"run_id", c.run_id.text()},
                 {"message_id", c.message_id.text()},
                 {"step", c.step},
                 {"name", c.name},
                 {"arguments", arguments && arguments->is_object() ? *arguments : Json(c.arguments)},
                 {"summary", c.summary},
                 {"state", call_state_name(c.state)},
                 {"origin", origin_name(c.origin)},
                 {"output", c.output},
                 {"output_bytes", c.output_bytes},
                 {"truncated", static_cast<std::int64_t>(c.output.size()) < c.output_bytes}};
  if (c.exit_code) out["exit_code"] = *c.exit_code;
  if (c.diff) out["diff"] = *c.diff;
  if (!c.children.empty()) out["children"] = boost::json::value_from(c.children);
  if (!c.left.empty()) out["left"] = to_json(c.left);
  if (c.started_at) out["started_at"] = to_rfc3339(*c.started_at);
  if (c.elapsed_ms) out["elapsed_ms"] = *c.elapsed_ms;
  return out;
}

JsonObject to_json(const Run& r) {
  JsonObject out{{"id", r.id.text()},
                 {"conversation_id", r.conversation_id.text()},
                 {"parent_run_id", optional_json(r.parent_run_id)},
                 {"state", run_state_name(r.state)},
                 {"model", r.model},
                 {"step", r.step},
                 {"steps_max", r.steps_max},
                 {"attempt", r.attempt},
                 {"usage", JsonObject{{"input_tokens", r.input_tokens}, {"output_tokens", r.output_tokens}}},
                 {"created_at", to_rfc3339(r.created_at)},
                 {"finished_at", optional_time(r.finished_at)},
                 {"last_event", r.last_event}};
  if (r.options.replaces_from) out["replaces_from"] = *r.options.replaces_from;
  if (r.error) out["error"] = to_json(*r.error);
  return out;
}

JsonObject to_json(const ListedRun& listed) {
  JsonObject out = to_json(listed.run);
  out["question"] = listed.question;
  return out;
}

Error error_from_json(const Json& json) {
  return {code_from_name(string_at(json, "code").value_or("")), text_at(json, "message"), text_at(json, "try")};
}

Message message_from_json(const Json& json) {
  Message m;
  m.id = MessageId::stored(text_at(json, "id"));
  m.conversation_id = ConversationId::stored(text_at(json, "conversation_id"));
  m.run_id = optional_id_at<RunId>(json, "run_id");
  m.position = integer_at(json, "position");
  m.role = string_at(json, "role") == "user" ? Message::Role::User : Message::Role::Assistant;
  m.origin = origin_from_name(string_at(json, "origin").value_or(""));
  m.state = message_state_from_name(string_at(json, "state").value_or("")).value_or(m.state);
  if (const auto step = integer_at(json, "step")) m.step = static_cast<int>(*step);
  m.text = text_at(json, "text");
  m.reasoning = text_at(json, "reasoning");
  m.finish = text_at(json, "finish");
  m.files = list_at(json, "files");
  if (const Json* usage = find(json, "usage"))
    m.usage = Usage{.input_tokens = integer_at(*usage, "input_tokens").value_or(0), .output_tokens = integer_at(*usage, "output_tokens").value_or(0),
                    .is_estimated = bool_at(*usage, "estimated").value_or(false)};
  if (const JsonArray* calls = array_at(json, "tool_calls"))
    for (const Json& call : *calls) m.tool_calls.push_back(tool_call_from_json(call));
  return m;
}

ToolCall tool_call_from_json(const Json& json) {
  ToolCall c;
  c.id = ToolCallId::stored(text_at(json, "id"));
  c.run_id = RunId::stored(text_at(json, "run_id"));
  c.message_id = MessageId::stored(text_at(json, "message_id"));
  c.step = static_cast<int>(integer_at(json, "step").value_or(0));
  c.name = text_at(json, "name");
  if (const Json* arguments = find(json, "arguments")) c.arguments = to_text(*arguments);
  c.summary = text_at(json, "summary");
  c.state = call_state_from_name(string_at(json, "state").value_or(""));
  c.origin = origin_from_name(string_at(json, "origin").value_or(""));
  c.output = text_at(json, "output");
  c.output_bytes = integer_at(json, "output_bytes").value_or(0);
  c.exit_code = integer_at(json, "exit_code");
  if (const auto diff = string_at(json, "diff")) c.diff = std::string(*diff);
  c.children = list_at(json, "children");
  if (const JsonArray* left = array_at(json, "left")) c.left = left_from_json(*left);
  c.elapsed_ms = integer_at(json, "elapsed_ms");
  return c;
}

Run run_from_json(const Json& json) {
  Run r;
  r.id = RunId::stored(text_at(json, "id"));
  r.conversation_id = ConversationId::stored(text_at(json, "conversation_id"));
  r.parent_run_id = optional_id_at<RunId>(json, "parent_run_id");
  r.state = run_state_from_name(string_at(json, "state").value_or("")).value_or(RunState::Failed);
  r.model = text_at(json, "model");
  r.step = static_cast<int>(integer_at(json, "step").value_or(0));
  r.steps_max = static_cast<int>(integer_at(json, "steps_max").value_or(0));
  r.attempt = integer_at(json, "attempt").value_or(0);
  if (const Json* usage = find(json, "usage")) {
    r.input_tokens = integer_at(*usage, "input_tokens").value_or(0);
    r.output_tokens = integer_at(*usage, "output_tokens").value_or(0);
  }
  if (const Json* error = find(json, "error")) r.error = error_from_json(*error);
  r.options.replaces_from = integer_at(json, "replaces_from");
  r.last_event = integer_at(json, "last_event").value_or(0);
  return r;
}

}  // namespace zo
