#include "door/gateway.h"

#include <fmt/core.h>

#include <ctime>

#include "async/condition.h"
#include "async/deadline.h"
#include "base/hash.h"
#include "base/text.h"
#include "net/http_reply.h"
#include "net/http_upload.h"

namespace zo {
namespace {

// What is known of one request once it may be sent.
struct Exchange {
  TunnelVisit visit;
  GatewayRequest request;
  HostSecret secret;
  std::shared_ptr<const Redactor> redactor;
  std::shared_ptr<HttpUpload> upload;  // none: there is no body, or it is known
  std::string key = {};                // of what may change something there
  std::optional<PersonId> person = {};
};

Error too_large() { return {Code::Exhausted, "the body is larger than " + human_size(limits::kGatewayBodyBytes) + ", the limit", ""}; }

// The body, to its end; ends itself only when it breaks off.
Task<Result<>> pass_body(Exchange& exchange) {
  std::uint64_t bytes_so_far = 0;
  for (;;) {
    auto reading = exchange.visit.read();
    ZO_CO_TRY(std::string bytes, co_await std::move(reading));
    if (bytes.empty()) break;
    bytes_so_far += bytes.size();
    if (bytes_so_far > limits::kGatewayBodyBytes) co_return std::unexpected(too_large());
    const bool taken = co_await exchange.upload->write(std::move(bytes));
    if (!taken) break;
  }
  exchange.upload->finish();
  Condition never(co_await asio::this_coro::executor);
  for (;;) co_await never.wait();
}

std::string head_for_client(const Exchange& exchange, const HttpAnswer& answer, HttpBody body) {
  std::vector<Header> headers;
  for (Header& header : headers_for_client(answer.headers, exchange.secret.name, exchange.secret.origin())) {
    if (exchange.redactor->redact(header.name) != header.name) continue;
    headers.push_back({std::move(header.name), exchange.redactor->redact(header.value)});
  }
  return to_bytes({.status = answer.status, .headers = headers, .body = body, .keep_alive = false}, http_date(std::time(nullptr)));
}

std::string piece_of(std::string_view bytes, HttpBody body) {
  if (bytes.empty()) return {};
  return body == HttpBody::Chunked ? fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes) : std::string(bytes);
}

// Whole, or an Error in the middle of it.
Task<Result<>> pass_answer(Exchange& exchange, HttpAnswer& answer) {
  const bool has_body = may_have_body(answer.status) && exchange.request.method != "HEAD";
  const HttpBody body = has_body && !exchange.request.is_http_1_0 ? HttpBody::Chunked : HttpBody::UntilClose;
  const Error gone{Code::Cancelled, "the client went before the answer had come", ""};
  auto beginning = exchange.visit.write(head_for_client(exchange, answer, body));
  const bool begun = co_await std::move(beginning);
  if (!begun) co_return std::unexpected(gone);
  if (!has_body) co_return Result<>{};
  RedactedStream clean(exchange.redactor);
  std::uint64_t bytes_so_far = 0;
  for (bool ended = false; !ended;) {
    ZO_CO_TRY(const std::string bytes, co_await answer.next());
    ended = bytes.empty();
    bytes_so_far += bytes.size();
    if (bytes_so_far > limits::kGatewayBodyBytes) co_return std::unexpected(too_large());
    std::string piece = piece_of(ended ? clean.finish() : clean.push(bytes), body);
    if (ended && body == HttpBody::Chunked) piece += "0\r\n\r\n";
    if (piece.empty()) continue;
    auto writing = exchange.visit.write(std::move(piece));
    const bool written = co_await std::move(writing);
    if (!written) co_return std::unexpected(gone);
  }
  co_return Result<>{};
}

Task<Result<>> let_send(Exchange& exchange) {
  if (!exchange.request.expects_continue) co_return Result<>{};
  auto going_on = exchange.visit.write("HTTP/1.1 100 Continue\r\n\r\n");
  const bool told = co_await std::move(going_on);
  if (!told) co_return fail(Code::Cancelled, "the client went before the body had come");
  co_return Result<>{};
}

// Of a request whose length is known, and small.
Task<Result<std::string>> whole_body(Exchange& exchange) {
  std::string body;
  if (exchange.visit.body_bytes == 0) co_return body;
  ZO_CO_OK(co_await let_send(exchange));
  while (body.size() < exchange.visit.body_bytes) {
    auto reading = exchange.visit.read();
    ZO_CO_TRY(const std::string bytes, co_await std::move(reading));
    if (bytes.empty()) break;
    body += bytes;
  }
  co_return body;
}

// One that may pass leaves it open whether the request was worked on: it is the same when it is made again.
bool says_what_became(int status) { return status < 500 && status != 408 && status != 425 && status != 429; }

Task<Result<>> ask_and_answer(Exchange& exchange, HttpClient& http, Outward* outward, HttpAsk ask) {
  Result<HttpAnswer> answer = co_await http.send(std::move(ask));
  if (!answer) {
    // A server may say the secret in what it does wrong.
    Error error = std::move(answer.error());
    error.message = exchange.redactor->redact(error.message);
    co_return std::unexpected(std::move(error));
  }
  if (!exchange.key.empty() && says_what_became(answer->status)) co_await outward->answered(*exchange.person, exchange.key, answer->status);
  co_return co_await pass_answer(exchange, *answer);
}

constexpr std::uint64_t kKnownBodyBytes = 64 * limits::KiB;  // a body up to this is looked at before it goes

// Whether a request may change something there, so that to make it twice is another thing than to make it once (RFC 9110, 9.2.1).
bool may_change(std::string_view method) { return method != "GET" && method != "HEAD" && method != "OPTIONS" && method != "TRACE"; }

std::string content_of(const HttpAsk& ask, const TunnelVisit& visit) {
  const std::string size = visit.chunked ? "chunked" : std::to_string(visit.body_bytes);
  return hash_hex({ask.method, "\n", ask.url, "\n", size, "\n", ask.body});
}

Result<> check(const GatewayRequest& request, const TunnelVisit& visit, const HostSecret& secret) {
  if (secret.peer.port == 0) return fail(Code::Corrupt, fmt::format("the secret '{}' says no host", secret.name), "zo secret set " + secret.name);
  const bool has_body = visit.chunked || visit.body_bytes > 0;
  if (request.method == "HEAD" && has_body) return fail(Code::Invalid, "HEAD has no body");
  if (visit.body_bytes > limits::kGatewayBodyBytes) return std::unexpected(too_large());
  return {};
}

}  // namespace

Task<Result<>> Gateway::serve(TunnelVisit visit, Errand errand, MayUse may_use) {
  ZO_CO_TRY(GatewayRequest request, read_gateway_request(visit.head));
  if (!errand.person) co_return fail(Code::Internal, "a secret was to be used for nobody");
  ZO_CO_OK(may_use(request.name));
  ZO_CO_TRY(const HostSecret secret, secrets_.find(*errand.person, request.name));
  ZO_CO_OK(check(request, visit, secret));
  ZO_CO_TRY(HostCredentials credentials, co_await secrets_.credentials(secret));

  HttpAsk ask{.method = request.method, .url = secret.origin() + request.target, .headers = headers_for_host(request.headers, secret.header.name), .errand = std::move(errand),
              .is_listed = true, .first_byte_ms = limits::kGatewayFirstByteMs};
  ask.headers.push_back(std::move(credentials.header));
  Exchange exchange{std::move(visit), std::move(request), secret, std::move(credentials.redactor), nullptr};
  const bool is_known = !exchange.visit.chunked && exchange.visit.body_bytes <= kKnownBodyBytes;
  if (is_known) {
    ZO_CO_TRY(ask.body, co_await whole_body(exchange));
  }
  if (outward_ != nullptr && !ask.errand.run.empty() && may_change(ask.method)) {
    OutwardRequest request_out{*ask.errand.person, ask.errand.run, fmt::format("{}:{}", secret.peer.host.text, secret.peer.port), ask.method, content_of(ask, exchange.visit)};
    ZO_CO_TRY(exchange.key, co_await outward_->begin(std::move(request_out)));
    exchange.person = ask.errand.person;
    const bool has_own = std::ranges::any_of(ask.headers, [](const Header& header) { return equals_ignoring_case(header.name, "idempotency-key"); });
    if (!has_own) ask.headers.push_back({"Idempotency-Key", exchange.key});
  }
  if (is_known) co_return co_await ask_and_answer(exchange, http_, outward_, std::move(ask));

  const Executor executor = co_await asio::this_coro::executor;
  exchange.upload = std::make_shared<HttpUpload>(executor, exchange.visit.chunked ? std::nullopt : std::optional(exchange.visit.body_bytes));
  ask.upload = exchange.upload;
  ZO_CO_OK(co_await let_send(exchange));
  auto racing = first_of(ask_and_answer(exchange, http_, outward_, std::move(ask)), pass_body(exchange));
  const std::variant<Result<>, Result<>> ended = co_await std::move(racing);
  co_return ended.index() == 0 ? std::get<0>(ended) : std::get<1>(ended);
}

}  // namespace zo
