#include <boost/json.hpp>

#include "agent/agents.h"
#include "agent/event.h"

namespace zo {
namespace {

constexpr int kEventsAtOnce = 200;  // from the store

std::string with_number(std::int64_t number, std::string_view data) {
  std::string out = fmt::format("{{\"number\":{}", number);
  if (data.size() > 2) out += ",";
  out += data.substr(1);
  return out;
}

WatchedEvent watched(const FeedEvent& event) { return {event.number, event.kind, with_number(event.number, event.data)}; }

// What the event said, from the rows that it names. Empty when those are gone.
std::string hydrate(Transaction& tx, const PersonId& person, const RunId& run_id, std::string_view kind, const std::string& body) {
  if (kind == event::kRunStarted || kind == event::kRunFinished) {
    const auto rows = tx.query("SELECT " ZO_RUN_COLUMNS " FROM runs WHERE id = ? AND person_id = ?", run_id, person);
    if (!rows->next()) return "";
    Run run = read_run(*rows);
    if (kind == event::kRunFinished) return run_event(run);
    run.state = RunState::Running;
    run.error.reset();
    run.finished_at.reset();
    return run_event(run);
  }
  if (kind == event::kToolFinished) {
    const auto rows = tx.query("SELECT " ZO_CALL_COLUMNS " FROM tool_calls WHERE id = ? AND person_id = ?", body, person);
    return rows->next() ? tool_event(read_call(*rows)) : "";
  }
  if (kind != event::kMessage && kind != event::kMessagePlaced) return body;
  const bool placed = kind == event::kMessagePlaced;
  const Json parsed = placed ? Json(nullptr) : parse_json(body, "an event").value_or(Json(nullptr));
  const std::string id = placed ? body : std::string(string_at(parsed, "message").value_or(""));
  std::vector<Message> messages;
  {
    const auto rows = tx.query("SELECT " ZO_MESSAGE_COLUMNS " FROM messages WHERE id = ? AND person_id = ?", id, person);
    if (rows->next()) messages.push_back(read_message(*rows));
  }
  if (messages.empty()) return "";
  attach_calls(tx, person, messages);
  if (placed) return message_event(messages[0]);
  return message_event(messages[0], integer_at(parsed, "from").value_or(0), integer_at(parsed, "to").value_or(0));
}

}  // namespace

Watcher::Watcher(Store& store, PersonId person, RunId run, std::shared_ptr<Feed> feed, std::int64_t cursor)
    : store_(store), person_(std::move(person)), run_(std::move(run)), feed_(std::move(feed)), cursor_(cursor) {}

Task<Result<std::vector<WatchedEvent>>> Watcher::from_store(std::int64_t until) {
  auto question = [person = person_, run = run_, cursor = cursor_, until](Transaction& tx) -> Result<std::vector<WatchedEvent>> {
    struct Row {
      std::int64_t number;
      std::string kind;
      std::string body;
    };
    std::vector<Row> found;
    {
      const auto rows = tx.query(
          "SELECT number, kind, body FROM events WHERE run_id = ? AND person_id = ? AND number > ? AND number <= ? ORDER BY number LIMIT ?",
          run, person, cursor, until, kEventsAtOnce);
      while (rows->next()) found.push_back({rows->integer(0), rows->string(1), rows->string(2)});
    }
    std::vector<WatchedEvent> events;
    for (const Row& row : found) {
      const std::string data = hydrate(tx, person, run, row.kind, row.body);
      if (!data.empty()) events.push_back({row.number, row.kind, with_number(row.number, data)});
    }
    return events;
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<RunState>> Watcher::state() {
  auto question = [person = person_, run = run_](Transaction& tx) -> Result<RunState> {
    const auto rows = tx.query("SELECT state FROM runs WHERE id = ? AND person_id = ?", run, person);
    if (!rows->next()) return std::unexpected(no_such("run", run.text()));
    return run_state_from_name(rows->text(0)).value_or(RunState::Failed);
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<std::vector<WatchedEvent>>> Watcher::next() {
  for (;;) {
    if (feed_ == nullptr || cursor_ < feed_->held_after()) {
      // Behind the ring: the durable events up to where it begins are in the store; the text that is being written now is told
      // whole, since deltas of it are gone.
      const std::int64_t until = feed_ != nullptr ? feed_->held_after() : INT64_MAX;
      ZO_CO_TRY(std::vector<WatchedEvent> events, co_await from_store(until));
      if (events.size() == static_cast<std::size_t>(kEventsAtOnce)) {
        cursor_ = events.back().number;
        co_return events;
      }
      if (feed_ == nullptr) {
        if (!events.empty()) cursor_ = events.back().number;
        co_return events;
      }
      cursor_ = until;
      const FeedPartial& partial = feed_->partial();
      if (partial.from != 0 && partial.from <= until && partial.to > until) {
        cursor_ = partial.to;
        const std::string data = partial_event(partial.step, partial.text, partial.reasoning, partial.from, partial.to);
        events.push_back({partial.to, event::kMessagePartial, with_number(partial.to, data)});
      }
      if (!events.empty()) co_return events;
    }
    std::vector<WatchedEvent> events;
    for (const FeedEventPtr& event : feed_->after(cursor_)) events.push_back(watched(*event));
    if (!events.empty()) cursor_ = events.back().number;
    if (!events.empty() || feed_->closed()) co_return events;
    co_await feed_->changed();
  }
}

}  // namespace zo
