// The loop. start() makes a message and a run durable and returns; the run then works on the server's own time: model, tools,
// model, … until an answer, a limit, a failure or a cancel. A connection is only a reader with a cursor (watch). After a crash
// the queue hands each run out again, and it goes on from its last durable step.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/approval.h"
#include "agent/budget.h"
#include "agent/event.h"
#include "agent/partial.h"
#include "async/scope.h"
#include "base/dice.h"
#include "feed/notice.h"
#include "file/workspaces.h"
#include "model/models.h"
#include "queue/queue.h"
#include "store/store.h"
#include "tool/tools.h"

namespace zo {

struct RunRequest {
  PersonId person;
  TokenId token;  // who asks; empty: the person at the machine itself
  std::optional<ConversationId> conversation;  // none: a new one
  std::string text;
  std::string title;                // of a new conversation; empty: made from the text
  std::vector<std::string> files;   // in the workspace
  std::string model;                // a wish; empty: the conversation's, then the owner's …
  Allowance tools = Allowance::everything();
  Allowance models = Allowance::everything();  // that the asker may name beside the owner's choice
  std::string response_schema;      // JSON Schema text: the answer must be such an object
  std::string instructions;         // of a client, added to the system text
  std::vector<ModelMessage> history;  // of a client that keeps its own: earlier turns of a new conversation
  std::string client_key;           // the same key again gives the same message and run
  std::optional<RunId> parent;      // of a sub-agent
  int depth = 0;
  std::optional<int> steps_max;     // none: as many as the person has chosen
  Taint taint;                      // what whoever asks has seen
  std::optional<std::string> egress;  // what its commands reach of the network; none: what its conversation says
  bool refuses_asks = false;        // nobody is there to be asked
  bool may_queue = true;            // into a run that works in its conversation; otherwise Unavailable
  std::int64_t run_ms_most = 0;     // that it may work, waiting for a person left out; 0, or more than the person has chosen: that
};

struct Started {
  Message message;
  Run run;
  bool queued = false;    // into a run that works already
  bool repeated = false;  // client_key was seen before
};

class Watcher;

class Agents {
 public:
  // All outlive it, and it outlives the queue's stop(), which hands it its runs.
  Agents(Executor executor, Clock& clock, Dice& dice, Store& store, Queue& queue, Feeds& feeds, Notices& notices, Models& models, Tools& tools,
         const Workspaces& workspaces, Budget& budget, const Limits& limits);
  ~Agents();

  Task<Result<Started>> start(RunRequest request);
  // The text of `message`, in the request's conversation, is replaced and all after it hidden; a new run answers. Its files stay. Conflict
  // while a run works.
  Task<Result<Started>> edit(RunRequest request, MessageId message);
  // The answer, and all after its question, is hidden; a new run answers. Conflict while a run works.
  Task<Result<Started>> regenerate(RunRequest request, MessageId message);
  // Returns once the run has ended. Ending one that has ended already is no error.
  Task<Result<Run>> cancel(PersonId person, RunId run);
  // The same without waiting for the end, for whoever is being cancelled. Only of a run that works here, and not while the server stops.
  void abandon(const PersonId& person, const RunId& run);
  // A question about a call; when nothing else is asked its run goes on. Conflict when it was answered already, has expired, or is about
  // something else than what the answer names.
  Task<Result<Approval>> answer(PersonId person, ApprovalId approval, ApprovalAnswer answer);
  Task<Result<Approval>> find_approval(PersonId person, ApprovalId approval);
  // The newest first, at most limits::kPageItems.
  Task<Result<std::vector<Approval>>> approvals(PersonId person, ApprovalFilter wanted);
  // Told of every question, when it is asked.
  void on_asked(std::function<void(PersonId person, std::vector<Approval> asked)> told);
  // All that a token has begun, sub-agents with them. Returns once they have ended.
  Task<void> cancel_all(PersonId person, TokenId token);
  Task<Result<Run>> find(PersonId person, RunId run);
  // Begun by a request with that client_key.
  Task<Result<std::optional<Run>>> find_begun(PersonId person, std::string client_key);
  // What its calls, and its sub-agents, left so far that the owner's own tools may run.
  Task<Result<std::vector<LeftFile>>> left(PersonId person, RunId run);
  // Events after `cursor`; ends after the run's last one.
  Task<Result<std::unique_ptr<Watcher>>> watch(PersonId person, RunId run, std::int64_t cursor);
  // Ends what was revoked while nothing worked here, and sees to it that questions expire. Once, when the queue has started.
  Task<Result<>> recover();
  // Ends the work of all runs without ending the runs: the next start resumes them.
  Task<void> stop();

  std::size_t working() const;
  // What the model has said of the step that goes on; nothing when the run does not work here.
  std::shared_ptr<const PartialMessage> partial(const RunId& run) const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

// A reader of one run.
class Watcher {
 public:
  // Without a feed the run does not work here: all is in the store.
  Watcher(Store& store, PersonId person, RunId run, std::shared_ptr<RunFeed> feed, std::shared_ptr<const PartialMessage> partial, std::int64_t cursor);
  // What follows, in order; empty at the end of the run's events. Throws when cancelled.
  Task<Result<std::vector<RunEventPtr>>> next();
  std::int64_t cursor() const { return cursor_; }
  // How the run stands in the store: for a reader whose cursor is behind the last event already.
  Task<Result<RunState>> state();

 private:
  Task<Result<std::vector<RunEventPtr>>> from_store(std::int64_t until);

  Store& store_;
  PersonId person_;
  RunId run_;
  std::shared_ptr<RunFeed> feed_;
  std::shared_ptr<const PartialMessage> partial_;
  std::int64_t cursor_;
  bool ended_ = false;  // the last event was an end
};

}  // namespace zo
