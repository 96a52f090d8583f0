#include "model/http_provider.h"

#include <fmt/core.h>

#include "base/text.h"
#include "model/chat.h"
#include "model/messages.h"
#include "model/reply_stream.h"

namespace zo {
namespace {

constexpr std::size_t kRefusalBytes = 64 * limits::KiB;

bool is_piece_of_the_answer(const Delta& delta) {
  return !std::holds_alternative<delta::State>(delta) && !std::holds_alternative<delta::Retrying>(delta);
}

bool says(std::string_view content_type, std::string_view kind) { return to_lower(content_type).starts_with(kind); }

}  // namespace

// How one attempt went.
struct HttpProvider::Try {
  Result<ModelReply> reply = fail(Code::Internal, "nobody was asked");
  RetryWish wish;
  std::string complaint;      // of a 400: what the request should have been
  bool shown = false;         // the reader has seen a piece of the answer
};

HttpProvider::HttpProvider(Clock& clock, Dice& dice, HttpClient& http, KeySource& keys, HttpProviderSettings settings)
    : clock_(clock), dice_(dice), http_(http), keys_(keys), settings_(std::move(settings)) {}

Task<Result<ModelReply>> HttpProvider::stream(ModelRequest request, OnDelta on_delta) {
  Task<Result<ModelReply>> asking = persist(std::move(request), std::move(on_delta));
  co_return co_await std::move(asking);
}

// Asks, and asks again where that can help and nothing of the answer has been shown.
Task<Result<ModelReply>> HttpProvider::persist(ModelRequest request, OnDelta on_delta) {
  Quirks quirks = quirks_for(request.model);
  // What is held to a grammar is asked of a server that is known to take it all.
  const bool heeds_quirks = !request.keeps_prefix;
  bool relaxed = false;
  for (int retries = 0;;) {
    Try outcome;
    Task<Result<>> asking = ask_with_key(request, quirks, on_delta, outcome);
    ZO_CO_OK(co_await std::move(asking));
    if (outcome.reply) {
      if (relaxed) learn(request.model, std::move(quirks));
      co_return std::move(outcome.reply);
    }
    const Error error = outcome.reply.error();
    const bool may_relax = heeds_quirks && !relaxed && !outcome.shown;
    const auto simpler = may_relax ? relax(quirks, outcome.complaint) : std::nullopt;
    if (simpler) {
      quirks = *simpler;
      relaxed = true;
      continue;
    }
    const bool transient = error.code == Code::Unavailable;
    const auto wait = outcome.shown ? std::nullopt : wait_before_retry(retries, transient, outcome.wish, dice_);
    if (!wait) co_return std::unexpected(explain(error, outcome.wish, retries));
    ++retries;
    on_delta(delta::Retrying{*wait, error.message});
    co_await clock_.sleep_for(*wait);
  }
}

// Asks once. The key is gone before anyone waits to ask again.
Task<Result<>> HttpProvider::ask_with_key(const ModelRequest& request, const Quirks& quirks, OnDelta on_delta, Try& outcome) {
  ZO_CO_TRY(const Credentials credentials, co_await keys_.credentials(settings_.known, settings_.secret));
  Task<void> asking = ask(post(request, quirks, credentials), speaker(request.model), std::move(on_delta), outcome);
  co_await std::move(asking);
  if (!outcome.reply) outcome.reply.error().message = without_key(outcome.reply.error().message, credentials.key);
  co_return Result<>{};
}

Task<void> HttpProvider::ask(HttpAsk request, Speaker speaker, OnDelta on_delta, Try& outcome) {
  Result<HttpAnswer> answer = co_await http_.send(std::move(request));
  if (!answer) {
    Error error = answer.error();
    error.message = speaker.provider + ": " + error.message;
    if (error.advice.empty() && !speaker.base_variable.empty()) error.advice = "check the network and " + speaker.base_variable;
    outcome.reply = std::unexpected(std::move(error));
    co_return;
  }
  outcome.wish = retry_wish(answer->headers, clock_.now());
  if (answer->status < 200 || answer->status > 299) {
    co_await read_refusal(*answer, std::move(speaker), outcome);
    co_return;
  }
  auto notice = [&outcome, on_delta = std::move(on_delta)](Delta delta) {
    if (is_piece_of_the_answer(delta)) outcome.shown = true;
    on_delta(std::move(delta));
  };
  const auto parser = settings_.known.dialect == Dialect::Chat ? chat_parser(speaker, std::move(notice))
                                                               : messages_parser(speaker, std::move(notice));
  const std::string_view type = answer->header("content-type");
  if (says(type, "text/html")) outcome.reply = std::unexpected(unreadable(speaker, "a web page"));
  else if (says(type, "application/json")) outcome.reply = co_await read_whole(*answer, *parser, std::move(speaker));
  else outcome.reply = co_await read_reply(*answer, *parser, std::move(speaker), clock_);
}

Task<Result<ModelReply>> HttpProvider::read_whole(HttpAnswer& answer, ReplyParser& parser, Speaker speaker) {
  const auto body = co_await answer.rest(limits::kReplyBytes);
  if (!body) co_return std::unexpected(body.error().code == Code::Exhausted ? too_long(speaker) : body.error());
  ZO_CO_OK(parser.feed_whole(*body));
  co_return parser.finish();
}

Task<void> HttpProvider::read_refusal(HttpAnswer& answer, Speaker speaker, Try& outcome) {
  const auto body = co_await answer.rest(kRefusalBytes);
  const Complaint complaint = read_complaint(answer.status, body ? std::string_view(*body) : std::string_view{});
  if (answer.status == 400 || answer.status == 422) outcome.complaint = complaint.message;
  outcome.reply = std::unexpected(to_error(complaint, speaker));
}

HttpAsk HttpProvider::post(const ModelRequest& request, const Quirks& quirks, const Credentials& credentials) const {
  const bool chat = settings_.known.dialect == Dialect::Chat;
  HttpAsk ask;
  ask.method = "POST";
  ask.url = settings_.base + (chat ? "/chat/completions" : "/messages");
  ask.headers = headers(credentials);
  ask.headers.push_back({"content-type", "application/json"});
  ask.headers.push_back({"accept", "text/event-stream, application/json"});
  ask.body = chat ? chat_request_body(request, quirks)
                  : messages_request_body(request, quirks, answer_tokens_of(request.model));
  ask.errand = {request.person, request.run, Purpose::Provider};
  ask.first_byte_ms = settings_.first_byte_ms;
  ask.idle_ms = settings_.idle_ms;
  return ask;
}

std::vector<Header> HttpProvider::headers(const Credentials& credentials) const {
  const std::string& key = credentials.key;
  std::vector<Header> out = credentials.headers;
  if (settings_.known.dialect == Dialect::Messages) {
    out.push_back({"anthropic-version", kMessagesVersion});
    if (!key.empty()) out.push_back({"x-api-key", key});
  } else if (!key.empty()) {
    out.push_back({"authorization", "Bearer " + key});
  }
  return out;
}

Speaker HttpProvider::speaker(const std::string& model) const {
  const KnownProvider& known = settings_.known;
  return {.provider = std::string(known.name), .model = model, .host = host_of(settings_.base),
          .key_advice = key_advice(), .base_variable = settings_.secret ? "" : std::string(known.base_variable)};
}

std::string HttpProvider::key_advice() const {
  if (settings_.secret) return fmt::format("look at the key '{}' where it was made, or add another: zo key add", settings_.key_name);
  return settings_.known.key_variable.empty() ? "" : fmt::format("set {} and start again", settings_.known.key_variable);
}

Quirks HttpProvider::quirks_for(const std::string& model) const {
  const auto learned = learned_.find(model);
  return learned != learned_.end() ? learned->second : quirks_of(settings_.base);
}

// A schema may have been refused for its own sake, so that is not held against the server.
void HttpProvider::learn(const std::string& model, Quirks quirks) {
  quirks.response_schema = true;
  if (learned_.size() >= kQuirksLearned) learned_.clear();
  learned_[model] = std::move(quirks);
}

Error HttpProvider::explain(Error error, const RetryWish& wish, int retries) {
  if (wish.after_ms && *wish.after_ms > kRetryAfterMostMs)
    error.message += fmt::format("; it asks to wait {}, and we wait {} at most", human_duration(*wish.after_ms),
                                 human_duration(kRetryAfterMostMs));
  if (retries > 0) error.message += fmt::format(" (asked {} times)", retries + 1);
  return error;
}

}  // namespace zo
