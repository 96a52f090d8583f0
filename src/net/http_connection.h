// One connection of the server: reads requests one after the other, lets the handler answer each, and is the responder that
// the handler talks to. It waits for readiness instead of leaving buffers with the kernel's queue, so that an idle or streaming
// connection holds no buffer at all. Whoever reads events costs one coroutine: the server's one sweep compares each connection's
// deadline with the time and writes the comments that keep a quiet stream alive, and a callback tells that the client has gone.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <list>
#include <optional>

#include "async/condition.h"
#include "async/scope.h"
#include "net/http_request.h"
#include "net/http_server.h"

namespace zo {

class HttpConnection;
using HttpSocket = asio::generic::stream_protocol::socket;

// What a connection counts as.
enum class HttpStanding : std::uint8_t {
  Newcomer,    // over TCP, a moment ago: its first request is not judged yet
  Stranger,    // over TCP, and it has not shown who it is
  Known,       // over TCP, and an admission said so
  Local,       // over a unix socket, of our own user
  Leaving,     // gave way and has not ended yet
  TurnedAway,  // is told why it is not served
};

// What all connections of one server share.
struct HttpService {
  using Connections = std::list<HttpConnection*>;

  HttpService(const Executor& executor, Clock& c, HttpAdmit a, HttpServerOptions o)
      : clock(c), admit(std::move(a)), options(o), opened(executor) {}

  Clock& clock;
  HttpAdmit admit;
  HttpServerOptions options;
  std::array<Connections, 6> connections;  // by standing; strangers in the order in which they became idle or busy
  Condition opened;                        // there is another connection
  std::size_t answering = 0;               // requests that are being answered
  std::size_t bodies_bytes = 0;            // reserved for the bodies of requests
  std::uint64_t opened_so_far = 0;

  Connections& of(HttpStanding standing) { return connections[static_cast<std::size_t>(standing)]; }
  std::size_t count() const;
  // The stranger that has been idle for longest; when none is idle, the first to come of those that do not wait for us.
  HttpConnection& least_needed();
  // Called by the sweep: who has been a newcomer since the last one is a stranger from now on.
  void age_newcomers();
  // The Date header, formatted once a second.
  std::string_view date();

 private:
  std::string date_;
  std::int64_t date_second_ = -1;
};

class HttpConnection final : public HttpResponder {
 public:
  // Until either side ends the connection.
  static Task<void> serve(std::unique_ptr<HttpConnection> connection);
  // Says why this connection is not served, and closes it.
  static Task<void> turn_away(HttpService& service, HttpSocket socket, HttpRefusal refusal);

  // `local_uid`: of the process at the other end of a unix socket.
  HttpConnection(HttpService& service, HttpSocket socket, HttpStanding standing, std::optional<unsigned> local_uid = {});
  ~HttpConnection() override;
  // Called by the sweep: true when it did so before.
  bool was_swept() { return std::exchange(swept_, true); }
  // Called by the sweep: wakes whatever waits on the socket when the deadline has passed, and keeps a quiet stream alive.
  void look_after(std::int64_t now_ms);
  // Waits for a request, or for the rest of its head.
  bool is_idle() const { return !busy_; }
  // Waits for us: neither for its client nor because it is held back.
  bool is_worked_for() const { return working_; }
  // Later ones are larger.
  std::uint64_t number() const { return number_; }
  // Ends soon, since another needs the room.
  void give_way();
  // A newcomer joins the strangers; when they are too many, one gives way.
  void settle();
  // What runs serve(): cancelled when the reader of a stream of events goes.
  Scope::Child activity;

  Task<void> reply(HttpReply reply) override;
  Task<bool> begin_stream(int status, std::vector<Header> headers) override;
  Task<bool> begin_events(std::vector<Header> headers) override;
  Task<bool> write(std::string bytes) override;
  Task<void> client_gone() override;
  void cut() override;

 private:
  enum class Progress { Asked, Streaming, Answered };
  using Parts = std::array<asio::const_buffer, 3>;

  // False: the connection is over, or refusal_ says why. Else the request is in parser_, and how to answer it in answer_.
  Task<bool> read_request();
  Task<bool> read_head();
  Task<std::optional<HttpAdmission>> judge();
  Task<bool> read_body(std::size_t bytes_max);
  bool become_known();
  bool reserve_body(std::size_t bytes);
  Task<bool> read_until(bool (HttpRequestParser::*reached)() const, std::size_t bytes_at_once);
  // Waits for bytes and appends them to in_; false at the end of the stream or when the deadline passes.
  Task<bool> fill(std::size_t bytes_at_once);
  // Appends what is there now to in_; false when that is the end.
  bool take(std::size_t bytes_at_once);
  Task<void> answer();
  Task<void> finish(std::exception_ptr failure);
  // False when the client has gone or takes nothing any more.
  Task<bool> send(Parts parts);
  Task<bool> wait_writable();
  Task<void> let_others_work();
  Task<void> hold_back(std::int64_t duration_ms);
  Task<void> wait_for_cancellation();
  void watch_client();
  void comment();
  Task<void> refuse(HttpRefusal refusal);
  Task<void> linger();

  void stand(HttpStanding standing);
  void set_busy(bool busy);
  void release_body();
  void use(std::size_t bytes);
  // `late`: what a 408 says when the time is over; empty: the connection is closed without a word.
  void set_deadline(std::int64_t duration_ms, std::string late);
  void clear_deadline();

  HttpService& service_;
  HttpService::Connections::iterator place_;
  HttpSocket socket_;
  std::optional<HttpRequestParser> parser_;  // while a request is being read
  std::optional<HttpRefusal> refusal_;
  HttpAnswering answer_;
  std::size_t body_reserved_ = 0;
  const std::uint64_t number_;
  const std::optional<unsigned> local_uid_;
  std::string in_;  // bytes that arrived and are not used yet
  std::size_t sent_without_rest_ = 0;
  std::int64_t deadline_ms_;
  std::int64_t wrote_at_ms_ = 0;            // of a stream of events
  std::shared_ptr<HttpConnection*> alive_;  // once a callback of ours may outlive us
  std::string late_message_;
  HttpStanding standing_;
  Progress progress_ = Progress::Asked;
  bool keep_alive_ = true;
  bool without_body_ = false;  // the request was HEAD
  bool until_close_ = false;   // the request was HTTP/1.0
  bool first_ = true;
  bool busy_ = false;  // with a request whose head is there
  bool working_ = false;  // for it: its request is judged or answered
  bool swept_ = false;  // was there when the sweep came by
  bool late_ = false;
  bool gone_ = false;
  bool events_ = false;  // the stream is one of server-sent events
  bool sending_ = false;
  bool watching_ = false;  // a callback tells when the client goes
};

}  // namespace zo
