#include "net/http_client.h"

#include <curl/curl.h>

#include "async/deadline.h"
#include "base/text.h"
#include "net/curl_engine.h"

namespace zo {
namespace {

// "host:port" of an http or https URL.
struct Peer {
  std::string host;
  std::string port;
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string out(text);
  curl_free(text);
  return out;
}

Result<Peer> peer_of(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  const bool good = parsed && curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
  const std::string scheme = good ? part_of(parsed.get(), CURLUPART_SCHEME, 0) : "";
  if (scheme != "http" && scheme != "https") {
    return fail(Code::Invalid, "'" + std::string(utf8_prefix(url, 200)) + "' is not an http or https address");
  }
  return Peer{part_of(parsed.get(), CURLUPART_HOST, 0), part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
}

Result<> check_headers(const HttpAsk& ask) {
  static constexpr std::string_view kForbidden("\r\n\0", 3);
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  if (ask.method.empty() || ask.method.find_first_not_of(kLetters) != ask.method.npos) return fail(Code::Invalid, "'" + ask.method + "' is not an HTTP method");
  for (const Header& header : ask.headers) {
    const bool good_name = !header.name.empty() && header.name.find_first_of(": \t\r\n") == header.name.npos;
    if (!good_name || header.name.find('\0') != header.name.npos || header.value.find_first_of(kForbidden) != header.value.npos) {
      return fail(Code::Invalid, "header '" + to_valid_utf8(header.name) + "' holds characters that a header may not hold");
    }
  }
  return {};
}

}  // namespace

bool is_loopback(std::string_view host) {
  const bool is_number = host.find_first_not_of("0123456789.") == host.npos;
  return host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || (is_number && host.starts_with("127."));
}

HttpAnswer::HttpAnswer(std::shared_ptr<CurlTransfer> transfer, std::shared_ptr<CurlEngine> engine)
    : transfer_(std::move(transfer)), engine_(std::move(engine)) {}

HttpAnswer::HttpAnswer(HttpAnswer&&) noexcept = default;

HttpAnswer& HttpAnswer::operator=(HttpAnswer&& other) noexcept {
  if (this == &other) return *this;
  leave();
  status = other.status;
  headers = std::move(other.headers);
  transfer_ = std::move(other.transfer_);
  engine_ = std::move(other.engine_);
  return *this;
}

HttpAnswer::~HttpAnswer() { leave(); }

void HttpAnswer::leave() {
  if (transfer_ && !transfer_->ended) engine_->cancel(std::move(transfer_));
}

std::string_view HttpAnswer::header(std::string_view name) const {
  for (const Header& header : headers)
    if (equals_ignoring_case(header.name, name)) return header.value;
  return {};
}

bool HttpAnswer::ended() const { return !transfer_ || transfer_->ended; }

Task<Result<std::string>> HttpAnswer::next() {
  if (!transfer_) co_return std::string();
  CurlTransfer& transfer = *transfer_;
  while (transfer.arrived.empty() && !transfer.ended) co_await transfer.changed.wait();
  if (transfer.arrived.empty()) {
    if (transfer.error) co_return std::unexpected(*transfer.error);
    co_return std::string();
  }
  std::string bytes = std::exchange(transfer.arrived, {});
  transfer.bytes_waiting -= bytes.size();
  if (transfer.bytes_waiting <= kAnswerBytesWaiting / 2 && transfer.paused.exchange(false)) engine_->resume(transfer_);
  co_return bytes;
}

Task<Result<std::string>> HttpAnswer::rest(std::size_t bytes_max) {
  std::string all;
  for (;;) {
    ZO_CO_TRY(const std::string bytes, co_await next());
    if (bytes.empty()) co_return all;
    if (all.size() + bytes.size() > bytes_max) {
      co_return fail(Code::Exhausted,
                     "the answer of " + transfer_->peer + " is larger than " + human_size(bytes_max) + ", the limit");
    }
    all += bytes;
  }
}

Task<void> HttpAnswer::let_end(Clock& clock) {
  if (ended()) co_return;
  auto end = within(clock, kBodyEndMs, rest(kBodyEndBytes));
  co_await std::move(end);
}

Task<void> HttpAnswer::head() {
  while (transfer_->status == 0 && !transfer_->ended) co_await transfer_->changed.wait();
  status = transfer_->status;
  headers = std::move(transfer_->headers);
}

HttpClient::HttpClient(Executor executor, DialPolicy policy) : executor_(std::move(executor)), policy_(std::move(policy)) {}

HttpClient::~HttpClient() {
  if (engine_) engine_->stop();
}

Task<Result<HttpAnswer>> HttpClient::send(HttpAsk ask) {
  ZO_CO_TRY(const Peer peer, peer_of(ask.url));
  ZO_CO_OK(check_headers(ask));
  if (policy_) ZO_CO_OK(policy_(ask));
  if (!engine_) engine_ = std::make_shared<CurlEngine>(executor_);
  auto transfer = std::make_shared<CurlTransfer>(executor_, std::move(ask));
  const bool local = !transfer->ask.unix_socket.empty();
  transfer->peer = local ? transfer->ask.unix_socket : peer.host + ":" + peer.port;
  transfer->past_proxies = local || is_loopback(peer.host);
  HttpAnswer answer(transfer, engine_);
  engine_->start(transfer);
  co_await answer.head();
  if (answer.status == 0) co_return std::unexpected(transfer->error.value_or(Error{Code::Internal, "no answer came", ""}));
  co_return answer;
}

}  // namespace zo
