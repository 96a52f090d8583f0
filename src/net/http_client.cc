#include "net/http_client.h"

#include <fmt/core.h>

#include "async/deadline.h"
#include "base/shown.h"
#include "base/text.h"
#include "net/curl_engine.h"
#include "net/http_upload.h"

namespace zo {
namespace {

// An http or https address, taken apart where nobody can read it otherwise: up to the first of "/?#" it is the peer's.
struct Target {
  bool tls = false;
  std::string_view host;  // as it was written
  std::uint16_t port = 0;
  bool port_given = false;
  std::string_view rest;  // from the path on
};

struct Scheme {
  std::string_view plain;
  std::string_view tls;
  std::uint16_t plain_port;
  std::uint16_t tls_port;
};
constexpr Scheme kWeb{"http", "https", 80, 443};
constexpr Scheme kMail{"smtp", "smtps", 587, 465};

Result<Target> target_of(std::string_view url, const Scheme& known = kWeb) {
  Target target;
  const std::size_t mark = url.find("://");
  const std::string scheme = mark == url.npos ? "" : to_lower(url.substr(0, mark));
  const bool plain = std::ranges::none_of(url, [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
  if ((scheme != known.plain && scheme != known.tls) || !plain)
    return fail(Code::Invalid, fmt::format("'{}' is not an {} or {} address", name_in_line(to_valid_utf8(utf8_prefix(url, 200))), known.plain, known.tls));
  target.tls = scheme == known.tls;
  const std::string_view behind = url.substr(mark + 3);
  const std::string_view peer = behind.substr(0, behind.find_first_of("/?#"));
  target.rest = behind.substr(peer.size());
  if (peer.find('@') != peer.npos)  // what stands before it may be a password, and is not repeated
    return fail(Code::Invalid, "an address must not hold a name or a password", "send them in a header");
  const std::size_t colon = peer.rfind(':');
  if (!peer.starts_with('[') && peer.find(':') != colon)
    return fail(Code::Invalid, fmt::format("'{}' has more than one ':'", name_in_line(to_valid_utf8(utf8_prefix(peer, 100)))), "write IPv6 in brackets: http://[::1]:8080/");
  target.port_given = colon != peer.npos && peer.find(']', colon) == peer.npos;
  target.host = peer.substr(0, target.port_given ? colon : peer.npos);
  const std::string digits = target.port_given ? std::string(peer.substr(colon + 1)) : std::to_string(target.tls ? known.tls_port : known.plain_port);
  const auto port = to_whole_number(digits);
  if (digits.size() > 5 || !port || *port == 0 || *port > 65'535)
    return fail(Code::Invalid, fmt::format("the port of '{}' is not a number from 1 to 65535", name_in_line(to_valid_utf8(utf8_prefix(peer, 100)))));
  target.port = static_cast<std::uint16_t>(*port);
  return target;
}

// What is dialled: the canonical host in the place of the written one.
std::string url_of(const Target& target, const HostName& host, const Scheme& known = kWeb) {
  const std::string port = target.port_given || &known != &kWeb ? fmt::format(":{}", target.port) : "";
  return fmt::format("{}://{}{}{}", target.tls ? known.tls : known.plain, host.in_url(), port, target.rest);
}

// An address of mail goes into a line of the dialogue.
Result<> check_mail(const MailAsk& ask) {
  static constexpr std::string_view kForbidden("\r\n\0<> ", 6);
  for (const std::string& address : {ask.from, ask.to})
    if (address.find('@') == address.npos || address.find_first_of(kForbidden) != address.npos)
      return fail(Code::Invalid, fmt::format("'{}' is no address of mail", name_in_line(to_valid_utf8(utf8_prefix(address, 200)))));
  return {};
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
  const auto name = canonical_host(host);
  return name && name->is_loopback();
}

Result<HostPort> peer_of(std::string_view url) {
  ZO_TRY(const Target target, target_of(url));
  ZO_TRY(HostName host, canonical_host(target.host));
  return HostPort{std::move(host), target.port};
}

Result<HostPort> mail_peer_of(std::string_view server) {
  ZO_TRY(const Target target, target_of(server, kMail));
  if (!target.rest.empty()) return fail(Code::Invalid, "the address of a mail server has a path", "write it like smtps://smtp.example.org:465");
  ZO_TRY(HostName host, canonical_host(target.host));
  return HostPort{std::move(host), target.port};
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

HttpClient::HttpClient(Executor executor, DialPolicy* policy) : executor_(std::move(executor)), policy_(policy) {}

HttpClient::~HttpClient() {
  if (engine_) engine_->stop();
}

Task<Result<HttpAnswer>> HttpClient::send(HttpAsk ask) {
  ZO_CO_TRY(const Target target, target_of(ask.url));
  ZO_CO_OK(check_headers(ask));
  const bool local = !ask.unix_socket.empty();
  std::optional<Passage> passage;
  if (policy_ != nullptr && !local) {
    // The host as it was written: the policy refuses, and keeps a record of, what has no canonical form.
    Dial dial{ask.errand, std::string(target.host), target.port, target.tls, ask.is_listed};
    ZO_CO_TRY(passage, co_await policy_->admit(std::move(dial)));
  }
  ZO_CO_TRY(const HostName host, canonical_host(target.host));
  if (!engine_) engine_ = std::make_shared<CurlEngine>(executor_);
  const std::string url = url_of(target, host);
  const std::string peer = local ? ask.unix_socket : fmt::format("{}:{}", host.in_url(), target.port);
  auto transfer = std::make_shared<CurlTransfer>(executor_, std::move(ask));
  transfer->peer = peer;
  transfer->url = url;
  if (!local) transfer->proxy = passage ? passage->proxy : upstream_proxy(host, target.tls);
  transfer->passage = std::move(passage);
  if (const auto& upload = transfer->ask.upload)
    upload->on_more([engine = std::weak_ptr(engine_), fed = std::weak_ptr(transfer)] {
      const auto to = engine.lock();
      auto whom = fed.lock();
      if (to && whom) to->feed(std::move(whom));
    });
  HttpAnswer answer(transfer, engine_);
  engine_->start(transfer);
  co_await answer.head();
  if (answer.status == 0) co_return std::unexpected(transfer->error.value_or(Error{Code::Internal, "no answer came", ""}));
  co_return answer;
}

Task<Result<>> HttpClient::send_mail(MailAsk ask) {
  ZO_CO_TRY(const Target target, target_of(ask.server, kMail));
  ZO_CO_OK(check_mail(ask));
  ZO_CO_OK(mail_peer_of(ask.server));
  ZO_CO_TRY(const HostName host, canonical_host(target.host));
  std::optional<Passage> passage;
  // The owner has named the server.
  if (policy_ != nullptr) {
    Dial dial{ask.errand, std::string(target.host), target.port, target.tls, true};
    ZO_CO_TRY(passage, co_await policy_->admit(std::move(dial)));
    passage->proxy.clear();  // proxies of the web carry no mail
    if (passage->addresses.empty()) {
      const Error error{Code::Invalid, "cannot send mail: the mail server can be reached by a proxy alone", "name its host in no_proxy"};
      if (passage->ended) passage->ended({0, 0, error.message});
      co_return std::unexpected(error);
    }
  }
  if (!engine_) engine_ = std::make_shared<CurlEngine>(executor_);
  auto transfer = std::make_shared<CurlTransfer>(executor_, HttpAsk{.method = "POST", .body = std::move(ask.message), .connect_ms = limits::kMailSilenceMs, .first_byte_ms = limits::kMailSilenceMs, .idle_ms = limits::kMailSilenceMs});
  transfer->peer = fmt::format("{}:{}", host.in_url(), target.port);
  // Whom we are in its log: where the mail comes from, not what this machine is called.
  transfer->url = url_of(target, host, kMail) + "/" + ask.from.substr(ask.from.find('@') + 1);
  transfer->passage = std::move(passage);
  transfer->mail = std::move(ask);
  HttpAnswer answer(transfer, engine_);
  engine_->start(transfer);
  while (!transfer->ended) co_await transfer->changed.wait();
  if (transfer->error) co_return std::unexpected(*transfer->error);
  co_return Result<>{};
}

}  // namespace zo
