// The dialect OpenAI Chat Completions (openai/openai-python, src/openai/types/chat), as spoken by most servers, each in its own
// way: lenient in what it reads, plain in what it writes.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "model/model.h"
#include "model/provider.h"
#include "model/provider_error.h"
#include "model/quirks.h"
#include "model/reply_parser.h"

namespace zo {

// The body of POST …/chat/completions, streaming.
std::string chat_request_body(const ModelRequest& request, const Quirks& quirks);

// Reads the answer to it. `speaker` is named in errors; calls are of the tools that were offered, also those written into the text. They outlive it.
std::unique_ptr<ReplyParser> chat_parser(Speaker speaker, OnDelta on_delta, std::span<const OfferedTool> offered = {});

}  // namespace zo
