#include "net/http_connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>

#include "base/log.h"
#include "base/text.h"
#include "net/http_reply.h"

namespace zo {
namespace {

using boost::system::error_code;

constexpr std::size_t kHeadRead = 4 * limits::KiB;
constexpr std::size_t kBodyRead = 64 * limits::KiB;
constexpr std::size_t kSentBeforeRest = 256 * limits::KiB;  // then the others get a turn, however fast this client reads
constexpr std::int64_t kLingerMs = 2'000;                   // so that a refusal is read before the connection is reset
constexpr std::string_view kFailed = "the server failed to answer this request; its log says why";
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::string seconds(std::int64_t duration_ms) { return fmt::format("{:g} s", static_cast<double>(duration_ms) / 1'000); }

}  // namespace

std::size_t HttpService::count() const {
  std::size_t all = 0;
  for (const Connections& some : connections) all += some.size();
  return all;
}

HttpConnection& HttpService::least_needed() {
  const Connections& strangers = of(HttpStanding::Stranger);
  const auto idle = std::ranges::find_if(strangers, &HttpConnection::is_idle);
  if (idle != strangers.end()) return **idle;
  const auto need = [](const HttpConnection* one) { return std::pair(one->is_worked_for(), one->number()); };
  return **std::ranges::min_element(strangers, {}, need);
}

void HttpService::age_newcomers() {
  Connections& newcomers = of(HttpStanding::Newcomer);
  // In the order in which they came.
  for (auto next = newcomers.begin(); next != newcomers.end();) {
    HttpConnection& one = **next++;
    if (one.was_swept()) one.settle();
  }
}

std::string_view HttpService::date() {
  const std::time_t now = clock.now() / 1'000;
  if (now != date_second_) date_ = http_date(now);
  date_second_ = now;
  return date_;
}

HttpConnection::HttpConnection(HttpService& service, HttpSocket socket, HttpStanding standing, std::optional<unsigned> local_uid)
    : service_(service), socket_(std::move(socket)), number_(service.opened_so_far++), local_uid_(local_uid), deadline_ms_(kNever), standing_(standing) {
  HttpService::Connections& among = service_.of(standing_);
  place_ = among.insert(among.end(), this);
  service_.opened.notify_all();
  error_code failed;  // then every wait fails too, which ends the connection
  socket_.non_blocking(true, failed);
}

HttpConnection::~HttpConnection() {
  release_body();
  service_.of(standing_).erase(place_);
}

void HttpConnection::stand(HttpStanding standing) {
  HttpService::Connections& among = service_.of(standing);
  among.splice(among.end(), service_.of(standing_), place_);
  standing_ = standing;
}

void HttpConnection::set_busy(bool busy) {
  if (std::exchange(busy_, busy) != busy && standing_ == HttpStanding::Stranger) stand(standing_);
}

void HttpConnection::give_way() {
  stand(HttpStanding::Leaving);
  activity.cancel();
}

void HttpConnection::settle() {
  if (standing_ != HttpStanding::Newcomer) return;
  if (service_.of(HttpStanding::Stranger).size() >= service_.options.strangers_max) service_.least_needed().give_way();
  stand(HttpStanding::Stranger);
}

Task<void> HttpConnection::serve(std::unique_ptr<HttpConnection> connection) {
  while (connection->keep_alive_ && !connection->gone_) {
    const bool asked = co_await connection->read_request();
    if (!asked) break;
    co_await connection->answer();
    connection->release_body();
    connection->set_busy(false);
  }
  connection->set_busy(false);
  if (connection->refusal_) co_await connection->refuse(std::move(*connection->refusal_));
  else if (!connection->gone_) co_await connection->linger();
}

Task<void> HttpConnection::turn_away(HttpService& service, HttpSocket socket, HttpRefusal refusal) {
  HttpConnection connection(service, std::move(socket), HttpStanding::TurnedAway);
  co_await connection.refuse(std::move(refusal));
}

Task<void> HttpConnection::refuse(HttpRefusal refusal) {
  keep_alive_ = false;
  progress_ = Progress::Asked;
  late_ = false;
  HttpReply told = error_reply(refusal.status, refusal.code, refusal.message, refusal.advice);
  if (refusal.status == 503) told.headers.push_back({"Retry-After", "2"});
  co_await reply(std::move(told));
  co_await linger();
}

void HttpConnection::look_after(std::int64_t now_ms) {
  if (events_ && progress_ == Progress::Streaming && !sending_ && !gone_ && now_ms - wrote_at_ms_ >= service_.options.comment_ms) comment();
  if (now_ms < deadline_ms_) return;
  deadline_ms_ = kNever;
  late_ = true;
  error_code ignored;  // a socket that cannot be cancelled has nothing that waits
  socket_.cancel(ignored);
}

Task<bool> HttpConnection::read_request() {
  parser_.emplace(HttpRequestLimits{service_.options.head_bytes_max, service_.options.headers_max});
  const bool head = co_await read_head();
  clear_deadline();
  if (!head) co_return false;
  set_busy(true);
  std::optional<HttpAdmission> admission = co_await judge();
  if (!admission) co_return false;
  answer_ = std::move(admission->answer);
  const bool whole = !admission->body_bytes_max || co_await read_body(*admission->body_bytes_max);
  clear_deadline();
  if (refusal_ && refusal_->status == 413) refusal_->advice = std::move(admission->body_advice);
  if (!whole) co_return false;
  // A body that is not wanted is not read either, so nothing can follow it.
  keep_alive_ = parser_->done() && parser_->keep_alive() && !parser_->is_http_1_0();
  without_body_ = parser_->is_head();
  until_close_ = parser_->is_http_1_0();
  co_return true;
}

Task<std::optional<HttpAdmission>> HttpConnection::judge() {
  HttpRequest& head = parser_->request();
  head.local_uid = local_uid_;
  HttpAdmission admission;
  std::exception_ptr failure;
  working_ = true;
  try {
    Task<HttpAdmission> judging = service_.admit(head);
    admission = co_await std::move(judging);
  } catch (...) {  // told to the log and the client below, or thrown again if we were cancelled
    failure = std::current_exception();
  }
  working_ = false;
  co_await throw_if_cancelled();
  if (failure) {
    std::string buffer;
    log_error("net", "a request could not be judged: " + std::string(describe(failure, buffer)));
    refusal_ = HttpRefusal{500, Code::Internal, std::string(kFailed)};
  }
  if (!admission.known) settle();
  if (failure || (admission.known && !become_known())) co_return std::nullopt;
  co_return admission;
}

bool HttpConnection::become_known() {
  if (standing_ != HttpStanding::Newcomer && standing_ != HttpStanding::Stranger) return true;
  const std::size_t most = service_.options.connections_max;
  if (service_.of(HttpStanding::Known).size() < most) {
    stand(HttpStanding::Known);
    return true;
  }
  refusal_ = HttpRefusal{503, Code::Exhausted, fmt::format("{} connections are open, the limit of this server", most)};
  return false;
}

bool HttpConnection::reserve_body(std::size_t bytes) {
  const std::size_t most = service_.options.bodies_bytes_max;
  if (service_.bodies_bytes + bytes > most) {
    refusal_ = HttpRefusal{503, Code::Exhausted,
                           fmt::format("the bodies of the requests that are being answered leave no room for another of {}; "
                                       "the limit for all of them is {}", human_size(bytes), human_size(most))};
    return false;
  }
  service_.bodies_bytes += bytes;
  body_reserved_ += bytes;
  return true;
}

void HttpConnection::release_body() { service_.bodies_bytes -= std::exchange(body_reserved_, 0); }

Task<bool> HttpConnection::read_head() {
  const HttpServerOptions& options = service_.options;
  if (!in_.empty()) {
    // Whoever sends many requests at once does not keep the others waiting for all of them.
    co_await let_others_work();
  } else {
    // Nobody is told that nothing came.
    set_deadline(first_ ? options.head_ms : options.idle_ms, "");
    const bool came = co_await fill(kHeadRead);
    if (!came) co_return false;
  }
  first_ = false;
  set_deadline(options.head_ms, "the request head took longer than " + seconds(options.head_ms) + ", the limit");
  co_return co_await read_until(&HttpRequestParser::head_done, kHeadRead);
}

Task<bool> HttpConnection::read_body(std::size_t bytes_max) {
  const auto bytes = parser_->limit_body(bytes_max);
  if (!bytes) refusal_ = bytes.error();
  if (!bytes || !reserve_body(*bytes)) co_return false;
  if (parser_->done()) co_return true;
  const HttpRequest& request = parser_->request();
  if (const std::string_view expected = request.header("expect"); !expected.empty() && !parser_->expects_continue()) {
    refusal_ = HttpRefusal{417, Code::Invalid, "of expectations only 100-continue is understood"};
    co_return false;
  }
  if (parser_->expects_continue() && in_.empty()) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const bool sent = co_await send({asio::buffer(kContinue)});
    if (!sent) co_return false;
  }
  const std::int64_t limit_ms = service_.options.body_ms;
  set_deadline(limit_ms, "the request body took longer than " + seconds(limit_ms) + ", the limit");
  const bool whole = co_await read_until(&HttpRequestParser::done, kBodyRead);
  release_body();
  co_return whole && reserve_body(request.body.size());
}

Task<bool> HttpConnection::read_until(bool (HttpRequestParser::*reached)() const, std::size_t bytes_at_once) {
  while (!((*parser_).*reached)()) {
    const auto used = parser_->feed(in_);
    if (!used) {
      refusal_ = used.error();
      co_return false;
    }
    use(*used);
    if (*used > 0) continue;
    if (in_.size() >= service_.options.head_bytes_max) {
      refusal_ = HttpRefusal{400, Code::Invalid, "a chunk header or trailer is larger than " +
                                                     human_size(service_.options.head_bytes_max) + ", the limit"};
      co_return false;
    }
    const bool came = co_await fill(bytes_at_once);
    if (!came) co_return false;
  }
  co_return true;
}

Task<bool> HttpConnection::fill(std::size_t bytes_at_once) {
  const std::size_t held = in_.size();
  while (!late_ && !gone_ && in_.size() == held) {
    auto ready = socket_.async_wait(HttpSocket::wait_read, asio::as_tuple(asio::use_awaitable));
    co_await std::move(ready);
    co_await throw_if_cancelled();
    if (!late_) gone_ = !take(bytes_at_once);
  }
  if (!late_) co_return !gone_;
  if (late_message_.empty()) gone_ = true;
  else refusal_ = HttpRefusal{408, Code::Timeout, late_message_};
  co_return false;
}

bool HttpConnection::take(std::size_t bytes_at_once) {
  error_code failure;
  const std::size_t held = in_.size();
  in_.resize_and_overwrite(held + bytes_at_once, [&](char* bytes, std::size_t) {
    return held + socket_.read_some(asio::buffer(bytes + held, bytes_at_once), failure);
  });
  return !failure || failure == asio::error::would_block;
}

void HttpConnection::use(std::size_t bytes) {
  if (bytes < in_.size()) in_.erase(0, bytes);
  else std::string().swap(in_);  // the buffer goes: whoever waits now may wait long
}

void HttpConnection::set_deadline(std::int64_t duration_ms, std::string late) {
  deadline_ms_ = service_.clock.steady_ms() + duration_ms;
  late_message_ = std::move(late);
}

void HttpConnection::clear_deadline() {
  deadline_ms_ = kNever;
  late_message_.clear();
}

Task<void> HttpConnection::answer() {
  struct Counted {
    std::size_t& count;
    explicit Counted(std::size_t& c) : count(c) { ++count; }
    ~Counted() { --count; }
  } counted(service_.answering);
  progress_ = Progress::Asked;
  events_ = false;
  std::exception_ptr failure;
  working_ = true;
  try {
    Task<void> work = answer_(std::move(parser_->request()), *this);
    answer_ = nullptr;
    parser_.reset();
    co_await std::move(work);
  } catch (...) {  // told to the log and the client in finish(), or thrown again if we were cancelled
    failure = std::current_exception();
  }
  co_await throw_if_cancelled();
  co_await finish(failure);
  working_ = false;
}

Task<void> HttpConnection::finish(std::exception_ptr failure) {
  if (failure) {
    std::string buffer;
    log_error("net", "a request handler failed: " + std::string(describe(failure, buffer)));
  } else if (progress_ == Progress::Asked && !gone_) {
    log_error("net", "a request handler ended without an answer");
  }
  if (progress_ == Progress::Asked) {
    co_await reply(error_reply(500, Code::Internal, kFailed));
  } else if (progress_ == Progress::Streaming) {
    progress_ = Progress::Answered;  // no comment may follow the last chunk
    // A stream that failed is cut without its last chunk, so that the client sees that it is not whole.
    if (failure || until_close_) keep_alive_ = false;
    else co_await send({asio::buffer(std::string_view("0\r\n\r\n"))});
    if (failure) gone_ = true;
  }
}

Task<void> HttpConnection::reply(HttpReply reply) {
  ZO_CHECK(progress_ == Progress::Asked);
  progress_ = Progress::Answered;
  if (reply.held_back_ms > 0) co_await hold_back(reply.held_back_ms);
  const std::string head = to_bytes(
      {.status = reply.status, .headers = reply.headers, .body_bytes = reply.body.size(), .keep_alive = keep_alive_},
      service_.date());
  const bool body = !without_body_ && may_have_body(reply.status);
  co_await send({asio::buffer(head), asio::buffer(reply.body.data(), body ? reply.body.size() : 0)});
}

Task<bool> HttpConnection::begin_stream(int status, std::vector<Header> headers) {
  ZO_CHECK(progress_ == Progress::Asked);
  progress_ = without_body_ ? Progress::Answered : Progress::Streaming;
  const HttpBody body = until_close_ ? HttpBody::UntilClose : HttpBody::Chunked;
  const std::string head =
      to_bytes({.status = status, .headers = headers, .body = body, .keep_alive = keep_alive_}, service_.date());
  const bool sent = co_await send({asio::buffer(head)});
  co_return sent && !without_body_;
}

Task<bool> HttpConnection::begin_events(std::vector<Header> headers) {
  headers.insert(headers.begin(), {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}});
  events_ = true;
  wrote_at_ms_ = service_.clock.steady_ms();
  const bool begun = co_await begin_stream(200, std::move(headers));
  if (begun) watch_client();
  co_return begun;
}

// The callback is not a coroutine, since a thousand readers wait here.
void HttpConnection::watch_client() {
  if (std::exchange(watching_, true)) return;
  if (!alive_) alive_ = std::make_shared<HttpConnection*>(this);
  auto arrived = [self = std::weak_ptr(alive_)](const error_code&) {
    const auto alive = self.lock();
    if (!alive) return;
    HttpConnection& one = **alive;
    one.watching_ = false;
    if (one.progress_ != Progress::Streaming) return;
    one.gone_ = one.gone_ || !one.take(kHeadRead);
    if (one.gone_) one.activity.cancel();
    else if (!one.late_ && one.in_.size() < one.service_.options.head_bytes_max) one.watch_client();
  };
  socket_.async_wait(HttpSocket::wait_read, std::move(arrived));
}

// A comment, whole or not at all: when the kernel's buffer is full, the client has enough to read.
void HttpConnection::comment() {
  const std::string_view bytes = until_close_ ? ":\n\n" : "3\r\n:\n\n\r\n";
  error_code failure;
  const std::size_t sent = socket_.write_some(asio::buffer(bytes), failure);
  wrote_at_ms_ = service_.clock.steady_ms();
  if (sent == bytes.size() || (sent == 0 && failure == asio::error::would_block)) return;
  gone_ = true;
  activity.cancel();
}

Task<bool> HttpConnection::write(std::string bytes) {
  if (progress_ != Progress::Streaming) co_return false;
  if (events_) wrote_at_ms_ = service_.clock.steady_ms();
  if (bytes.empty()) co_return !gone_;
  if (until_close_) co_return co_await send({asio::buffer(bytes)});
  std::array<char, 20> size;
  const auto end = fmt::format_to_n(size.data(), size.size(), "{:x}\r\n", bytes.size()).out;
  bytes.append("\r\n");
  co_return co_await send({asio::buffer(size.data(), static_cast<std::size_t>(end - size.data())), asio::buffer(bytes)});
}

Task<bool> HttpConnection::send(Parts parts) {
  sending_ = true;
  std::size_t left = asio::buffer_size(parts);
  while (left > 0 && !gone_) {
    error_code failure;
    std::size_t sent = socket_.write_some(parts, failure);
    left -= sent;
    sent_without_rest_ += sent;
    for (asio::const_buffer& part : parts) {
      const std::size_t of_this = std::min(sent, part.size());
      part += of_this;
      sent -= of_this;
    }
    if (failure && failure != asio::error::would_block) gone_ = true;
    if (failure != asio::error::would_block) continue;
    const bool writable = co_await wait_writable();
    gone_ = gone_ || !writable;
  }
  sending_ = false;
  if (gone_ && events_) activity.cancel();  // whatever else works for this reader ends, too
  if (sent_without_rest_ >= kSentBeforeRest) {
    sent_without_rest_ = 0;
    co_await let_others_work();
  }
  co_return !gone_;
}

Task<void> HttpConnection::let_others_work() {
  auto others = asio::post(socket_.get_executor(), asio::use_awaitable);
  co_await std::move(others);
}

Task<void> HttpConnection::hold_back(std::int64_t duration_ms) {
  const bool worked = std::exchange(working_, false);
  co_await service_.clock.sleep_for(duration_ms);
  working_ = worked;
}

Task<bool> HttpConnection::wait_writable() {
  sent_without_rest_ = 0;
  set_deadline(service_.options.write_ms, "");
  const bool worked = std::exchange(working_, false);
  auto ready = socket_.async_wait(HttpSocket::wait_write, asio::as_tuple(asio::use_awaitable));
  co_await std::move(ready);
  co_await throw_if_cancelled();
  working_ = worked;
  clear_deadline();
  co_return !late_;
}

// A frame of its own, with as little in it as possible: it lives as long as a stream.
Task<void> HttpConnection::client_gone() {
  while (!gone_ && in_.size() < service_.options.head_bytes_max) {
    auto ready = socket_.async_wait(HttpSocket::wait_read, asio::as_tuple(asio::use_awaitable));
    co_await std::move(ready);
    // The usual end: the answer was there first. An exception, thrown again in each frame that waits for this, costs more than all the rest.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    gone_ = gone_ || late_ || !take(kHeadRead);
  }
  // So much was sent ahead that no more is read before this answer is over; a failing write tells the rest.
  if (!gone_) co_await wait_for_cancellation();
}

void HttpConnection::cut() {
  gone_ = true;
  activity.cancel();
}

Task<void> HttpConnection::wait_for_cancellation() {
  Condition never(socket_.get_executor());
  for (;;) co_await never.wait();
}

Task<void> HttpConnection::linger() {
  error_code failure;
  socket_.shutdown(HttpSocket::shutdown_send, failure);
  if (failure) co_return;
  late_ = false;
  set_deadline(kLingerMs, "");
  for (bool more = true; more;) {
    in_.clear();
    more = co_await fill(kBodyRead);
  }
}

}  // namespace zo
