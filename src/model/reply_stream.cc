#include "model/reply_stream.h"

#include <fmt/core.h>

#include "net/sse_reader.h"

namespace zo {

Task<Result<ModelReply>> read_reply(HttpAnswer& answer, ReplyParser& parser, Speaker speaker, Clock& clock) {
  SseReader stream(answer);
  while (!parser.ended()) {
    const Result<std::span<const SseEvent>> events = co_await stream.next();
    if (!events && events.error().code == Code::Exhausted)
      co_return fail(Code::Exhausted, fmt::format("{} sent a line longer than {} MiB", speaker.name(), limits::kSseLineBytes / limits::MiB));
    if (!events) {
      // The model may have said that it was done before the connection broke.
      if (Result<ModelReply> whole = parser.finish()) co_return whole;
      Error error = events.error();
      error.message = fmt::format("{} stopped in the middle of its answer: {}", speaker.name(), error.message);
      co_return std::unexpected(std::move(error));
    }
    if (events->empty()) co_return parser.finish();
    for (const SseEvent& event : *events) ZO_CO_OK(parser.feed(event));
  }
  co_await answer.let_end(clock);
  co_return parser.finish();
}

}  // namespace zo
