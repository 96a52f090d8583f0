#include "agent/agents.h"

namespace zo {
namespace {

constexpr int kEventsAtOnce = 200;  // from the store

RunEventPtr seen(std::int64_t number, RunEvent what) { return std::make_shared<FeedEvent<RunEvent>>(number, std::move(what), true); }

bool is_end(const RunEvent& event) {
  return std::holds_alternative<event::RunFinished>(event) || std::holds_alternative<event::RunWaiting>(event);
}

}  // namespace

Watcher::Watcher(Store& store, PersonId person, RunId run, std::shared_ptr<RunFeed> feed, std::shared_ptr<const PartialMessage> partial,
                 std::int64_t cursor)
    : store_(store), person_(std::move(person)), run_(std::move(run)), feed_(std::move(feed)), partial_(std::move(partial)), cursor_(cursor) {}

Task<Result<std::vector<RunEventPtr>>> Watcher::from_store(std::int64_t until) {
  auto question = [person = person_, run = run_, cursor = cursor_, until](Transaction& tx) -> Result<std::vector<RunEventPtr>> {
    std::vector<EventRow> found;
    {
      const auto rows = tx.query(
          "SELECT number, kind, body FROM events WHERE run_id = ? AND person_id = ? AND number > ? AND number <= ? ORDER BY number LIMIT ?",
          run, person, cursor, until, kEventsAtOnce);
      while (rows->next()) found.push_back({rows->integer(0), rows->string(1), rows->string(2)});
    }
    std::vector<RunEventPtr> events;
    for (const EventRow& row : found)
      if (std::optional<RunEvent> what = from_row(tx, person, run, row)) events.push_back(seen(row.number, std::move(*what)));
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

Task<Result<std::vector<RunEventPtr>>> Watcher::next() {
  for (;;) {
    if (feed_ == nullptr || cursor_ < feed_->held_after()) {
      // Behind the ring: the durable events up to where it begins are in the store; the text that is being written now is told
      // whole, since deltas of it are gone.
      const std::int64_t until = feed_ != nullptr ? feed_->held_after() : INT64_MAX;
      ZO_CO_TRY(std::vector<RunEventPtr> events, co_await from_store(until));
      if (events.size() == static_cast<std::size_t>(kEventsAtOnce)) {
        cursor_ = events.back()->number;
        co_return events;
      }
      if (feed_ == nullptr) {
        if (!events.empty()) cursor_ = events.back()->number;
        co_return events;
      }
      cursor_ = until;
      if (const PartialMessage& p = *partial_; p.any() && p.range.from <= until && p.range.to > until) {
        cursor_ = p.range.to;
        events.push_back(seen(p.range.to, event::MessagePartial{p.step, p.text, p.reasoning, p.range}));
      }
      if (!events.empty()) co_return events;
    }
    std::vector<RunEventPtr> events = feed_->after(cursor_);
    if (!events.empty()) {
      cursor_ = events.back()->number;
      ended_ = is_end(events.back()->what);
      co_return events;
    }
    if (feed_->closed() && ended_) co_return events;
    // A feed that closes without an end: the run goes on elsewhere, or has ended there.
    if (feed_->closed()) feed_.reset();
    else co_await feed_->changed();
  }
}

}  // namespace zo
