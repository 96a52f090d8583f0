// What a model is told: sections in their order, each with a budget and a priority, and of the conversation the newest whole turns that
// fit its window. The oldest are left out, visibly; nothing stored is lost.
#pragma once

#include <vector>

#include "agent/records.h"
#include "model/provider.h"
#include "store/store.h"

namespace zo {

// A part of what stands before the conversation: "system", "instructions". Memories, skills and summaries are others.
struct ContextSection {
  enum class Whose { Ours, Clients };
  std::string name;
  std::string text;
  Whose whose = Whose::Ours;
  std::int64_t tokens_max = 0;  // longer is cut at its end; 0: it is as long as it is
  int priority = kAlways;       // where all do not fit, the lowest are left out first

  static constexpr int kAlways = 1'000;
};

struct Context {
  std::string system;        // our sections
  std::string instructions;  // the client's
  std::vector<ModelMessage> messages;
  std::int64_t left_out = 0;                   // messages of the conversation that did not fit
  std::vector<std::string> sections_left_out;  // by name
};

// A cautious estimate: about 3 bytes a token, and 8 for the frame of each message.
std::int64_t estimate_tokens(const ModelMessage& message);
std::int64_t estimate_tokens(std::string_view text);

// One stored message as a model sees it: an assistant's with its calls is followed by one message a tool result.
void append_model_messages(const Message& message, std::size_t tool_output_bytes, std::vector<ModelMessage>& out);

// What fits `tokens_max`. Sections that may be left out have a quarter of it. Of the conversation: whole turns go from the oldest on;
// within the last turn, the oldest tool results are shortened first. Exhausted when the last message of the person alone is larger. Each
// message is estimated once, and keeps it.
Result<Context> build_context(std::vector<ContextSection> sections, std::vector<Message>& messages, const ModelProfile& profile,
                              std::int64_t tokens_max, std::int64_t left_out_before);

// The newest placed messages of a conversation, oldest first, with their calls: enough to fill `tokens_max`, and how many older
// ones there are.
struct LoadedMessages {
  std::vector<Message> messages;
  std::int64_t older = 0;
};
Task<Result<LoadedMessages>> load_messages(Store& store, PersonId person, ConversationId conversation, std::int64_t tokens_max);

}  // namespace zo
