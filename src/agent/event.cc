#include "agent/event.h"

#include <array>
#include <boost/json.hpp>

namespace zo {
namespace {

// In the order of the variant.
constexpr std::array<std::string_view, std::variant_size_v<RunEvent>> kKinds{
    "run_started",  "message_placed", "message",   "tool_finished",  "tool_asked", "context_trimmed", "step_restarted",  "run_waiting", "run_resumed", "run_finished",
    "step_started", "text",           "reasoning", "tool_arguments", "message_partial", "tool_started", "tool_progress", "model_state", "retrying"};

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};

std::size_t size_of(const ToolCall& call) {
  return sizeof(call) + call.arguments.size() + call.output.size() + call.summary.size() + (call.diff ? call.diff->size() : 0);
}

std::size_t size_of(const Message& message) {
  std::size_t bytes = sizeof(message) + message.text.size() + message.reasoning.size();
  for (const ToolCall& call : message.tool_calls) bytes += size_of(call);
  return bytes;
}

std::string body_of(const RunEvent& event) {
  const Match match{
      [](const event::MessagePlaced& e) { return e.message->id.string(); },
      [](const event::MessageSaid& e) {
        return to_text(JsonObject{{"message", e.message->id.text()}, {"from", e.replaces.from}, {"to", e.replaces.to}});
      },
      [](const event::ToolFinished& e) { return e.call->id.string(); },
      [](const event::ToolAsked& e) { return e.call->id.string(); },
      [](const event::ContextTrimmed& e) { return to_text(JsonObject{{"messages_left_out", e.left_out}}); },
      [](const event::StepRestarted& e) { return to_text(JsonObject{{"step", e.step}, {"attempt", e.attempt}}); },
      [](const auto&) { return std::string("{}"); }};
  return std::visit(match, event);
}

std::shared_ptr<const Message> find_message(Transaction& tx, const PersonId& person, std::string_view id) {
  std::vector<Message> messages;
  {
    const auto rows = tx.query("SELECT " ZO_MESSAGE_COLUMNS " FROM messages WHERE id = ? AND person_id = ?", id, person);
    if (!rows->next()) return nullptr;
    messages.push_back(read_message(*rows));
  }
  attach_calls(tx, person, messages);
  return event::shared(std::move(messages.front()));
}

// The run as it stood when it began, or began to wait: its row may have gone on.
std::shared_ptr<const Run> as_at(Run run, RunState state) {
  run.state = state;
  run.error.reset();
  run.finished_at.reset();
  return event::shared(std::move(run));
}

std::optional<RunEvent> about_run(std::string_view kind, std::optional<Run> run) {
  if (!run) return std::nullopt;
  if (kind == "run_started") return event::RunStarted{as_at(std::move(*run), RunState::Running)};
  if (kind == "run_resumed") return event::RunResumed{as_at(std::move(*run), RunState::Running)};
  if (kind == "run_waiting") return event::RunWaiting{as_at(std::move(*run), RunState::Waiting)};
  return event::RunFinished{event::shared(std::move(*run))};
}

}  // namespace

std::string_view kind_of(const RunEvent& event) { return kKinds[event.index()]; }

std::size_t event::bytes_of(const RunEvent& what) {
  const Match match{[](const event::MessagePlaced& e) { return size_of(*e.message); },
                    [](const event::MessageSaid& e) { return size_of(*e.message); },
                    [](const event::ToolFinished& e) { return size_of(*e.call); },
                    [](const event::ToolAsked& e) { return size_of(*e.call); },
                    [](const event::MessagePartial& e) { return e.text.size() + e.reasoning.size(); },
                    [](const auto& e) -> std::size_t {
                      if constexpr (requires { e.run; }) return sizeof(Run);
                      else if constexpr (requires { e.text; }) return e.text.size();
                      else return 0;
                    }};
  // What is read is also held as text.
  return 2 * std::visit(match, what);
}

EventRow to_row(std::int64_t number, const RunEvent& event) { return {number, std::string(kind_of(event)), body_of(event)}; }

std::optional<RunEvent> from_row(Transaction& tx, const PersonId& person, const RunId& run, const EventRow& row) {
  if (row.kind.starts_with("run_")) return about_run(row.kind, find_run(tx, person, run));
  if (row.kind == "tool_finished" || row.kind == "tool_asked") {
    const auto rows = tx.query("SELECT " ZO_CALL_COLUMNS " FROM tool_calls WHERE id = ? AND person_id = ?", row.body, person);
    if (!rows->next()) return std::nullopt;
    auto call = event::shared(read_call(*rows));
    if (row.kind == "tool_asked") return event::ToolAsked{std::move(call)};
    return event::ToolFinished{std::move(call)};
  }
  if (row.kind == "message_placed") {
    const auto message = find_message(tx, person, row.body);
    if (message == nullptr) return std::nullopt;
    return event::MessagePlaced{message};
  }
  const Json body = parse_json(row.body, "an event").value_or(Json(nullptr));
  if (row.kind == "context_trimmed") return event::ContextTrimmed{integer_at(body, "messages_left_out").value_or(0)};
  if (row.kind == "step_restarted") return event::StepRestarted{integer_at(body, "step").value_or(0), integer_at(body, "attempt").value_or(0)};
  if (row.kind != "message") return std::nullopt;
  const auto message = find_message(tx, person, string_at(body, "message").value_or(""));
  if (message == nullptr) return std::nullopt;
  return event::MessageSaid{message, {integer_at(body, "from").value_or(0), integer_at(body, "to").value_or(0)}};
}

}  // namespace zo
