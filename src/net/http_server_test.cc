#include "net/http_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/text.h"
#include "testing/counted.h"
#include "testing/fake_clock.h"
#include "testing/http_raw.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

// Answers by path, so that each test reads as one conversation.
struct Echo {
  Clock& clock;
  bool stream_left = false;
  int running = 0;

  Task<void> operator()(HttpRequest request, HttpResponder& responder) {
    const Counted counted(running);
    if (request.path == "/stream") {
      co_await responder.begin_stream(200, {{"Content-Type", "text/event-stream"}});
      co_await responder.write("one");
      co_await responder.write("");
      co_await responder.write("two");
    } else if (request.path == "/ticks") {
      using namespace asio::experimental::awaitable_operators;
      co_await responder.begin_stream(200, {});
      for (int i = 0; i < 3; ++i) {
        auto tick_or_gone = clock.sleep_for(1) || responder.client_gone();
        co_await std::move(tick_or_gone);
        co_await responder.write("tick");
      }
    } else if (request.path == "/endless") {
      co_await responder.begin_stream(200, {});
      co_await responder.client_gone();
      stream_left = true;
    } else if (request.path == "/flood") {
      co_await responder.begin_stream(200, {});
      for (bool more = true; more;) more = co_await responder.write(std::string(100'000, 'x'));
      stream_left = true;
    } else if (request.path == "/throw") {
      throw std::runtime_error("the disk is on fire");
    } else if (request.path == "/throw-late") {
      co_await responder.begin_stream(200, {});
      co_await responder.write("one");
      throw std::runtime_error("the disk is on fire");
    } else if (request.path == "/silent") {
    } else if (request.path == "/no-content") {
      co_await responder.reply({204, {}, "must not be sent"});
    } else if (request.path == "/split") {
      co_await responder.reply({200, {{"X-Name", "a\r\nX-Evil: b"}, {"Content-Length", "99"}}, "ok"});
    } else {
      const std::string peer = request.local_uid == ::geteuid() ? " over unix" : "";
      co_await responder.reply({200, {{"X-Path", request.path}}, request.method + " " + request.body + peer});
    }
  }
};

struct HttpServerTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  FakeClock clock{executor};
  Echo echo{clock};
  std::optional<HttpServer> server;

  void start(HttpServerOptions options = {}) {
    server.emplace(executor, clock, std::bind_front(&HttpServerTest::admit, this), options);
    const Result<> listening = server->listen_tcp("127.0.0.1:0");
    ASSERT_TRUE(listening) << listening.error().message;
  }
  void TearDown() override {
    if (server) run(io, server->stop());
  }
  Task<HttpAdmission> admit(const HttpRequest& head) {
    co_return HttpAdmission{.answer = std::ref(echo), .body_bytes_max = head.path == "/big" ? 1'000'000 : 1'000, .known = true};
  }
  std::string exchange(std::string bytes) { return run(io, raw_exchange(server->port(), std::move(bytes))); }
};

std::string without_date(std::string reply) {
  for (std::size_t at = reply.find("Date: "); at != reply.npos; at = reply.find("Date: "))
    reply.erase(at, reply.find("\r\n", at) + 2 - at);
  return reply;
}

TEST_F(HttpServerTest, AnswersSeveralRequestsOnOneConnectionInOrder) {
  start();
  EXPECT_EQ(without_date(exchange("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
                                  "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
                                  "HEAD /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
            "HTTP/1.1 200 OK\r\nX-Path: /a\r\nContent-Length: 4\r\n\r\nGET "
            "HTTP/1.1 200 OK\r\nX-Path: /b\r\nContent-Length: 7\r\n\r\nPOST hi"
            "HTTP/1.1 200 OK\r\nX-Path: /c\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
}

TEST_F(HttpServerTest, StreamsInChunksAndGoesOn) {
  start();
  EXPECT_EQ(without_date(exchange("GET /stream HTTP/1.1\r\n\r\nGET /a HTTP/1.1\r\nConnection: close\r\n\r\n")),
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
            "HTTP/1.1 200 OK\r\nX-Path: /a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nGET ");
}

TEST_F(HttpServerTest, WaitingForTheClientToGoTakesNothingFromItsNextRequest) {
  start();
  const PassingTime time(executor, clock);
  EXPECT_EQ(without_date(exchange("GET /ticks HTTP/1.1\r\n\r\nPOST /a HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntick\r\n4\r\ntick\r\n4\r\ntick\r\n0\r\n\r\n"
            "HTTP/1.1 200 OK\r\nX-Path: /a\r\nContent-Length: 7\r\nConnection: close\r\n\r\nPOST hi");
}

TEST_F(HttpServerTest, AnOldClientGetsItsStreamWithoutChunks) {
  start();
  EXPECT_EQ(without_date(exchange("GET /stream HTTP/1.0\r\n\r\n")),
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nonetwo");
}

TEST_F(HttpServerTest, AHandlerThatFailsIsA500OrACutStream) {
  start();
  const std::string failed =
      R"({"error":{"code":"internal","message":"the server failed to answer this request; its log says why"}})";
  for (const std::string path : {"/throw", "/silent"}) {
    const std::string reply = exchange("GET " + path + " HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 500 Internal Server Error\r\n")) << reply;
    EXPECT_TRUE(reply.ends_with(failed)) << reply;
  }
  EXPECT_TRUE(exchange("GET /throw-late HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n3\r\none\r\n"));
}

TEST_F(HttpServerTest, NoReplyCanSmuggleAnother) {
  start();
  EXPECT_EQ(without_date(exchange("GET /split HTTP/1.1\r\nConnection: close\r\n\r\n")),
            "HTTP/1.1 200 OK\r\nX-Name: a  X-Evil: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  EXPECT_EQ(without_date(exchange("GET /no-content HTTP/1.1\r\nConnection: close\r\n\r\n")),
            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

Task<std::string> post_after_continue(int port) {
  RawPeer peer(co_await asio::this_coro::executor, port);
  co_await peer.send("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
  std::string said = co_await peer.read_until("\r\n\r\n");
  co_await peer.send("hi");
  said += co_await peer.read_all();
  co_return said;
}

TEST_F(HttpServerTest, AsksForTheBodyThatTheClientHoldsBack) {
  start();
  EXPECT_EQ(without_date(run(io, post_after_continue(server->port()))),
            "HTTP/1.1 100 Continue\r\n\r\n"
            "HTTP/1.1 200 OK\r\nX-Path: /a\r\nContent-Length: 7\r\nConnection: close\r\n\r\nPOST hi");
  EXPECT_TRUE(exchange("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n").starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(exchange("POST /a HTTP/1.1\r\nExpect: a-miracle\r\nContent-Length: 2\r\n\r\n").starts_with("HTTP/1.1 417 "));
}

TEST_F(HttpServerTest, TheLimitOfTheBodyIsTheRoutes) {
  start();
  const auto post = [](const std::string& path, std::size_t bytes) {
    return "POST " + path + " HTTP/1.1\r\nConnection: close\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
           std::string(bytes, 'x');
  };
  EXPECT_TRUE(exchange(post("/big", 1'000'000)).ends_with("xxxx"));
  EXPECT_TRUE(exchange(post("/a", 1'001))
                  .ends_with(R"({"error":{"code":"exhausted","message":"the request body is larger than 1,000 B, )"
                             R"(the limit of this route"}})"));
}

Task<std::string> leave_stream(int port, Echo& echo) {
  RawPeer peer(co_await asio::this_coro::executor, port);
  co_await peer.send("GET /endless HTTP/1.1\r\n\r\nGET /pipelined HTTP/1.1\r\n\r\n");
  std::string head = co_await peer.read_until("\r\n\r\n");
  peer.close();
  const bool left = co_await eventually([&echo] { return echo.stream_left; });
  co_return left ? head : "the handler never learned of it";
}

TEST_F(HttpServerTest, AHandlerLearnsThatTheClientHasGone) {
  start();
  EXPECT_TRUE(run(io, leave_stream(server->port(), echo)).starts_with("HTTP/1.1 200 OK\r\n"));
}

Task<bool> read_nothing_of_a_flood(int port, Echo& echo) {
  RawPeer peer(co_await asio::this_coro::executor, port);
  co_await peer.send("GET /flood HTTP/1.1\r\n\r\n");
  co_return co_await eventually([&echo] { return echo.stream_left; });
}

TEST_F(HttpServerTest, AReaderThatTakesNothingIsCut) {
  start();
  const PassingTime time(executor, clock);
  EXPECT_TRUE(run(io, read_nothing_of_a_flood(server->port(), echo)));
}

Task<void> stop_while_it_works(HttpServer& server, Echo& echo) {
  RawPeer streaming(co_await asio::this_coro::executor, server.port());
  RawPeer idle(co_await asio::this_coro::executor, server.port());
  co_await streaming.send("GET /endless HTTP/1.1\r\n\r\n");
  const bool works = co_await eventually([&] { return echo.running == 1 && server.connections() == 2; });
  EXPECT_TRUE(works);
  co_await server.stop();
  EXPECT_EQ(server.connections(), 0u);
  EXPECT_EQ(echo.running, 0);
  const std::string rest = co_await idle.read_all();
  EXPECT_EQ(rest, "");
}

TEST_F(HttpServerTest, StopEndsHandlersAndConnections) {
  start();
  run(io, stop_while_it_works(*server, echo));
}

Task<void> serve_on_without_accepting(HttpServer& server) {
  const Executor executor = co_await asio::this_coro::executor;
  RawPeer streaming(executor, server.port());
  RawPeer open(executor, server.port());
  co_await streaming.send("GET /endless HTTP/1.1\r\n\r\n");
  const bool works = co_await eventually([&] { return server.answering() == 1 && server.connections() == 2; });
  EXPECT_TRUE(works);
  server.stop_accepting();
  co_await open.send("GET /a HTTP/1.1\r\n\r\n");
  const std::string reply = co_await open.read_reply();
  EXPECT_TRUE(reply.ends_with("GET ")) << reply;
  EXPECT_EQ(server.answering(), 1u);
  EXPECT_ANY_THROW(RawPeer(executor, server.port()));
}

TEST_F(HttpServerTest, WithoutAcceptingItServesThoseWhoAreThere) {
  start();
  run(io, serve_on_without_accepting(*server));
}

TEST_F(HttpServerTest, SaysWhatIsWrongWithAnAddress) {
  start();
  const std::string taken = "127.0.0.1:" + std::to_string(server->port());
  EXPECT_EQ(server->listen_tcp(taken).error().code, Code::Conflict);
  EXPECT_EQ(server->listen_tcp(taken).error().message, "cannot listen on " + taken + ": Address already in use");
  for (const std::string address : {"", "8787", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "example.org:80", "127.0.0.1:80x"})
    EXPECT_EQ(server->listen_tcp(address).error().code, Code::Invalid) << address;
  EXPECT_TRUE(server->listen_tcp("[::1]:0"));
  EXPECT_TRUE(server->listen_tcp("localhost:0"));
}

Task<std::string> get_over_unix(std::string path) {
  RawPeer peer(co_await asio::this_coro::executor, path);
  co_await peer.send("GET /a HTTP/1.1\r\n\r\n");
  co_return co_await peer.read_reply();
}

TEST_F(HttpServerTest, AUnixSocketIsPrivateAndReplacesAStaleOne) {
  const TempFolder folder;
  const std::string path = folder / "zo.sock";
  start();
  ASSERT_TRUE(server->listen_unix(path));
  struct stat found{};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777u, 0600u);
  EXPECT_TRUE(run(io, get_over_unix(path)).ends_with("GET  over unix"));
  EXPECT_EQ(server->listen_unix(path).error().message, "another server listens on " + path);

  ASSERT_EQ(::link(path.c_str(), (folder / "stale.sock").c_str()), 0);
  run(io, server->stop());
  EXPECT_NE(::stat(path.c_str(), &found), 0);
  start();
  EXPECT_TRUE(server->listen_unix(folder / "stale.sock"));
  EXPECT_TRUE(run(io, get_over_unix(folder / "stale.sock")).ends_with("GET  over unix"));
}

TEST_F(HttpServerTest, AUnixSocketNeverTakesTheNameOfAFile) {
  const TempFolder folder;
  write_whole_file(folder / "notes", "mine");
  start();
  EXPECT_EQ(server->listen_unix(folder / "notes").error().code, Code::Conflict);
  EXPECT_EQ(read_whole_file(folder / "notes"), "mine");
  EXPECT_EQ(server->listen_unix(folder / std::string(200, 'a')).error().code, Code::Invalid);
}

TEST(OpenFiles, TheSoftLimitIsRaised) { EXPECT_GE(raise_open_files_limit(), 4'096u); }

}  // namespace
}  // namespace zo
