// One run at work: ask the model, make its answer durable, run its tools, make their results durable, again. Ends by returning;
// a cancel arrives as an exception and leaves what was streamed so far in the partial message.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "agent/budget.h"
#include "agent/context.h"
#include "agent/journal.h"
#include "agent/partial.h"
#include "agent/review.h"
#include "base/dice.h"
#include "base/excerpt.h"
#include "model/models.h"
#include "tool/plain.h"
#include "tool/tools.h"

namespace zo {

// What a loop borrows; all outlive it.
struct LoopParts {
  Clock& clock;
  Dice& dice;
  Store& store;
  Journal& journal;
  Models& models;
  Tools& tools;
  const Workspaces& workspaces;
  Budget& budget;
  const bool& stopping;   // the server is: nothing is waited for any more
};

// How a run ends that does not end by an answer.
struct Ending {
  RunState state = RunState::Failed;
  std::optional<Error> error;
};

class RunLoop {
 public:
  RunLoop(LoopParts parts, Run run, std::shared_ptr<RunFeed> feed);

  // What begin() knew already and need not be read again.
  struct Known {
    std::optional<std::vector<Message>> messages;  // all that a new conversation holds
  };
  // Until the run has ended durably, or an Error says why it cannot go on (Exhausted: a limit).
  Task<Result<>> work(Known known);
  // From the last durable step. A call that was not decided does not run.
  Task<Result<>> resume(Resumed why);
  // The end of a run that did not end by an answer: written down, tried some times, then told to the readers, whether it is stored or
  // not. Conflict: it was not ours to end. Not to be cancelled.
  Task<Result<>> end(Ending ending);
  // Of an end that was told and could not be stored: tries on until it is, or the server stops.
  Task<void> store_end();
  // Tells the readers, once, when the model has been silent for long.
  void tell_silence();
  // A message was queued into this run: it is placed before the next step.
  void note_queued() { queued_ = was_told_more_ = true; }
  // Messages that were queued and that its end left unanswered.
  std::size_t unanswered() const { return unanswered_; }
  // It answers others, too, than the one who began it.
  bool was_told_more() const { return was_told_more_; }

  const Run& run() const { return run_; }
  // It has ended, or waits for a person: nothing of it is left to do here.
  bool left() const { return run_.state != RunState::Running; }
  // What is being written now; readers keep it as long as they need.
  const std::shared_ptr<PartialMessage>& partial() const { return partial_; }

 private:
  enum class Next { Ask, Ended, Waits };
  struct CallWorker;
  struct AtWork {
    std::int64_t began;                   // steady, ms
    Excerpt output{limits::kOutputKept};  // so far, as it came
    PlainText plain{};                    // the same, as it is told
  };

  Task<Result<>> find_model();
  Task<Result<>> load();
  Task<Result<>> take_steps();
  Task<Result<>> place_queued();
  // A durable event that changes nothing else.
  Task<Result<>> tell(RunEvent event);
  Task<Result<Next>> take_step();
  Task<Result<ModelReply>> ask();
  // Asks once more where the window turned out smaller than thought.
  Task<Result<ModelReply>> ask_in_window();
  // What is no answer, in words for the person; nothing for an answer, or for one that is asked for again.
  Task<Result<bool>> is_no_answer(const ModelReply& reply);
  // The same calls came again and again to the same: the model is told, then the run ends.
  Result<> note_repeats(const Message& message);
  // The reply is not taken: it is paid for, and the model is told why.
  Task<Result<>> object(const ModelReply& reply, std::string why);
  // For an answer that is not kept.
  Task<Result<>> pay(const ModelReply& reply);
  Task<Result<Next>> keep(ModelReply reply);
  Task<Result<>> tell_trimmed(std::int64_t left_out);
  // The calls of the last message, until none is left to run: on to the model, or waiting for a person.
  Task<Result<Next>> work_off_calls();
  Task<Result<>> run_calls(Message& message);
  Task<Result<>> run_call(ToolCall& call);
  Task<Result<bool>> wait();
  Task<Result<>> read_answers();
  Task<Result<>> decide_again(ToolCall& call);
  CallEnd end_call(ToolCall& call, std::string whole, std::uint64_t total_bytes);
  Task<Result<>> finish_call(ToolCall& call, std::string whole, std::uint64_t total_bytes);
  // The calls that had not ended, as cancelled, with what they had put out so far.
  std::vector<CallEnd> end_open_calls();
  ToolCall prepare_call(const Message& message, const ModelCall& asked, int place);
  void decide(ToolCall& call);
  // Other calls of that tool in this run, in their order.
  std::vector<const ToolCall*> others_of(const ToolCall& call) const;
  bool may_be_repeated(const ToolCall& call) const;
  std::string idempotency_key(const ToolCall& call) const;
  Approval new_approval(const ToolCall& call, AskReason reason, std::string destination, std::string bound);
  // What a person said yes to about that call: it is what runs now. Denied when it is something else.
  Task<Result<std::vector<Approval>>> allowed(const ToolCall& call);
  // It failed for want of hosts: a person is asked, and after a yes it runs again. False when nobody is to be asked.
  Task<Result<bool>> ask_for_network(ToolCall& call, const ToolOutcome& outcome, std::size_t asked_before);
  // The durable event of an assistant's message: it replaces what was streamed of it.
  JournalEvent reserve_message(const Message& message);
  void settle_message(std::int64_t number, const Message& message);
  // What was streamed of a step that did not end, as a message to keep; none when nothing was.
  std::optional<Message> partial_message(std::string finish) const;
  Task<Result<Journal::Finished>> write_end(std::span<const std::int64_t> delays_ms);
  Result<> check_schema(const ModelReply& reply) const;
  Message new_message(Message::Role role) const;
  event::MessageSaid said(const Message& message, std::int64_t number) const;
  void show(Delta delta);

  LoopParts parts_;
  Run run_;
  std::shared_ptr<RunFeed> feed_;
  std::shared_ptr<PartialMessage> partial_ = std::make_shared<PartialMessage>();
  ModelProfile profile_;
  std::vector<Message> messages_;  // what the model may be shown, oldest first
  std::vector<ModelMessage> mending_;  // an answer that was not taken, and why: shown to the model once, never stored
  std::optional<Reviewer> reviewer_;   // of a small model
  std::vector<std::string> call_names_;  // of the calls that the model writes now
  std::int64_t older_ = 0;
  std::int64_t left_out_told_ = 0;
  std::map<ToolCallId, std::shared_ptr<const Json>> checked_;  // the arguments of calls that were decided and have not begun
  std::map<ToolCallId, Approval> asks_;                        // about calls that were decided, until it is written down
  std::map<ToolCallId, AtWork> at_work_;
  std::optional<std::int64_t> heard_at_;  // steady: when the model that is being asked was last heard; none once silence was told
  std::optional<RunEnd> end_;  // how it ended, while that is being written
  std::size_t unanswered_ = 0;
  int shrunk_ = 0;   // times that the model's window turned out smaller than thought
  int empty_ = 0;    // answers without a word since the last that was kept
  int cut_ = 0;      // likewise calls that the token limit cut off
  std::string repeated_;  // the calls of the last step and what came of them
  int repeats_ = 0;       // how often that came, one step after the other
  bool queued_ = false;
  bool was_told_more_ = false;
  bool holds_back_ = false;  // the text of the reply that is being written
  bool mended_ = false;
};

}  // namespace zo
