// The body of POST /v1/chat/completions: a field of the wrong type, and content that we cannot carry (pictures, n above 1), is
// refused by name. For `zo` the settings of a single model call (temperature, top_p, max_tokens, stop) are read and not used: many
// clients always send them, and an agent run is many calls. Fields that we do not know are passed over.
#pragma once

#include <string>

#include "api/route.h"
#include "model/model.h"

namespace zo {

// Of an item of reasoning_details that is ours: it comes back as it went out.
inline constexpr std::string_view kKeptFormat = "zoclone-v1";

struct ChatCompletion {
  std::string model;
  bool agent = false;  // "zo": a run of ours; else the bare model
  bool stream = false;
  bool include_usage = false;
  bool background = false;   // of `zo`: the run goes on when its reader leaves
  std::string conversation;  // named by X-Chat-Id or metadata.conversation_id
  ModelRequest request;      // system, messages, tools …
};

Result<ChatCompletion> read_chat_completion(const ApiRequest& request);

}  // namespace zo
