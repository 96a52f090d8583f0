// The events of a run: the contract between the loop and everyone who watches (pages, the terminal, scripts, tests). Durable ones are
// in the store, by reference to the rows they speak of; live ones only in the feed. They stay values until the edge (api/wire).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/records.h"
#include "feed/feed.h"

namespace zo {

namespace event {

// Live events that a durable one, or the whole of what they said, stands for.
struct Range {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

// What is large is shared by all who hold the event.
template <class Record>
std::shared_ptr<const Record> shared(Record record) {
  return std::make_shared<const Record>(std::move(record));
}

// --- durable
struct RunStarted { std::shared_ptr<const Run> run; };
struct MessagePlaced { std::shared_ptr<const Message> message; };       // a person's, or a sub-agent's prompt
struct MessageSaid { std::shared_ptr<const Message> message; Range replaces; };  // the model's, whole, with its calls
struct ToolFinished { std::shared_ptr<const ToolCall> call; };
struct ToolAsked { std::shared_ptr<const ToolCall> call; };               // it ran, and wants what a person is asked about
struct ContextTrimmed { std::int64_t left_out = 0; };                   // messages that the model no longer sees
struct StepRestarted { std::int64_t step = 0; std::int64_t attempt = 0; };
struct RunWaiting { std::shared_ptr<const Run> run; };                  // for a person; the feed ends with it
struct RunResumed { std::shared_ptr<const Run> run; };                  // the person has answered
struct RunFinished { std::shared_ptr<const Run> run; };

// --- live
struct StepStarted { std::int64_t step = 0; };
struct Text { std::int64_t step = 0; std::string text; };
struct Reasoning { std::int64_t step = 0; std::string text; };
struct ToolArguments { std::int64_t step = 0; int index = 0; std::string name; std::string text; };
// The whole message so far, for who came too late for its deltas.
struct MessagePartial { std::int64_t step = 0; std::string text; std::string reasoning; Range replaces; };
// Told again, with the runs of its sub-agents, whenever one more of them has begun.
struct ToolStarted { ToolCallId call; std::vector<std::string> children; };
struct ToolProgress { ToolCallId call; std::string text; };
struct ModelState { std::string text; };  // empty: ready
struct Retrying { std::int64_t step = 0; std::int64_t in_ms = 0; std::string reason; };

}  // namespace event

using RunEvent = std::variant<event::RunStarted, event::MessagePlaced, event::MessageSaid, event::ToolFinished, event::ToolAsked, event::ContextTrimmed,
                              event::StepRestarted, event::RunWaiting, event::RunResumed, event::RunFinished, event::StepStarted, event::Text,
                              event::Reasoning, event::ToolArguments, event::MessagePartial, event::ToolStarted, event::ToolProgress,
                              event::ModelState, event::Retrying>;

using RunFeed = Feed<RunEvent>;
using RunEventPtr = FeedEventPtr<RunEvent>;

inline FeedId<RunEvent> feed_of(const RunId& run) { return {"run:" + run.string()}; }

// As in the store, on the wire and in the golden files: "run_started".
std::string_view kind_of(const RunEvent& event);
namespace event {
// What it holds on the heap, about. Here, where a Feed of them looks for it.
std::size_t bytes_of(const RunEvent& what);
}  // namespace event

// A durable event as a row: what stands nowhere else in the store. `body` names the rows that say the rest.
struct EventRow {
  std::int64_t number = 0;
  std::string kind;
  std::string body;
};
EventRow to_row(std::int64_t number, const RunEvent& event);
// What the row said, from the rows that it names; nothing when those are gone.
std::optional<RunEvent> from_row(Transaction& tx, const PersonId& person, const RunId& run, const EventRow& row);

}  // namespace zo
