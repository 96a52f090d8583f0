// One run at work: ask the model, make its answer durable, run its tools, make their results durable, again. Ends by returning;
// a cancel arrives as an exception and leaves what was streamed so far in the partial message.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/budget.h"
#include "agent/context.h"
#include "agent/journal.h"
#include "agent/partial.h"
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
  Budget& budget;
  std::string owner;
};

// A run's own wishes, stored with it.
struct RunOptions {
  std::string response_schema;
  std::string instructions;
  std::string text() const;
  static RunOptions from_text(std::string_view text);
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
  // After a crash: from the last durable step.
  Task<Result<>> resume();
  // Tells the readers, once, when the model has been silent for long.
  void tell_silence();
  // A message was queued into this run: it is placed before the next step.
  void note_queued() { queued_ = true; }

  const Run& run() const { return run_; }
  Lease lease() const { return {parts_.owner, parts_.clock.now() + limits::kLeaseMs}; }
  bool ended() const { return run_.state != RunState::Running; }
  // What was streamed of a step that did not end, as a message to keep; none when nothing was.
  std::optional<Message> partial_message(std::string finish) const;
  // The durable event of an assistant's message: it replaces what was streamed of it.
  JournalEvent reserve_message(const Message& message);
  // The calls that had not ended, as cancelled, with what they had put out so far.
  std::vector<CallEnd> end_open_calls();
  void settle_message(std::int64_t number, const Message& message);
  // What is being written now; readers keep it as long as they need.
  const std::shared_ptr<PartialMessage>& partial() const { return partial_; }

 private:
  enum class Next { Ask, Ended };
  struct CallWorker;
  struct AtWork {
    std::int64_t began;                   // steady, ms
    Excerpt output{limits::kOutputKept};  // so far, as it came
    PlainText plain{};                    // the same, as it is told
  };

  Task<Result<>> load();
  Task<Result<>> take_steps();
  Task<Result<>> place_queued();
  // A durable event that changes nothing else.
  Task<Result<>> tell(RunEvent event);
  Task<Result<Next>> take_step();
  Task<Result<ModelReply>> ask();
  Task<Result<Next>> keep(ModelReply reply);
  Task<Result<>> tell_trimmed(std::int64_t left_out);
  Task<Result<>> run_calls(Message& message);
  Task<Result<>> run_call(ToolCall& call);
  CallEnd end_call(ToolCall& call, std::string whole, std::uint64_t total_bytes);
  ToolCall prepare_call(const Message& message, const ModelCall& asked, int place) const;
  Result<> check_schema(const ModelReply& reply) const;
  Message new_message(Message::Role role) const;
  event::MessageSaid said(const Message& message, std::int64_t number) const;
  void show(Delta delta);

  LoopParts parts_;
  Run run_;
  RunOptions options_;
  Allowance allowance_;
  std::shared_ptr<RunFeed> feed_;
  std::shared_ptr<PartialMessage> partial_ = std::make_shared<PartialMessage>();
  ModelProfile profile_;
  std::vector<Message> messages_;  // what the model may be shown, oldest first
  std::vector<ModelMessage> mending_;  // an answer that did not fit, and why: shown to the model once, never stored
  std::vector<std::string> call_names_;  // of the calls that the model writes now
  std::int64_t older_ = 0;
  std::int64_t left_out_told_ = 0;
  std::map<ToolCallId, AtWork> at_work_;
  std::optional<std::int64_t> heard_at_;  // steady: when the model that is being asked was last heard; none once silence was told
  bool queued_ = false;
  bool mended_ = false;
};

}  // namespace zo
