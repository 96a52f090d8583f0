// The events of a run: the contract between the loop and everyone who watches (pages, the terminal, scripts, tests). Each has a
// kind and a JSON object. Durable ones are in the store, by reference to the rows they speak of; live ones only in the feed.
#pragma once

#include <string>
#include <string_view>

#include "agent/records.h"
#include "base/json.h"

namespace zo {

namespace event {
// Durable
inline constexpr const char* kRunStarted = "run_started";
inline constexpr const char* kMessagePlaced = "message_placed";
inline constexpr const char* kMessage = "message";
inline constexpr const char* kToolFinished = "tool_finished";
inline constexpr const char* kContextTrimmed = "context_trimmed";
inline constexpr const char* kStepRestarted = "step_restarted";
inline constexpr const char* kRunFinished = "run_finished";
// Live
inline constexpr const char* kStepStarted = "step_started";
inline constexpr const char* kText = "text";
inline constexpr const char* kReasoning = "reasoning";
inline constexpr const char* kToolArguments = "tool_arguments";
inline constexpr const char* kMessagePartial = "message_partial";
inline constexpr const char* kToolStarted = "tool_started";
inline constexpr const char* kToolProgress = "tool_progress";
inline constexpr const char* kModelState = "model_state";
inline constexpr const char* kRetrying = "retrying";
}  // namespace event

// The JSON of the records, the same in events and in the API.
JsonObject to_json(const Conversation& conversation);
JsonObject to_json(const Message& message);
JsonObject to_json(const ToolCall& call);
JsonObject to_json(const Run& run);
JsonObject to_json(const Error& error);

// The text of events.
std::string run_event(const Run& run);
std::string message_event(const Message& message);
std::string message_event(const Message& message, std::int64_t from, std::int64_t to);
std::string tool_event(const ToolCall& call);
std::string text_event(int step, std::string_view text);
std::string arguments_event(int step, int index, std::string_view name, std::string_view text);
std::string partial_event(int step, std::string_view text, std::string_view reasoning, std::int64_t from, std::int64_t to);
std::string progress_event(const ToolCallId& call, std::string_view text);
std::string step_event(int step);
std::string restarted_event(int step, std::int64_t attempt);
std::string trimmed_event(std::int64_t messages_left_out);
// Told again, with the runs of its sub-agents, whenever one more of them has begun.
std::string tool_started_event(const ToolCallId& call, const std::vector<std::string>& children = {});
std::string model_state_event(std::string_view text);
std::string retrying_event(int step, std::int64_t in_ms, std::string_view reason);

}  // namespace zo
