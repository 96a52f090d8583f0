// What a model is shown of a conversation: the newest whole turns that fit its window. The oldest are left out, visibly; nothing
// stored is lost.
#pragma once

#include <vector>

#include "agent/records.h"
#include "model/provider.h"
#include "store/store.h"

namespace zo {

struct ContextMessages {
  std::vector<ModelMessage> messages;
  std::int64_t left_out = 0;  // messages of the conversation that did not fit
};

// A cautious estimate: about 3 bytes a token, and 8 for the frame of each message.
std::int64_t estimate_tokens(const ModelMessage& message);
std::int64_t estimate_tokens(std::string_view text);

// One stored message as a model sees it: an assistant's with its calls is followed by one message a tool result.
void append_model_messages(const Message& message, std::size_t tool_output_bytes, std::vector<ModelMessage>& out);

// Cuts to `tokens_max`: whole turns from the oldest on; within the last turn, the oldest tool results are shortened first.
// Exhausted when the last message of the person alone is larger.
Result<ContextMessages> fit_context(const std::vector<Message>& messages, const ModelProfile& profile, std::int64_t tokens_max,
                                    std::int64_t left_out_before);

// The newest placed messages of a conversation, oldest first, with their calls: enough to fill `tokens_max`, and how many older
// ones there are.
struct LoadedMessages {
  std::vector<Message> messages;
  std::int64_t older = 0;
};
Task<Result<LoadedMessages>> load_messages(Store& store, PersonId person, ConversationId conversation, std::int64_t tokens_max);

}  // namespace zo
