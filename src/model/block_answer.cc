#include "model/block_answer.h"

#include <fmt/core.h>

#include "model/block_reader.h"

namespace zo {

BlockAnswer::BlockAnswer(Provider& provider, const ModelRequest& request, OnDelta on_delta)
    : provider_(provider), request_(request), on_delta_(std::move(on_delta)),
      speaker_{.provider = std::string(provider.name()), .model = request.model, .host = "", .key_advice = "", .base_variable = ""} {}

Task<Result<ModelReply>> BlockAnswer::give() {
  const Turn first = first_turn(request_);
  ZO_CO_TRY(ModelReply reply, co_await take_turn(first));
  if (repeated_) {
    ZO_CO_TRY(reply, co_await take_turn(Turn::Reply));
  }
  const bool wants_form = !request_.response_schema.empty() && first != Turn::Object && reply.calls.empty();
  if (wants_form) {
    const std::string draft = std::move(reply.text);
    ZO_CO_TRY(reply, co_await ask(Turn::Object, on_delta_, draft));
  }
  reply.usage = usage_;
  reply.model = request_.model;
  co_return reply;
}

Task<Result<ModelReply>> BlockAnswer::take_turn(Turn turn) {
  if (turn == Turn::Plain || turn == Turn::Object) co_return co_await ask(turn, on_delta_);
  // A reply that is still to be put into its form is not told.
  const bool mute = !request_.response_schema.empty();
  auto tell = [this, mute](Delta delta) {
    if (!mute || !std::holds_alternative<delta::Text>(delta)) on_delta_(std::move(delta));
  };
  BlockReader reader(call_forms(request_.tools, request_.tool_choice), std::move(tell), next_call_id(request_), turn == Turn::Reply ? "" : last_call(request_));
  auto read = [this, &reader](Delta delta) {
    if (const auto* text = std::get_if<delta::Text>(&delta)) reader.feed(text->text);
    else if (std::holds_alternative<delta::State>(delta) || std::holds_alternative<delta::Retrying>(delta)) on_delta_(std::move(delta));
  };
  ZO_CO_TRY(ModelReply reply, co_await ask(turn, std::move(read)));
  repeated_ = reader.repeats();
  const bool cut = reply.finish == Finish::Length;
  if (!reader.whole() && cut && reader.is_call())
    co_return fail(Code::Exhausted, fmt::format("{}: the call of '{}' was cut off at {} tokens, and was not run", speaker_.name(), reader.call().name, reply.usage.output_tokens),
                   "ask for it in smaller pieces, or choose a larger model");
  if (!reader.whole() && !cut) co_return std::unexpected(unreadable(speaker_, reply.text));
  reply.text = reader.reply();
  if (reader.is_call()) reply.calls = {reader.call()};
  if (reader.is_call()) reply.finish = Finish::ToolCalls;
  co_return reply;
}

Task<Result<ModelReply>> BlockAnswer::ask(Turn turn, OnDelta on_delta, std::string_view draft) {
  Task<Result<ModelReply>> asking = provider_.stream(turn_request(request_, turn, draft), std::move(on_delta));
  ZO_CO_TRY(ModelReply reply, co_await std::move(asking));
  usage_ += reply.usage;
  co_return reply;
}

}  // namespace zo
