// What was said: the list, a conversation, its messages. Runs write into them through the Journal.
#pragma once

#include <string>
#include <vector>

#include "agent/records.h"
#include "async/clock.h"
#include "base/dice.h"
#include "feed/notice.h"
#include "store/store.h"

namespace zo {

template <class Item>
struct Page {
  std::vector<Item> items;
  std::string next;  // the cursor of what follows; empty at the end
};

struct ConversationChange {
  std::optional<std::string> title;
  std::optional<std::string> model;
  bool clear_model = false;
  std::optional<std::string> egress;  // in the words of sandbox/egress
};

// A run in a list, with what it was asked: the beginning of it, at most limits::kTitleChars characters.
struct ListedRun {
  Run run;
  std::string question;
};

// What free_outputs() deleted.
struct FreedOutputs {
  std::int64_t outputs = 0;
  std::int64_t bytes = 0;
};

class Conversations {
 public:
  Conversations(Store& store, Clock& clock, Dice& dice, Notices& notices) : store_(store), clock_(clock), dice_(dice), notices_(notices) {}

  // Newest activity first; `search` looks into titles and texts, and what it found is named. Sub-agents' conversations are left out.
  Task<Result<Page<Conversation>>> list(PersonId person, std::string search, std::string after, std::size_t limit);
  // The same client_key gives the same conversation.
  Task<Result<Conversation>> create(PersonId person, std::string title, std::optional<std::string> model, std::string client_key);
  Task<Result<Conversation>> find(PersonId person, ConversationId id);
  Task<Result<Conversation>> change(PersonId person, ConversationId id, ConversationChange wanted);
  // With its runs, messages and sub-agents' conversations; for good. Conflict while a run works in it. Works on a full disk.
  Task<Result<>> remove(PersonId person, ConversationId id);
  // Oldest first, queued ones last, with tool calls; what an edit replaced is left out, and counted.
  Task<Result<Page<Message>>> messages(PersonId person, ConversationId id, std::int64_t after_position, std::size_t limit);
  // What stood in that message's place before it, and behind that: version `number`, from 1, the oldest first. Not queued ones.
  Task<Result<Page<Message>>> version(PersonId person, ConversationId id, MessageId message, std::size_t number, std::int64_t after_position,
                                      std::size_t limit);
  // Only a message that still waits; Conflict once the run has taken it.
  Task<Result<>> remove_queued(PersonId person, ConversationId id, MessageId message);
  // Newest first.
  Task<Result<Page<ListedRun>>> runs(PersonId person, std::optional<ConversationId> conversation, std::optional<RunState> state, std::string after,
                                     std::size_t limit);
  // The whole output of a tool call; once it is freed, its head and tail.
  Task<Result<std::string>> output(PersonId person, ToolCallId call);
  // Deletes the whole outputs of a run and of its sub-agents; what the model saw of them stays. Works on a full disk.
  Task<Result<FreedOutputs>> free_outputs(PersonId person, RunId run);

 private:
  Store& store_;
  Clock& clock_;
  Dice& dice_;
  Notices& notices_;
};

// For people: "## You\n…\n\n## Zo\n…", tool calls as fenced blocks.
std::string to_markdown(const Conversation& conversation, const std::vector<Message>& messages);

}  // namespace zo
