#include "model/http_provider.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "model/chat.h"
#include "model/messages.h"
#include "model/reply_stream.h"
#include "model/window.h"

namespace zo {
namespace {

constexpr std::size_t kRefusalBytes = 64 * limits::KiB;
constexpr std::size_t kBlankBytes = 4 * limits::KiB;  // before an answer; more of them are one
constexpr std::int64_t kBytesAToken = 3;              // as agent/context estimates
constexpr std::int64_t kWindowLeast = 1'024;
constexpr std::int64_t kAnswerLeast = 512;
constexpr std::int64_t kSentLeast = 3'000;            // tokens; a question of less says nothing of a window

bool is_piece_of_the_answer(const Delta& delta) {
  return !std::holds_alternative<delta::State>(delta) && !std::holds_alternative<delta::Retrying>(delta);
}

std::string_view without_bom(std::string_view text) { return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text; }

std::int64_t bytes_of(const ModelRequest& request) {
  std::size_t bytes = request.system.size() + request.instructions.size();
  for (const OfferedTool& tool : request.tools) bytes += tool.description.size() + tool.parameters.size();
  for (const ModelMessage& message : request.messages) {
    bytes += message.text.size() + message.opaque.size();
    for (const ModelCall& call : message.calls) bytes += call.name.size() + call.arguments.size();
  }
  return static_cast<std::int64_t>(bytes);
}

std::int64_t estimate_of(const ModelRequest& request) { return bytes_of(request) / kBytesAToken; }

std::int64_t named_window(const Complaint& complaint) {
  return complaint.window > 0 ? complaint.window : window_in(to_lower(utf8_prefix(complaint.message, kComplaintRead))).value_or(0);
}

// How long an answer to wish for where the dialect wants a limit: what the window leaves, where that is known.
int answer_tokens(const ModelRequest& request, const Quirks& quirks) {
  const int usual = answer_tokens_of(request.model);
  if (quirks.context_tokens == 0) return usual;
  return static_cast<int>(std::clamp<std::int64_t>(quirks.context_tokens - estimate_of(request), kAnswerLeast, usual));
}

// A refusal of the request itself; others are about who asks, or when.
bool may_be_learned(int status) {
  constexpr std::array<int, 7> kStatuses{0, 400, 404, 405, 422, 500, 501};
  return std::ranges::find(kStatuses, status) != kStatuses.end();
}

// What nobody has counted is estimated, so that the day's cap holds all the same.
void count_tokens(const ModelRequest& request, ModelReply& reply) {
  if (reply.usage.input_tokens > 0 || reply.usage.output_tokens > 0) return;
  std::size_t said = reply.text.size() + reply.reasoning.size();
  for (const ModelCall& call : reply.calls) said += call.name.size() + call.arguments.size();
  reply.usage = {.input_tokens = bytes_of(request) / kBytesAToken + 1, .output_tokens = static_cast<std::int64_t>(said) / kBytesAToken + 1, .is_estimated = true};
}

bool says(std::string_view content_type, std::string_view kind) { return to_lower(content_type).starts_with(kind); }

}  // namespace

// How one attempt went.
struct HttpProvider::Try {
  Result<ModelReply> reply = fail(Code::Internal, "nobody was asked");
  RetryWish wish;
  Complaint complaint;   // of a refusal
  bool reached = false;  // somebody has answered
  bool shown = false;    // the reader has seen a piece of the answer
};

HttpProvider::HttpProvider(Clock& clock, Dice& dice, HttpClient& http, KeySource& keys, LearnedQuirks& learned, HttpProviderSettings settings)
    : clock_(clock), dice_(dice), http_(http), keys_(keys), learned_(learned), settings_(std::move(settings)) {}

Task<Result<ModelReply>> HttpProvider::stream(ModelRequest request, OnDelta on_delta) {
  Task<Result<ModelReply>> asking = persist(std::move(request), std::move(on_delta));
  co_return co_await std::move(asking);
}

// Asks, and asks again where that can help and nothing of the answer has been shown.
Task<Result<ModelReply>> HttpProvider::persist(ModelRequest request, OnDelta on_delta) {
  Quirks quirks = quirks_for(request.person, request.model);
  LearnedFacts without;  // what this question was asked again without
  int relaxed = 0;
  const std::int64_t began = clock_.steady_ms();
  for (Retries retries;;) {
    Try outcome;
    Task<Result<>> asking = ask_with_key(request, quirks, on_delta, outcome);
    ZO_CO_OK(co_await std::move(asking));
    if (outcome.reply) {
      // A schema may have been refused for its own sake, so that is not held against the server.
      without.erase("no response schema");
      if (!without.empty()) co_await learn(request, std::move(without), on_delta);
      count_tokens(request, *outcome.reply);
      co_return std::move(outcome.reply);
    }
    const Error error = outcome.reply.error();
    const bool may_relax = !outcome.shown && relaxed < kRelaxedMost && !request.keeps_prefix;
    if (is_too_long(outcome.complaint) && !outcome.shown && !request.keeps_prefix) {
      // Where the question itself has room, it is the answer that was wished too long.
      const std::int64_t named = named_window(outcome.complaint);
      const bool has_room = named > estimate_of(request);
      if (has_room && may_relax && request.tokens_max) {
        request.tokens_max.reset();
        ++relaxed;
        continue;
      }
      LearnedFacts window{{std::string(kWindow), {named, clock_.now()}}};
      const bool is_news = has_room && quirks.context_tokens != named && settings_.known.dialect == Dialect::Messages;
      if (!is_news) window = window_of(outcome.complaint, request, quirks.context_tokens);
      apply_facts(window, quirks);
      if (!window.empty()) co_await learn(request, std::move(window), on_delta);
      if (is_news && may_relax) {
        ++relaxed;
        continue;
      }
    } else if (may_relax && may_be_learned(outcome.complaint.status)) {
      LearnedFacts facts = relax(quirks, outcome.complaint.message, clock_.now());
      if (!facts.empty() && !without.contains(facts.begin()->first)) {
        apply_facts(facts, quirks);
        without.merge(facts);
        ++relaxed;
        continue;
      }
    }
    retries.waited_ms = clock_.steady_ms() - began;
    const bool transient = error.code == Code::Unavailable || error.code == Code::RateLimited;
    const bool may_come = outcome.reached || retries.count < kReachRetries;
    const auto wait = outcome.shown || !may_come ? std::nullopt : wait_before_retry(retries, transient, outcome.wish, dice_, request.patience_ms);
    if (!wait) co_return std::unexpected(explain(error, outcome.wish, retries));
    ++retries.count;
    on_delta(delta::Retrying{*wait, error.message});
    co_await clock_.sleep_for(*wait);
  }
}

// Asks once. The key is gone before anyone waits to ask again.
Task<Result<>> HttpProvider::ask_with_key(const ModelRequest& request, const Quirks& quirks, OnDelta on_delta, Try& outcome) {
  ZO_CO_TRY(const Credentials credentials, co_await keys_.credentials(settings_.known, settings_.secret));
  const bool none = request.tool_choice == "none" || !quirks.tools;
  const std::span<const OfferedTool> offered = none ? std::span<const OfferedTool>() : request.tools;
  Task<void> asking = ask(post(request, quirks, credentials), speaker(request.model), offered, std::move(on_delta), outcome);
  co_await std::move(asking);
  if (!outcome.reply) outcome.reply.error().message = without_key(outcome.reply.error().message, credentials.key);
  co_return Result<>{};
}

Task<void> HttpProvider::ask(HttpAsk ask, Speaker of, std::span<const OfferedTool> offered, OnDelta on_delta, Try& outcome) {
  Result<HttpAnswer> answer = co_await http_.send(std::move(ask));
  if (!answer) {
    Error error = answer.error();
    error.message = of.provider + ": " + error.message;
    if (error.advice.empty() && !of.base_variable.empty()) error.advice = "check the network and " + of.base_variable;
    outcome.reply = std::unexpected(std::move(error));
    co_return;
  }
  outcome.reached = true;
  outcome.wish = retry_wish(answer->headers, clock_.now());
  if (answer->status < 200 || answer->status > 299) co_await read_refusal(*answer, std::move(of), outcome);
  else co_await read_answer(*answer, offered, std::move(of), std::move(on_delta), outcome);
}

// What it is shows in its first bytes, and not in what it calls itself.
Task<void> HttpProvider::read_answer(HttpAnswer& answer, std::span<const OfferedTool> offered, Speaker speaker, OnDelta on_delta, Try& outcome) {
  auto notice = [&outcome, on_delta = std::move(on_delta)](Delta delta) {
    if (is_piece_of_the_answer(delta)) outcome.shown = true;
    on_delta(std::move(delta));
  };
  const auto parser = settings_.known.dialect == Dialect::Chat ? chat_parser(speaker, std::move(notice), offered)
                                                               : messages_parser(speaker, std::move(notice), offered);
  std::string first;
  while (trim(without_bom(first)).empty() && first.size() < kBlankBytes) {
    Result<std::string> bytes = co_await answer.next();
    if (!bytes) {
      outcome.reply = std::unexpected(bytes.error());
      co_return;
    }
    if (bytes->empty()) break;
    first += *bytes;
  }
  const std::string_view begins = trim(without_bom(first));
  if (begins.starts_with('<') || (begins.empty() && says(answer.header("content-type"), "text/html")))
    outcome.reply = std::unexpected(unreadable(speaker, "a web page"));
  else if (begins.starts_with('{') || begins.starts_with('[')) outcome.reply = co_await read_whole(answer, *parser, std::move(speaker), std::move(first));
  else outcome.reply = co_await read_reply(answer, *parser, std::move(speaker), clock_, std::move(first));
  if (outcome.reply) co_return;
  outcome.complaint = parser->complaint();
  if (!outcome.wish.after_ms) outcome.wish.after_ms = outcome.complaint.retry_ms;
}

Task<Result<ModelReply>> HttpProvider::read_whole(HttpAnswer& answer, ReplyParser& parser, Speaker speaker, std::string first) {
  const auto body = co_await answer.rest(limits::kReplyBytes);
  if (!body) co_return std::unexpected(body.error().code == Code::Exhausted ? too_long(speaker) : body.error());
  ZO_CO_OK(parser.feed_whole(first + *body));
  co_return parser.finish(ReplyParser::Body::Ended);
}

Task<void> HttpProvider::read_refusal(HttpAnswer& answer, Speaker speaker, Try& outcome) {
  const auto body = co_await answer.rest(kRefusalBytes);
  outcome.complaint = read_complaint(answer.status, body ? std::string_view(*body) : std::string_view{});
  if (!outcome.wish.after_ms) outcome.wish.after_ms = outcome.complaint.retry_ms;
  outcome.reply = std::unexpected(to_error(outcome.complaint, speaker));
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
                  : messages_request_body(request, quirks, answer_tokens(request, quirks));
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

Quirks HttpProvider::quirks_for(const PersonId& person, const std::string& model) const {
  Quirks quirks = quirks_of(settings_.base);
  apply_facts(learned_.learned(person, fmt::format("{}/{}", settings_.known.name, model)), quirks);
  return quirks;
}

// Told once: from now on it is known.
Task<void> HttpProvider::learn(const ModelRequest& request, LearnedFacts facts, OnDelta on_delta) {
  for (const auto& [name, fact] : facts) on_delta(delta::State{fmt::format("{} {}", request.model, fact_words(name, fact.value))});
  co_await learned_.learn(request.person, fmt::format("{}/{}", settings_.known.name, request.model), std::move(facts));
}

LearnedFacts HttpProvider::window_of(const Complaint& complaint, const ModelRequest& request, std::int64_t known) const {
  // Less than what was sent, as we estimate that: it did not fit. But little cannot have been too much.
  const std::int64_t sent = estimate_of(request) * 9 / 10;
  const std::int64_t named = named_window(complaint);
  std::int64_t window = sent < kSentLeast ? named : named > 0 ? std::min(named, sent) : sent;
  if (known > 0) window = std::min(window, known);
  if (window < kWindowLeast) return {};
  return {{std::string(kWindow), {window, clock_.now()}}};
}

Error HttpProvider::explain(Error error, const RetryWish& wish, const Retries& retries) {
  if (wish.after_ms && *wish.after_ms > kRetryAllMs)
    error.message += fmt::format("; it asks to wait {}, and we wait {} at most", human_duration(*wish.after_ms), human_duration(kRetryAllMs));
  if (retries.count > 0) error.message += fmt::format(" (asked {} times)", retries.count + 1);
  return error;
}

}  // namespace zo
