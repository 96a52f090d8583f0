#include "model/local_answer.h"

#include <fmt/core.h>

#include "async/deadline.h"
#include "base/text.h"
#include "model/chat.h"
#include "model/turn_reader.h"

namespace zo {
namespace {

constexpr std::size_t kComplaintBytes = 64 * limits::KiB;
constexpr std::int64_t kTokensToTell = 8;  // fewer say nothing of the speed

}  // namespace

LocalAnswer::LocalAnswer(Clock& clock, HttpClient& http, LocalRuntime& runtime, const ModelRequest& request, OnDelta on_delta)
    : clock_(clock), http_(http), runtime_(runtime), request_(request), speaker_{.provider = "local", .model = request.model, .host = "local", .key_variable = "", .base_variable = ""} {
  on_delta_ = [this, tell = std::move(on_delta)](Delta delta) {
    shown_ = true;
    tell(std::move(delta));
  };
}

Task<Result<ModelReply>> LocalAnswer::give() {
  const Turn first = first_turn(request_);
  ZO_CO_TRY(ModelReply reply, co_await take_turn(first));
  if (repeated_) {
    ZO_CO_TRY(reply, co_await take_turn(Turn::Reply));
  }
  const bool wants_form = !request_.response_schema.empty() && first != Turn::Object && reply.calls.empty();
  if (wants_form) {
    std::string body = turn_body(request_, Turn::Object, reply.text);
    ZO_CO_TRY(reply, co_await ask(std::move(body), on_delta_));
  }
  reply.usage = usage_;
  reply.model = request_.model;
  co_return reply;
}

Task<Result<ModelReply>> LocalAnswer::take_turn(Turn turn) {
  if (turn == Turn::Plain || turn == Turn::Object) co_return co_await ask(turn_body(request_, turn), on_delta_);
  // A reply that is still to be put into its form is not told.
  const bool mute = !request_.response_schema.empty();
  auto tell = [this, mute](Delta delta) {
    if (!mute || !std::holds_alternative<delta::Text>(delta)) on_delta_(std::move(delta));
  };
  TurnReader reader(std::move(tell), next_call_id(request_), turn == Turn::Choose ? last_call(request_) : "");
  auto read = [&reader](Delta delta) {
    if (const auto* text = std::get_if<delta::Text>(&delta)) reader.feed(text->text);
  };
  ZO_CO_TRY(ModelReply reply, co_await ask(turn_body(request_, turn), std::move(read)));
  repeated_ = reader.repeats();
  const bool cut = reply.finish == Finish::Length;
  if (!reader.whole() && cut && reader.is_call())
    co_return fail(Code::Exhausted, fmt::format("{}: the call of '{}' was cut off at {} tokens, and was not run", speaker_.name(), reader.call().name, reply.usage.output_tokens),
                   "ask for it in smaller pieces, or choose a larger model");
  if (!reader.whole() && !cut) co_return std::unexpected(unreadable(speaker_, reply.text));
  reply.text = reader.text();
  if (reader.is_call()) reply.calls = {reader.call()};
  if (reader.is_call()) reply.finish = Finish::ToolCalls;
  co_return reply;
}

Task<Result<ModelReply>> LocalAnswer::ask(std::string body, OnDelta on_text) {
  transport_failed_ = true;
  ZO_CO_TRY(HttpAnswer answer, co_await http_.send(runtime_.ask(std::move(body))));
  if (answer.status != 200) {
    const auto text = co_await answer.rest(kComplaintBytes);
    transport_failed_ = !text || answer.status >= 500;
    co_return std::unexpected(to_error(read_complaint(answer.status, text ? std::string_view(*text) : std::string_view{}), speaker_));
  }
  co_return co_await read(answer, std::move(on_text));
}

Task<Result<ModelReply>> LocalAnswer::read(HttpAnswer& answer, OnDelta on_text) {
  std::int64_t begin = 0;
  auto notice = [this, &begin, on_text = std::move(on_text)](Delta delta) {
    if (begin == 0) begin = clock_.steady_ms();
    on_text(std::move(delta));
  };
  const auto parser = chat_parser(speaker_, std::move(notice));
  SseParser lines;
  std::vector<SseEvent> events;
  while (!parser->ended()) {
    ZO_CO_TRY(const std::string chunk, co_await answer.next());
    if (chunk.empty()) break;
    events.clear();
    ZO_CO_OK(lines.feed(chunk, events));
    for (const SseEvent& event : events) ZO_CO_OK(parser->feed(event));
  }
  const std::int64_t end = clock_.steady_ms();
  // A body read to its end leaves a connection that the next question can use.
  auto rest = within(clock_, kLocalDrainMs, answer.next());
  co_await std::move(rest);
  ZO_CO_TRY(ModelReply reply, parser->finish());
  transport_failed_ = false;
  count(reply.usage, begin, end);
  co_return reply;
}

void LocalAnswer::count(const Usage& usage, std::int64_t begin, std::int64_t end) {
  usage_.input_tokens += usage.input_tokens;
  usage_.output_tokens += usage.output_tokens;
  usage_.cached_tokens += usage.cached_tokens;
  if (usage.output_tokens < kTokensToTell || end <= begin) return;
  speed_ = static_cast<double>(usage.output_tokens - 1) * 1'000.0 / static_cast<double>(end - begin);
}

}  // namespace zo
