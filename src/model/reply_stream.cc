#include "model/reply_stream.h"

#include <fmt/core.h>

#include "async/deadline.h"
#include "net/sse_reader.h"

namespace zo {
namespace {

using Events = Result<std::span<const SseEvent>>;

// What the last event holds may be cut; then it is none.
Result<> feed(ReplyParser& parser, std::span<const SseEvent> events, bool are_last) {
  for (const SseEvent& event : events) {
    const Result<> fed = parser.feed(event);
    if (!fed && !(are_last && fed.error().code == Code::Corrupt)) return fed;
  }
  return {};
}

}  // namespace

Task<Result<ModelReply>> read_reply(HttpAnswer& answer, ReplyParser& parser, Speaker speaker, Clock& clock, std::string first) {
  SseReader stream(answer, SseEnd::WholeJson, std::move(first));
  std::optional<std::int64_t> done_at;
  while (!parser.ended()) {
    if (parser.is_done() && !done_at) done_at = clock.steady_ms();
    std::optional<Events> events;
    if (done_at && !answer.ended()) {
      const std::int64_t left = *done_at + kAfterDoneMs - clock.steady_ms();
      if (left > 0) events = co_await within(clock, left, stream.next());
      if (!events) co_return parser.finish(ReplyParser::Body::Ended);
    } else {
      events = co_await stream.next();
    }
    if (!*events && (*events).error().code == Code::Exhausted)
      co_return fail(Code::Exhausted, fmt::format("{} sent a line longer than {} MiB", speaker.name(), limits::kSseLineBytes / limits::MiB));
    if (!*events) {
      // The model may have said that it was done before the connection broke.
      if (Result<ModelReply> whole = parser.finish(ReplyParser::Body::Broke)) co_return whole;
      Error error = (*events).error();
      error.message = fmt::format("{} stopped in the middle of its answer: {}", speaker.name(), error.message);
      co_return std::unexpected(std::move(error));
    }
    if ((*events)->empty()) co_return parser.finish(ReplyParser::Body::Ended);
    ZO_CO_OK(feed(parser, **events, stream.is_over()));
  }
  co_await answer.let_end(clock);
  co_return parser.finish(ReplyParser::Body::Ended);
}

}  // namespace zo
