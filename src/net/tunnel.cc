#include "net/tunnel.h"

#include <fmt/core.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <memory>

#include "async/condition.h"
#include "async/deadline.h"
#include "async/scope.h"
#include "base/text.h"
#include "net/client_hello.h"
#include "net/connect.h"
#include "net/proxy_request.h"

namespace zo {
namespace {

using asio::ip::tcp;
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::int64_t kLookMs = 1'000;           // how exactly the idle time is kept
constexpr std::int64_t kLingerMs = 500;           // for the client to read why it was refused
constexpr std::size_t kLingerBytes = 256 * limits::KiB;
constexpr std::uint64_t kBodyBytesMost = std::uint64_t{1} << 40;
constexpr std::int64_t kPauseMs = 50;             // when the machine has no descriptor left
constexpr unsigned char kUnrecognizedName[] = {21, 3, 3, 0, 2, 2, 112};  // a TLS alert, RFC 8446 6.2

// Both to their end.
Task<void> both(Task<bool> a, Task<bool> b) {
  const Executor executor = co_await asio::this_coro::executor;
  auto group = asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(a), asio::deferred),
                                                       asio::co_spawn(executor, std::move(b), asio::deferred));
  auto ended = group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
  auto [order, failure_a, done_a, failure_b, done_b] = co_await std::move(ended);
  co_await throw_if_cancelled();
  if (const std::exception_ptr failure = failure_a ? failure_a : failure_b) std::rethrow_exception(failure);
}

Error error_of(HttpRefusal refusal) { return {refusal.code, std::move(refusal.message), ""}; }

// A text for a person; its first line also where clients that read no body show something.
std::string refusal_reply(int status, std::string_view word, const Error& error) {
  std::string line = to_valid_utf8("zo: " + error.message + (error.advice.empty() ? "" : "; " + error.advice));
  for (char& c : line)
    if (static_cast<unsigned char>(c) < ' ' || c == 127) c = ' ';
  std::string phrase(word);
  for (const char c : " (" + line + ")") phrase += c < ' ' || c > '~' ? '?' : c;
  return fmt::format("HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}\n", status,
                     std::string_view(phrase).substr(0, 300), line.size() + 1, line);
}

// One connection of a client.
class Exchange {
 public:
  Exchange(Clock& clock, const TunnelRules& rules, const TunnelLimits& limits, tcp::socket client)
      : clock_(clock), rules_(rules), limits_(limits), client_(std::move(client)), server_(client_.get_executor()), begun_ms_(clock.steady_ms()), moved_ms_(begun_ms_) {}
  ~Exchange() {
    if (way_.ended) way_.ended(moved_);
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Until either side ends it, or its time is over.
  Task<void> run() {
    auto racing = first_of(converse(), keep_time());
    co_await std::move(racing);
  }

 private:
  Task<bool> converse();
  Task<bool> keep_time();
  Task<std::expected<std::string, HttpRefusal>> read_head();
  Task<Result<tcp::socket>> reach(HostName host);
  Task<Result<>> look_at_hello(HostName host);
  Task<bool> tunnel(ProxyRequest request);
  Task<bool> forward(ProxyRequest request);
  Task<bool> send_body(ProxyRequest request);
  Task<bool> send_length(std::uint64_t bytes);
  Task<bool> send_chunks();
  Task<bool> pump(tcp::socket& from, tcp::socket& to);
  Task<bool> send(std::string_view bytes);  // on to the server
  Task<bool> fill(std::size_t bytes_at_once);
  Task<bool> write(tcp::socket& to, std::string_view bytes);
  Task<bool> refuse(int status, std::string_view word, Error error);
  Task<bool> linger();
  void tell(const Error& error) const {
    if (rules_.on_refused) rules_.on_refused(host_, port_, error);
  }
  void end() {
    boost::system::error_code ignored;
    client_.close(ignored);
    server_.close(ignored);
  }

  Clock& clock_;
  const TunnelRules& rules_;
  const TunnelLimits& limits_;
  tcp::socket client_;
  tcp::socket server_;
  std::string in_;  // of the client, not used yet
  std::string host_;
  std::uint16_t port_ = 0;
  TunnelWay way_;
  PassageEnd moved_;
  std::int64_t begun_ms_;
  std::int64_t moved_ms_;
  bool deciding_ = false;  // a person may be asked: no idleness of the client
};

Task<bool> Exchange::keep_time() {
  for (;;) {
    co_await clock_.sleep_for(std::min(kLookMs, limits_.idle_ms));
    const std::int64_t now = clock_.steady_ms();
    const bool idle = !deciding_ && now - moved_ms_ >= limits_.idle_ms;
    if (idle || now - begun_ms_ >= limits_.life_ms) co_return false;
  }
}

Task<bool> Exchange::write(tcp::socket& to, std::string_view bytes) {
  const auto [ec, count] = co_await asio::async_write(to, asio::buffer(bytes.data(), bytes.size()), kAsTuple);
  moved_ms_ = clock_.steady_ms();
  co_return !ec;
}

Task<bool> Exchange::send(std::string_view bytes) {
  const bool written = co_await write(server_, bytes);
  if (written) moved_.sent_bytes += bytes.size();
  co_return written;
}

Task<bool> Exchange::fill(std::size_t bytes_at_once) {
  const std::size_t had = in_.size();
  in_.resize(had + bytes_at_once);
  const auto [ec, count] = co_await client_.async_read_some(asio::buffer(in_.data() + had, bytes_at_once), kAsTuple);
  in_.resize(had + count);
  moved_ms_ = clock_.steady_ms();
  co_return !ec;
}

Task<std::expected<std::string, HttpRefusal>> Exchange::read_head() {
  for (;;) {
    ZO_CO_TRY(const std::size_t length, proxy_head_length(in_));
    if (length > 0) {
      std::string head = in_.substr(0, length);
      in_.erase(0, length);
      co_return head;
    }
    const bool more = co_await fill(4 * limits::KiB);
    if (!more) co_return std::string();
  }
}

Task<bool> Exchange::refuse(int status, std::string_view word, Error error) {
  tell(error);
  co_await write(client_, refusal_reply(status, word, error));
  co_return co_await linger();
}

// To close on bytes that nobody has read would take from the client what it was told.
Task<bool> Exchange::linger() {
  boost::system::error_code ignored;
  client_.shutdown(tcp::socket::shutdown_send, ignored);
  const std::int64_t end = clock_.steady_ms() + kLingerMs;
  for (std::size_t bytes = 0; bytes < kLingerBytes && clock_.steady_ms() < end; bytes += in_.size()) {
    in_.clear();
    const std::optional<bool> more = co_await within(clock_, kLingerMs, fill(16 * limits::KiB));
    if (!more || !*more) break;
  }
  co_return true;
}

Task<bool> Exchange::converse() {
  const auto head = co_await within(clock_, limits_.head_ms, read_head());
  if (!head) co_return co_await refuse(408, "Request Timeout", {Code::Timeout, "the request did not come", ""});
  if (!*head) co_return co_await refuse(head->error().status, "Bad Request", error_of(head->error()));
  if ((*head)->empty()) co_return false;  // the client has gone
  std::expected<ProxyRequest, HttpRefusal> request = read_proxy_request(**head);
  if (!request && rules_.on_unread) rules_.on_unread(peer_as_written(**head), error_of(request.error()));
  if (!request) co_return co_await refuse(request.error().status, "Bad Request", error_of(request.error()));
  host_ = request->host.text;
  port_ = request->port;

  deciding_ = true;
  Result<TunnelWay> admitted = co_await rules_.admit(host_, port_, request->connect);
  deciding_ = false;
  moved_ms_ = clock_.steady_ms();
  if (!admitted) {
    const bool denied = admitted.error().code != Code::Unavailable;
    co_return co_await refuse(denied ? 403 : 502, denied ? "Forbidden" : "Bad Gateway", std::move(admitted.error()));
  }
  way_ = *std::move(admitted);
  auto dialling = reach(request->host);
  Result<tcp::socket> server = co_await std::move(dialling);
  if (!server) {
    moved_.failure = server.error().message;
    co_return co_await refuse(502, "Bad Gateway", std::move(server.error()));
  }
  server_ = *std::move(server);
  co_return request->connect ? co_await tunnel(*std::move(request)) : co_await forward(*std::move(request));
}

Task<Result<tcp::socket>> Exchange::reach(HostName host) {
  std::string name = fmt::format("{}:{}", host.in_url(), port_);
  if (way_.upstream) return dial_through(clock_, limits_.connect_ms, *way_.upstream, std::move(name));
  return dial(clock_, limits_.connect_ms, std::move(name), way_.endpoints);
}

// Reads the client's first words, which stay in in_.
Task<Result<>> Exchange::look_at_hello(HostName host) {
  for (;;) {
    ZO_CO_TRY(const std::optional<ClientHello> hello, read_client_hello(in_));
    if (hello && !hello->server_name && host.number) co_return Result<>();
    if (hello && !hello->server_name) co_return fail(Code::Denied, "the TLS client names no server", "it must name the one of CONNECT");
    if (hello) {
      const Result<HostName> named = canonical_host(*hello->server_name);
      if (named && *named == host) co_return Result<>();
      co_return fail(Code::Denied, fmt::format("TLS names {}, CONNECT {}", *hello->server_name, host.text), "both must be the same");
    }
    const bool more = co_await fill(4 * limits::KiB);
    if (!more) co_return fail(Code::Cancelled, "the client went before TLS had begun");
  }
}

Task<bool> Exchange::tunnel(ProxyRequest request) {
  const bool told = co_await write(client_, "HTTP/1.1 200 Connection established\r\n\r\n");
  if (!told) co_return false;
  auto looking = look_at_hello(request.host);
  std::optional<Result<>> seen = co_await within(clock_, limits_.head_ms, std::move(looking));
  if (!seen) seen = fail(Code::Timeout, "TLS did not begin within 15 s of CONNECT");
  if (!*seen) {
    if (seen->error().code != Code::Cancelled) tell(seen->error());
    moved_.failure = seen->error().message;
    co_await write(client_, {reinterpret_cast<const char*>(kUnrecognizedName), sizeof kUnrecognizedName});
    co_return co_await linger();
  }
  if (rules_.on_admitted) rules_.on_admitted(host_, port_);
  const bool sent = co_await send(in_);
  if (!sent) co_return false;
  std::string().swap(in_);
  auto relaying = both(pump(client_, server_), pump(server_, client_));
  co_await std::move(relaying);
  co_return true;
}

// The end of one direction is passed on; the other goes on until it ends, too. A failure ends both.
Task<bool> Exchange::pump(tcp::socket& from, tcp::socket& to) {
  std::string buffer(limits::kTunnelBufferBytes, '\0');
  for (;;) {
    const auto [ec, count] = co_await from.async_read_some(asio::buffer(buffer), kAsTuple);
    moved_ms_ = clock_.steady_ms();
    if (ec && ec != asio::error::eof) break;
    if (ec) {
      boost::system::error_code failed;
      to.shutdown(tcp::socket::shutdown_send, failed);
      co_return true;
    }
    const bool written = co_await write(to, std::string_view(buffer).substr(0, count));
    if (!written) break;
    (&to == &client_ ? moved_.received_bytes : moved_.sent_bytes) += count;
  }
  end();
  co_return false;
}

Task<bool> Exchange::forward(ProxyRequest request) {
  if (rules_.on_admitted) rules_.on_admitted(host_, port_);
  const bool sent = co_await send(request.head);
  if (!sent) co_return co_await refuse(502, "Bad Gateway", {Code::Unavailable, host_ + " closed the connection", ""});
  // The answer ends with its connection, and may come before the body has gone.
  auto answering = first_of(pump(server_, client_), send_body(std::move(request)));
  co_await std::move(answering);
  co_return co_await linger();
}

// Ends only when the client breaks off: what comes behind the body is not for this server.
Task<bool> Exchange::send_body(ProxyRequest request) {
  const bool sent = request.chunked ? co_await send_chunks() : co_await send_length(request.body_bytes);
  if (!sent) co_return false;
  co_await clock_.sleep_for(limits_.life_ms);
  co_return true;
}

Task<bool> Exchange::send_length(std::uint64_t bytes) {
  while (bytes > 0) {
    if (in_.empty()) {
      const bool more = co_await fill(limits::kTunnelBufferBytes);
      if (!more) co_return false;
    }
    const std::size_t count = std::min<std::uint64_t>(bytes, in_.size());
    const bool written = co_await send(std::string_view(in_).substr(0, count));
    if (!written) co_return false;
    in_.erase(0, count);
    bytes -= count;
  }
  co_return true;
}

// Read chunk by chunk and written anew, so that what is sent on is what was understood.
Task<bool> Exchange::send_chunks() {
  HttpRequestParser parser({});
  constexpr std::string_view kHead = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  if (!parser.feed(kHead) || !parser.limit_body(kBodyBytesMost)) co_return false;
  for (;;) {
    const auto used = parser.feed(in_);
    if (!used) {
      tell(error_of(used.error()));
      co_return false;
    }
    in_.erase(0, *used);
    std::string& body = parser.request().body;
    if (!body.empty()) {
      const std::string chunk = fmt::format("{:x}\r\n{}\r\n", body.size(), body);
      const bool written = co_await send(chunk);
      if (!written) co_return false;
      body.clear();
    }
    if (parser.done()) co_return co_await send("0\r\n\r\n");
    if (*used > 0) continue;
    const bool more = in_.size() < 2 * limits::kTunnelBufferBytes && co_await fill(limits::kTunnelBufferBytes);
    if (!more) co_return false;
  }
}

// How many there are, and who waits for there to be fewer.
struct Places {
  explicit Places(const Executor& executor) : freed(executor) {}
  Condition freed;
  std::size_t taken = 0;
};

struct Leave {
  void operator()(Places* places) const {
    --places->taken;
    places->freed.notify_all();
  }
};
using Place = std::unique_ptr<Places, Leave>;

Task<void> serve_one(Clock& clock, const TunnelRules& rules, const TunnelLimits& limits, tcp::socket client, [[maybe_unused]] Place place) {
  boost::system::error_code ignored;
  client.set_option(tcp::no_delay(true), ignored);
  Exchange exchange(clock, rules, limits, std::move(client));
  co_await exchange.run();
}

Task<void> accept_all(Clock& clock, tcp::acceptor& acceptor, const TunnelRules& rules, const TunnelLimits& limits, Places& places, Scope& scope) {
  for (;;) {
    while (places.taken >= limits.connections_max) co_await places.freed.wait();
    auto [ec, client] = co_await acceptor.async_accept(kAsTuple);
    if (ec) {
      co_await clock.sleep_for(kPauseMs);
      continue;
    }
    ++places.taken;
    scope.spawn("tunnel", serve_one(clock, rules, limits, std::move(client), Place(&places)));
  }
}

}  // namespace

Task<void> serve_tunnel(Clock& clock, Fd listener, TunnelRules rules, TunnelLimits limits) {
  const Executor executor = co_await asio::this_coro::executor;
  tcp::acceptor acceptor(executor, tcp::v4(), listener.get());
  static_cast<void>(listener.release());
  Places places(executor);
  Scope scope(executor);
  std::exception_ptr cancelled;
  try {
    co_await accept_all(clock, acceptor, rules, limits, places, scope);
  } catch (...) {  // thrown again once the connections, which borrow from this frame, have ended
    cancelled = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await scope.stop();
  std::rethrow_exception(cancelled);
}

}  // namespace zo
