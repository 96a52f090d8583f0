// HTTP/1.1, served (RFC 9112): TCP and unix sockets, keep-alive, limits on head, body, time and connections. A request that
// breaks the rules of framing (Content-Length with Transfer-Encoding, two lengths, bare LF in a chunk) is refused and the
// connection closed; a client that is too slow is cut. Before a client has shown who it is, it costs little: each request is
// judged by its head, before any of its body is read, and the connections of strangers are few, so that they shut out neither
// known clients nor the unix socket. No product words here: routing and tokens live in api/.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/clock.h"
#include "async/scope.h"
#include "base/limits.h"
#include "base/result.h"

namespace zo {

struct Header {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method;  // "GET"; a HEAD request arrives as GET, and its reply goes out without the body
  std::string target;  // as sent: "/api/runs?after=3"
  std::string path;    // percent-decoded, begins with '/'; a target with NUL, backslash, %2F or a dot segment is refused (400)
  std::string query;   // as sent, without the '?'; one with a broken percent escape is refused (400)
  std::vector<Header> headers;
  std::string body;
  std::optional<unsigned> local_uid;  // over a unix socket: of the process at its other end (os/peer.h), else its connection was refused

  // The first header of that name (any case); empty when absent.
  std::string_view header(std::string_view name) const;
  // How often it was sent: a second Host or Authorization is refused by the gate.
  std::size_t count(std::string_view name) const;
  // Decoded value of one query parameter; nothing when absent.
  std::optional<std::string> parameter(std::string_view name) const;
};

struct HttpReply {
  int status = 200;
  std::vector<Header> headers;
  std::string body;
  std::int64_t held_back_ms = 0;  // before it is sent; meanwhile the connection is among the first to give way
};

// How a handler answers: reply() once, or begin_stream() or begin_events() and then write() as often as it likes.
class HttpResponder {
 public:
  virtual ~HttpResponder() = default;
  // Content-Length, Date and Connection are added here.
  virtual Task<void> reply(HttpReply reply) = 0;
  // A body of unknown length (chunked). False from write() means: the client has gone, or was too slow (30 s without progress).
  virtual Task<bool> begin_stream(int status, std::vector<Header> headers) = 0;
  // A stream of server-sent events, for as long as anybody reads: when the client goes, the handler is cancelled; when nothing was
  // written for a while, a comment tells proxies that the stream lives.
  virtual Task<bool> begin_events(std::vector<Header> headers) = 0;
  virtual Task<bool> write(std::string bytes) = 0;
  // Ends when the client closes its side: who waits for something else awaits both. A cancellation ends it, too, and is not thrown.
  virtual Task<void> client_gone() = 0;
  // Ends the connection at once: nothing more is sent, and the handler is cancelled. For others than the handler.
  virtual void cut() = 0;
};

// Answers one request, whose body is complete. An exception becomes a 500 and a log line.
using HttpAnswering = std::move_only_function<Task<void>(HttpRequest request, HttpResponder& responder)>;

// What the head of a request decides. `answer` is called once and may be gone before its task ends.
struct HttpAdmission {
  HttpAnswering answer;
  // How large the body may be (413 above). Nothing: `answer` is a refusal, or needs no body; a body is not read, and the
  // connection ends.
  std::optional<std::size_t> body_bytes_max;
  std::string body_advice = {};  // what a person can do whose body is larger
  bool known = false;  // the client has shown who it is: from now on its connection is not one of the strangers'
};
// Asked before the body is read; `head` outlives the task. Must outlive the server.
using HttpAdmit = std::function<Task<HttpAdmission>(const HttpRequest& head)>;

struct HttpServerOptions {
  std::size_t connections_max = limits::kHttpConnections;  // of known clients, and as many over unix sockets
  std::size_t strangers_max = limits::kHttpStrangers;
  std::size_t newcomers_max = limits::kHttpNewcomers;
  std::size_t bodies_bytes_max = limits::kHttpBodiesBytes;
  std::size_t head_bytes_max = limits::kHttpHeadBytes;
  std::size_t headers_max = 128;  // 431 above
  std::int64_t head_ms = limits::kHttpHeadMs;
  std::int64_t body_ms = limits::kHttpBodyMs;
  std::int64_t idle_ms = limits::kHttpIdleMs;
  std::int64_t write_ms = limits::kHttpWriteMs;
  std::int64_t comment_ms = limits::kSseCommentMs;
};

class HttpServer {
 public:
  // Every limit of time is told by `clock`.
  HttpServer(Executor executor, Clock& clock, HttpAdmit admit, HttpServerOptions options = {});
  ~HttpServer();

  // "127.0.0.1:8787", "[::1]:0"; port 0 lets the system choose. Conflict when the port is taken.
  Result<> listen_tcp(const std::string& address);
  // Mode 0600; a stale socket of a dead server is replaced; only peers of our own user and outside every sandbox are served,
  // others are told why not. Paths up to 107 bytes.
  Result<> listen_unix(const std::string& path);
  // The port that listen_tcp() got.
  int port() const;
  std::size_t connections() const;
  // Requests that are being answered, streams among them.
  std::size_t answering() const;
  // No new connections; those that are open are served on.
  void stop_accepting();
  // The same, and running handlers are cancelled and awaited. Must have ended before the server is destroyed.
  Task<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Raises the soft limit of open files to the hard one, at most 65,536 (children inherit it, and some programs close every
// number up to it); returns the new soft limit.
std::size_t raise_open_files_limit();

}  // namespace zo
