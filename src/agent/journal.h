// The durable side of a run: every transition is one transaction whose statements name the old state and the attempt, so that a
// run that lost its lease changes nothing. Events are written with the change that they announce.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/budget.h"
#include "agent/event.h"
#include "model/model.h"
#include "store/store.h"

namespace zo {

// A durable event on its way into the store.
struct JournalEvent {
  std::int64_t number = 0;
  RunEvent what;
};

// A call as it ended. `whole` is stored when the call's output, head and tail, is not all of it.
struct CallEnd {
  ToolCall call;
  std::string whole;
  std::int64_t number = 0;  // of its event
};

// A run that ends without an answer.
struct RunEnd {
  Run run;
  std::optional<Message> partial;    // what was said of the step that did not end
  std::vector<CallEnd> calls;        // those that had not ended
  std::vector<JournalEvent> events;  // the partial message's, if there is one, and the run's end
};

// Who holds the lease: this process of this home.
struct Lease {
  std::string owner;
  TimeMs until_at = 0;
};

struct NewRun {
  Run run;
  bool new_conversation = false;
  std::string title;                 // of a new conversation
  std::optional<std::string> model;  // the new conversation's own choice
  std::vector<Message> history;      // earlier turns of a new conversation
  std::optional<Message> message;    // none when an old message is answered anew
  std::string client_key;
  std::optional<std::int64_t> supersede_from;  // position: this and all after it are replaced
  bool any_model = false;            // whoever asks may name every model
};

struct StepOutcome {
  bool finished = false;        // the run ended with this step
  std::int64_t position = 0;    // of the message
  Spent spent;                  // today, this step included
};

struct TakenRun {
  Run run;
  bool is_to_stop = false;  // with the token that began it
};

enum class Begun { Started, Queued, Repeated };
struct BeginOutcome {
  Begun what = Begun::Started;
  Run run;          // the one that works: new, or the one that the message was queued into
  Message message;  // as stored
  Spent spent;      // today
};

class Journal {
 public:
  explicit Journal(Store& store) : store_(store) {}

  // The message and the run that answers it, in one transaction; or the message queued into the run that works already, if that
  // run uses no tools and no model that `wanted` may not. Events 1 (run_started) and 2 (message_placed) belong to it.
  Task<Result<BeginOutcome>> begin(NewRun wanted, Lease lease);

  // A finished step: the assistant's message, its calls, the tokens. `finish` ends the run in the same transaction unless a
  // queued message waits. `events`: the message's and, to finish, the run's end. Conflict when the lease was lost.
  Task<Result<StepOutcome>> commit_step(Run run, Message message, Usage usage, Lease lease, bool finish, TimeMs now,
                                        std::vector<JournalEvent> events);
  // Tokens of an answer that is not kept; gives back what the day has used with them.
  Task<Result<Spent>> charge(Run run, Usage usage, TimeMs now);
  // pending → running. Conflict when the call is in another state.
  Task<Result<>> start_call(PersonId person, RunId run, std::int64_t attempt, ToolCallId call, TimeMs now);
  // pending or running → its end.
  Task<Result<>> finish_call(Run run, CallEnd end);
  // Queued messages get their positions, oldest first; `numbers` are those of their events.
  Task<Result<std::vector<Message>>> place_queued(Run run, std::vector<std::int64_t> numbers);
  Task<Result<std::int64_t>> count_queued(PersonId person, RunId run);
  Task<Result<>> record_event(Run run, JournalEvent event);
  // running → an end. No call stays open; queued messages are placed, so that nothing is lost; gives back the partial message's position.
  Task<Result<std::optional<std::int64_t>>> finish_run(RunEnd end);
  // Gives back those whose lease is no longer ours.
  Task<Result<std::vector<RunId>>> renew(std::vector<Run> runs, Lease lease);
  // The runs that nobody holds any more, taken over: attempt + 1, open running calls become unknown.
  Task<Result<std::vector<TakenRun>>> take_over(Lease lease, std::string host, TimeMs now);

 private:
  Store& store_;
};

}  // namespace zo
