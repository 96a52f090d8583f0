#include "model/local_answer.h"

#include "model/chat.h"
#include "model/reply_stream.h"

namespace zo {
namespace {

constexpr std::size_t kComplaintBytes = 64 * limits::KiB;
constexpr std::int64_t kTokensToTell = 8;  // fewer say nothing of the speed

}  // namespace

LocalAnswer::LocalAnswer(Clock& clock, HttpClient& http, LocalRuntime& runtime, std::string model, OnDelta on_delta)
    : clock_(clock), http_(http), runtime_(runtime), on_delta_(std::move(on_delta)),
      speaker_{.provider = "local", .model = std::move(model), .host = "local", .key_advice = "", .base_variable = ""} {}

Task<Result<ModelReply>> LocalAnswer::ask(std::string body) {
  transport_failed_ = true;
  ZO_CO_TRY(HttpAnswer answer, co_await http_.send(runtime_.ask(std::move(body))));
  if (answer.status != 200) {
    const auto text = co_await answer.rest(kComplaintBytes);
    transport_failed_ = !text || answer.status >= 500;
    co_return std::unexpected(to_error(read_complaint(answer.status, text ? std::string_view(*text) : std::string_view{}), speaker_));
  }
  co_return co_await read(answer);
}

Task<Result<ModelReply>> LocalAnswer::read(HttpAnswer& answer) {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  auto notice = [this, &begin, &end](Delta delta) {
    end = clock_.steady_ms();
    if (begin == 0) begin = end;
    shown_ = true;
    on_delta_(std::move(delta));
  };
  const auto parser = chat_parser(speaker_, std::move(notice));
  ZO_CO_TRY(ModelReply reply, co_await read_reply(answer, *parser, speaker_, clock_));
  transport_failed_ = false;
  note_speed(reply.usage.output_tokens, begin, end);
  co_return reply;
}

void LocalAnswer::note_speed(std::int64_t tokens, std::int64_t begin, std::int64_t end) {
  if (tokens < kTokensToTell || end <= begin) return;
  speed_ = static_cast<double>(tokens - 1) * 1'000.0 / static_cast<double>(end - begin);
}

}  // namespace zo
