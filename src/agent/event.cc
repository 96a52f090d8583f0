#include "agent/event.h"

#include <boost/json.hpp>

#include "base/limits.h"
#include "base/time.h"

namespace zo {
namespace {

template <class Kind>
Json optional_json(const std::optional<Id<Kind>>& id) {
  return id ? Json(id->text()) : Json(nullptr);
}
Json optional_time(const std::optional<TimeMs>& at) { return at ? Json(to_rfc3339(*at)) : Json(nullptr); }

JsonObject range(std::int64_t from, std::int64_t to) { return {{"from", from}, {"to", to}}; }

}  // namespace

JsonObject to_json(const Error& error) {
  JsonObject out{{"code", code_name(error.code)}, {"message", error.message}};
  if (!error.advice.empty()) out["try"] = error.advice;
  return out;
}

JsonObject to_json(const Conversation& c) {
  return {{"id", c.id.text()},
          {"title", c.title},
          {"model", c.model ? Json(*c.model) : Json(nullptr)},
          {"created_at", to_rfc3339(c.created_at)},
          {"updated_at", to_rfc3339(c.updated_at)},
          {"active_run_id", optional_json(c.active_run_id)}};
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
  if (!m.finish.empty()) out["finish"] = m.finish;
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
                 {"arguments", arguments ? *arguments : Json(c.arguments)},
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
  if (r.error) out["error"] = to_json(*r.error);
  return out;
}

std::string run_event(const Run& run) { return to_text(JsonObject{{"run", to_json(run)}}); }
std::string message_event(const Message& message) { return to_text(JsonObject{{"message", to_json(message)}}); }
std::string message_event(const Message& message, std::int64_t from, std::int64_t to) {
  return to_text(JsonObject{{"message", to_json(message)}, {"replaces", range(from, to)}});
}
std::string tool_event(const ToolCall& call) { return to_text(JsonObject{{"tool_call", to_json(call)}}); }
std::string text_event(int step, std::string_view text) { return to_text(JsonObject{{"step", step}, {"text", text}}); }

std::string arguments_event(int step, int index, std::string_view name, std::string_view text) {
  return to_text(JsonObject{{"step", step}, {"index", index}, {"name", name}, {"text", text}});
}

std::string partial_event(int step, std::string_view text, std::string_view reasoning, std::int64_t from, std::int64_t to) {
  return to_text(JsonObject{{"step", step}, {"text", text}, {"reasoning", reasoning}, {"replaces", range(from, to)}});
}

std::string progress_event(const ToolCallId& call, std::string_view text) {
  return to_text(JsonObject{{"tool_call_id", call.text()}, {"text", text}});
}

std::string step_event(int step) { return to_text(JsonObject{{"step", step}}); }
std::string restarted_event(int step, std::int64_t attempt) { return to_text(JsonObject{{"step", step}, {"attempt", attempt}}); }
std::string trimmed_event(std::int64_t left_out) { return to_text(JsonObject{{"messages_left_out", left_out}}); }

std::string tool_started_event(const ToolCallId& call, const std::vector<std::string>& children) {
  JsonObject out{{"tool_call_id", call.text()}};
  if (!children.empty()) out["children"] = boost::json::value_from(children);
  return to_text(out);
}

std::string model_state_event(std::string_view text) {
  return to_text(JsonObject{{"state", text.empty() ? "ready" : "loading"}, {"text", text}});
}

std::string retrying_event(int step, std::int64_t in_ms, std::string_view reason) {
  return to_text(JsonObject{{"step", step}, {"in_ms", in_ms}, {"reason", reason}});
}

}  // namespace zo
