#include "api/wire/run_event.h"

#include <boost/json.hpp>

#include "api/wire/records.h"

namespace zo {
namespace {

JsonObject range(const event::Range& replaces) { return {{"from", replaces.from}, {"to", replaces.to}}; }
JsonArray texts(const std::vector<std::string>& items) { return JsonArray(items.begin(), items.end()); }

JsonObject members(const event::RunStarted& e) { return {{"run", to_json(*e.run)}}; }
JsonObject members(const event::RunWaiting& e) { return {{"run", to_json(*e.run)}}; }
JsonObject members(const event::RunResumed& e) { return {{"run", to_json(*e.run)}}; }
JsonObject members(const event::RunFinished& e) { return {{"run", to_json(*e.run)}}; }
JsonObject members(const event::MessagePlaced& e) { return {{"message", to_json(*e.message)}}; }
JsonObject members(const event::MessageSaid& e) { return {{"message", to_json(*e.message)}, {"replaces", range(e.replaces)}}; }
JsonObject members(const event::ToolFinished& e) { return {{"tool_call", to_json(*e.call)}}; }
JsonObject members(const event::ToolAsked& e) { return {{"tool_call", to_json(*e.call)}}; }
JsonObject members(const event::ContextTrimmed& e) { return {{"messages_left_out", e.left_out}}; }
JsonObject members(const event::StepRestarted& e) { return {{"step", e.step}, {"attempt", e.attempt}}; }
JsonObject members(const event::StepStarted& e) { return {{"step", e.step}}; }
JsonObject members(const event::Text& e) { return {{"step", e.step}, {"text", e.text}}; }
JsonObject members(const event::Reasoning& e) { return {{"step", e.step}, {"text", e.text}}; }
JsonObject members(const event::ToolArguments& e) { return {{"step", e.step}, {"index", e.index}, {"name", e.name}, {"text", e.text}}; }
JsonObject members(const event::MessagePartial& e) {
  return {{"step", e.step}, {"text", e.text}, {"reasoning", e.reasoning}, {"replaces", range(e.replaces)}};
}
JsonObject members(const event::ToolStarted& e) {
  JsonObject out{{"tool_call_id", e.call.text()}};
  if (!e.children.empty()) out["children"] = texts(e.children);
  return out;
}
JsonObject members(const event::ToolProgress& e) { return {{"tool_call_id", e.call.text()}, {"text", e.text}}; }
JsonObject members(const event::ModelState& e) { return {{"state", e.text.empty() ? "ready" : "loading"}, {"text", e.text}}; }
JsonObject members(const event::Retrying& e) { return {{"step", e.step}, {"in_ms", e.in_ms}, {"reason", e.reason}}; }

std::string render(const FeedEvent<RunEvent>& event) {
  JsonObject out{{"number", event.number}};
  for (auto& [name, value] : std::visit([](const auto& what) { return members(what); }, event.what)) out.insert_or_assign(name, std::move(value));
  return to_text(out);
}

// What is read back: by the kind, from the same members.
class Reader {
 public:
  explicit Reader(const Json& data) : data_(data) {}

  std::int64_t integer(std::string_view name) const { return integer_at(data_, name).value_or(0); }
  std::string text(std::string_view name) const { return text_at(data_, name); }
  std::shared_ptr<const Run> run() const { return std::make_shared<const Run>(run_from_json(member("run"))); }
  std::shared_ptr<const Message> message() const { return std::make_shared<const Message>(message_from_json(member("message"))); }
  std::shared_ptr<const ToolCall> tool_call() const { return std::make_shared<const ToolCall>(tool_call_from_json(member("tool_call"))); }
  ToolCallId call_id() const { return ToolCallId::stored(text("tool_call_id")); }
  event::Range replaces() const {
    const Json& range = member("replaces");
    return {integer_at(range, "from").value_or(0), integer_at(range, "to").value_or(0)};
  }
  std::vector<std::string> list(std::string_view name) const {
    const JsonArray* items = array_at(data_, name);
    return items != nullptr ? list_from_json(*items) : std::vector<std::string>{};
  }

 private:
  const Json& member(std::string_view name) const {
    static const Json none;
    const Json* found = find(data_, name);
    return found != nullptr ? *found : none;
  }
  const Json& data_;
};

std::optional<RunEvent> read(std::string_view kind, const Reader& in) {
  const std::int64_t step = in.integer("step");
  if (kind == "text") return event::Text{step, in.text("text")};
  if (kind == "reasoning") return event::Reasoning{step, in.text("text")};
  if (kind == "tool_arguments") return event::ToolArguments{step, static_cast<int>(in.integer("index")), in.text("name"), in.text("text")};
  if (kind == "tool_progress") return event::ToolProgress{in.call_id(), in.text("text")};
  if (kind == "tool_started") return event::ToolStarted{in.call_id(), in.list("children")};
  if (kind == "tool_finished") return event::ToolFinished{in.tool_call()};
  if (kind == "tool_asked") return event::ToolAsked{in.tool_call()};
  if (kind == "message") return event::MessageSaid{in.message(), in.replaces()};
  if (kind == "message_placed") return event::MessagePlaced{in.message()};
  if (kind == "message_partial") return event::MessagePartial{step, in.text("text"), in.text("reasoning"), in.replaces()};
  if (kind == "step_started") return event::StepStarted{step};
  if (kind == "step_restarted") return event::StepRestarted{step, in.integer("attempt")};
  if (kind == "context_trimmed") return event::ContextTrimmed{in.integer("messages_left_out")};
  if (kind == "model_state") return event::ModelState{in.text("text")};
  if (kind == "retrying") return event::Retrying{step, in.integer("in_ms"), in.text("reason")};
  if (kind == "run_started") return event::RunStarted{in.run()};
  if (kind == "run_waiting") return event::RunWaiting{in.run()};
  if (kind == "run_resumed") return event::RunResumed{in.run()};
  if (kind == "run_finished") return event::RunFinished{in.run()};
  return std::nullopt;
}

}  // namespace

const std::string& event_text(const FeedEvent<RunEvent>& event) { return event.text(render); }

std::optional<FeedEvent<RunEvent>> event_from_json(std::string_view kind, const Json& data) {
  const Reader in(data);
  std::optional<RunEvent> what = read(kind, in);
  if (!what) return std::nullopt;
  return FeedEvent<RunEvent>{in.integer("number"), std::move(*what)};
}

}  // namespace zo
