// The durable side of a run: every transition is one transaction whose statements name the old state and the attempt, so that a
// run that another attempt took over changes nothing. Events are written with the change that they announce, and so is what becomes of
// the run's job (queue/ledger.h): a run is a job of the same id.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/approval.h"
#include "agent/budget.h"
#include "agent/event.h"
#include "model/model.h"
#include "queue/queue.h"
#include "store/store.h"

namespace zo {

// The queue in which every run is a job.
inline constexpr std::string_view kRunsQueue = "runs";
JobId job_of(const RunId& run);
// The attempt that works on it. Those of a job are counted from 1.
Held held_of(const Run& run);

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

// A step that the model has finished.
struct StepCommit {
  Run run;          // as it stands: its attempt, and what it has seen
  Message message;  // with its calls, decided
  std::vector<Approval> asked;  // about some of them
  Usage usage;
  bool is_paid = true;  // somebody is, for these tokens: they count against the day's
  TimeMs now = 0;
  JournalEvent said;                  // the message's
  std::optional<JournalEvent> ended;  // set: the run ends with it, unless a queued message waits
};

// A run that ends without an answer.
struct RunEnd {
  Run run;
  std::optional<Message> partial;    // what was said of the step that did not end
  std::vector<CallEnd> calls;        // those that had not ended
  std::vector<JournalEvent> events;  // the partial message's, if there is one, and the run's end
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
  bool any_egress = false;           // likewise, what his conversation reaches
  std::int64_t run_ms_most = 0;      // of one attempt
  bool may_queue = true;             // into a run that works in its conversation
  bool is_unbounded = false;         // nothing was set of the queue of runs; begin() knows it
};

struct StepOutcome {
  bool finished = false;        // the run ended with this step
  bool freed_others = false;    // jobs that waited for it
  std::int64_t position = 0;    // of the message
  Spent spent;                  // today, this step included
};

// Why a run goes on that nobody holds: a crash cut it, or a person has answered.
enum class Resumed { AfterCrash, AfterAnswer };

// A run in its next attempt, which is ours.
struct TakenRun {
  Run run;
  Held held;
};

enum class Begun { Started, Queued, Repeated };
struct BeginOutcome {
  Begun what = Begun::Started;
  Run run;          // the one that works: new, or the one that the message was queued into
  Message message;  // as stored
  Spent spent;      // today
  std::optional<Held> held;  // of a new run, unless its queue lets it begin later
};

class Journal {
 public:
  // Both outlive it.
  Journal(Store& store, Queue& queue) : store_(store), queue_(queue) {}

  // The message and the run that answers it, in one transaction; or the message queued into the run that works already, if that
  // run uses no tools and no model that `wanted` may not. Events 1 (run_started) and 2 (message_placed) belong to it.
  Task<Result<BeginOutcome>> begin(NewRun wanted);
  // The run of the message with that client_key.
  Task<Result<std::optional<Run>>> find_begun(PersonId person, std::string client_key);

  // The assistant's message, its calls, the tokens; and the run's end, if it ends with them. Conflict when another attempt took over.
  Task<Result<StepOutcome>> commit_step(StepCommit step);
  // Tokens of an answer that is not kept; gives back what the day has used with them.
  Task<Result<Spent>> charge(Run run, Usage usage, bool is_paid, TimeMs now);
  // pending → running. Conflict when the call is in another state.
  Task<Result<>> start_call(PersonId person, RunId run, std::int64_t attempt, ToolCallId call, TimeMs now);
  // pending → asked, when what was decided of it no longer holds.
  Task<Result<>> ask_call(Run run, Approval approval);
  // running → asked: it has ended for want of something, and runs again after a yes. What it put out is kept, for a no.
  Task<Result<>> ask_again(Run run, ToolCall call, Approval approval, std::int64_t number);
  // What a person has said yes to, of that call; the newest last.
  Task<Result<std::vector<Approval>>> allowed(PersonId person, ToolCallId call);
  // pending or running → its end. What the run has seen is kept with it.
  Task<Result<>> finish_call(Run run, CallEnd end);
  // Queued messages get their positions, oldest first; `numbers` are those of their events.
  Task<Result<std::vector<Message>>> place_queued(Run run, std::vector<std::int64_t> numbers);
  Task<Result<std::int64_t>> count_queued(PersonId person, RunId run);
  Task<Result<>> record_event(Run run, JournalEvent event);
  // running → waiting, for the person: nobody holds it from then on. False when nothing is asked any more.
  Task<Result<bool>> wait(Run run, JournalEvent event);
  // asked → allowed or refused, and the call with it: pending or refused. Conflict when it was answered already, has expired, or is
  // about something else than `hash`. `taken`: set when the run waited for this alone, and its queue lets it go on at once.
  struct Answered {
    Approval approval;
    std::optional<TakenRun> taken;
  };
  Task<Result<Answered>> answer(PersonId person, ApprovalId approval, ApprovalAnswer answer, TimeMs now);
  // Questions whose time is over count as refused; at most 100 at once.
  struct Expired {
    PersonId person;
    Answered answered;
  };
  Task<Result<std::vector<Expired>>> expire(TimeMs now);
  // When the next one expires, of all persons.
  Task<Result<std::optional<TimeMs>>> next_expiry();
  Task<Result<Approval>> find_approval(PersonId person, ApprovalId approval);
  // The newest first; at most limits::kPageItems.
  Task<Result<std::vector<Approval>>> approvals(PersonId person, ApprovalFilter wanted);
  // A run on which nobody works becomes ours, to be ended. Nothing when somebody does, or it is over.
  Task<Result<std::optional<TakenRun>>> take_idle(PersonId person, RunId run);
  // Those that have not ended and were begun by that token.
  Task<Result<std::vector<RunId>>> open_of(PersonId person, TokenId token);
  // Likewise, of tokens that were revoked with all they had begun.
  Task<Result<std::vector<std::pair<PersonId, RunId>>>> open_of_revoked();
  // In the transaction that claims its job: the run's next attempt. Conflict when it is over.
  static Result<> on_claim(Transaction& tx, const Held& held);
  struct Claimed {
    Run run;
    bool is_to_stop = false;  // with the token that began it
  };
  Task<Result<Claimed>> find_claimed(Held held);
  // running → an end. No call stays open; queued messages are placed, so that nothing is lost.
  struct Finished {
    std::optional<std::int64_t> position;  // of the partial message
    std::size_t placed = 0;                // queued messages that nobody has answered
    bool freed_others = false;             // jobs that waited for this run
  };
  Task<Result<Finished>> finish_run(RunEnd end);

 private:
  Store& store_;
  Queue& queue_;
};

}  // namespace zo
