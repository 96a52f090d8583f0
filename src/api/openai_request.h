// The body of POST /v1/chat/completions, read strictly: what we cannot honour is refused by name.
#pragma once

#include <string>

#include "api/route.h"
#include "model/model.h"

namespace zo {

struct ChatCompletion {
  std::string model;
  bool agent = false;  // "zo": a run of ours; else the bare model
  bool stream = false;
  bool include_usage = false;
  std::string conversation;  // named by X-Chat-Id or metadata.conversation_id
  ModelRequest request;      // system, messages, tools …
};

Result<ChatCompletion> read_chat_completion(const ApiRequest& request);

}  // namespace zo
