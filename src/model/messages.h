// The dialect Anthropic Messages (anthropics/anthropic-sdk-python, src/anthropic/types), version 2023-06-01.
#pragma once

#include <memory>
#include <string>

#include "model/model.h"
#include "model/provider.h"
#include "model/provider_error.h"
#include "model/quirks.h"
#include "model/reply_parser.h"

namespace zo {

inline constexpr char kMessagesVersion[] = "2023-06-01";

// The body of POST …/v1/messages, streaming. `tokens_max` stands in where the request names no limit: the dialect demands one.
std::string messages_request_body(const ModelRequest& request, const Quirks& quirks, int tokens_max);

// Reads the answer to it. `speaker` is named in errors. A turn that the provider only paused ("pause_turn", which comes with
// tools that it runs itself, and we offer none) ends as Finish::Stop with that finish_word.
std::unique_ptr<ReplyParser> messages_parser(Speaker speaker, OnDelta on_delta, std::span<const OfferedTool> offered = {});

}  // namespace zo
