// An answer of a provider that comes as a stream, from its bytes to what it adds up to.
#pragma once

#include "async/clock.h"
#include "model/provider_error.h"
#include "model/reply_parser.h"
#include "net/http_client.h"

namespace zo {

inline constexpr std::int64_t kAfterDoneMs = 250;  // for what may follow when the model has said that it is done

// Feeds every event to the parser, until that has seen the end of the answer. The error names the speaker. `first`: bytes of the answer
// that were read already.
Task<Result<ModelReply>> read_reply(HttpAnswer& answer, ReplyParser& parser, Speaker speaker, Clock& clock, std::string first = {});

}  // namespace zo
