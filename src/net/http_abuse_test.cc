// What hostile or broken clients do, and that it costs the others nothing.
#include <gtest/gtest.h>

#include "async/scope.h"
#include "net/http_server.h"
#include "testing/admit_all.h"
#include "testing/fake_clock.h"
#include "testing/http_raw.h"
#include "testing/run.h"

namespace zo {
namespace {

Task<void> say_hello(HttpRequest request, HttpResponder& responder) {
  co_await responder.reply({200, {}, "hello " + request.path});
}

struct HttpAbuseTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  FakeClock clock{executor};
  std::optional<HttpServer> server;

  void start(HttpServerOptions options = {}) {
    server.emplace(executor, clock, admit_all(say_hello, 10'000), options);
    ASSERT_TRUE(server->listen_tcp("127.0.0.1:0"));
  }
  void TearDown() override { run(io, server->stop()); }
  // Only the status line.
  std::string status_of(std::string bytes) {
    const std::string reply = run(io, raw_exchange(server->port(), std::move(bytes)));
    return reply.substr(0, reply.find("\r\n"));
  }
};

TEST_F(HttpAbuseTest, RefusesAndClosesWhateverIsAmbiguous) {
  start();
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\n\r\n";
  for (const std::string& head : {std::string("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                                  std::string("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
                                  std::string("Content-Length: 0\r\nContent-Length: 26\r\n\r\n"),
                                  std::string("Transfer-Encoding: identity\r\n\r\n"), std::string("A: b\r\n folded\r\n\r\n"),
                                  std::string("A: b\nHost: y\r\n\r\n")}) {
    const std::string reply =
        run(io, raw_exchange(server->port(), "POST /a HTTP/1.1\r\nHost: x\r\n" + head + smuggled));
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 400 Bad Request\r\n")) << head << reply;
    EXPECT_TRUE(reply.find("Connection: close\r\n") != reply.npos) << reply;
    EXPECT_TRUE(reply.find("smuggled") == reply.npos) << reply;
  }
}

TEST_F(HttpAbuseTest, NamesTheLimitThatWasHit) {
  start();
  EXPECT_EQ(status_of("GET /a HTTP/1.1\r\nA: " + std::string(1'000'000, 'x') + "\r\n\r\n"),
            "HTTP/1.1 431 Request Header Fields Too Large");
  std::string many = "GET /a HTTP/1.1\r\n";
  for (int i = 0; i < 10'000; ++i) many += "A:\r\n";
  EXPECT_EQ(status_of(many + "\r\n"), "HTTP/1.1 431 Request Header Fields Too Large");
  const std::string reply = run(io, raw_exchange(server->port(), many + "\r\n"));
  EXPECT_TRUE(reply.ends_with(R"({"error":{"code":"exhausted","message":"the request head is larger than 32 kB, the limit"}})"))
      << reply;
  EXPECT_EQ(status_of("POST /a HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n" + std::string(500'000, 'x')),
            "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(status_of("GET http://x/a HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status_of("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'x')),
            "HTTP/1.1 400 Bad Request");
}

TEST_F(HttpAbuseTest, SlowHeadsAndBodiesAreCutWith408) {
  start();
  const PassingTime time(executor, clock);
  EXPECT_EQ(status_of("GET /a HTT"), "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(status_of("POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel"), "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(status_of(""), "");
  const std::string idle = run(io, raw_exchange(server->port(), "GET /a HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(idle.ends_with("hello /a")) << idle;
}

Task<void> drip(Clock& clock, int port, int& begun, int& cut) {
  RawPeer peer(co_await asio::this_coro::executor, port);
  co_await peer.send("GET /a HTTP/1.1\r\n");
  // One header every few milliseconds: always busy, never done.
  ++begun;
  for (int i = 0; i < 75; ++i) {
    co_await clock.sleep_for(20);
    co_await peer.send("A: b\r\n");
  }
  const std::string reply = co_await peer.read_all();
  if (reply.starts_with("HTTP/1.1 408 ")) ++cut;
}

Task<void> ask_among_drips(Executor executor, FakeClock& clock, HttpServer& server, int& cut) {
  Scope scope(executor);
  int begun = 0;
  for (int i = 0; i < 500; ++i) scope.spawn("drip", drip(clock, server.port(), begun, cut));
  const bool dripping = co_await eventually([&begun] { return begun == 500; });
  EXPECT_TRUE(dripping);
  const PassingTime time(executor, clock);
  RawPeer polite(executor, server.port());
  for (int i = 0; i < 20; ++i) {
    co_await polite.send("GET /a HTTP/1.1\r\n\r\n");
    const std::string reply = co_await polite.read_reply();
    EXPECT_TRUE(reply.ends_with("hello /a"));
  }
  co_await scope.wait();
}

TEST_F(HttpAbuseTest, FiveHundredDrippingClientsAreCutWhileOthersAreServed) {
  start({.strangers_max = 1'000, .newcomers_max = 1'000, .head_ms = 1'000});
  int cut = 0;
  run(io, ask_among_drips(executor, clock, *server, cut));
  EXPECT_EQ(cut, 500);
}

Task<void> hold_idle_connections(Executor executor, HttpServer& server) {
  std::vector<std::unique_ptr<RawPeer>> idle;
  for (int i = 0; i < 500; ++i) {
    idle.push_back(std::make_unique<RawPeer>(executor, server.port()));
    co_await idle.back()->send("GET /a HTTP/1.1\r\n\r\n");
    co_await idle.back()->read_reply();
  }
  EXPECT_EQ(server.connections(), 500u);
  const std::string reply = co_await raw_exchange(server.port(), "GET /b HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(reply.ends_with("hello /b")) << reply;
  idle.clear();
  const bool closed = co_await eventually([&server] { return server.connections() == 0; });
  EXPECT_TRUE(closed);
}

TEST_F(HttpAbuseTest, FiveHundredIdleConnectionsComeAndGo) {
  start();
  run(io, hold_idle_connections(executor, *server));
}

Task<std::string> one_too_many(Executor executor, HttpServer& server) {
  RawPeer first(executor, server.port());
  RawPeer second(executor, server.port());
  for (RawPeer* peer : {&first, &second}) {
    co_await peer->send("GET /a HTTP/1.1\r\n\r\n");
    co_await peer->read_reply();
  }
  co_return co_await raw_exchange(server.port(), "GET /a HTTP/1.1\r\n\r\n");
}

TEST_F(HttpAbuseTest, OneKnownConnectionTooManyIsToldSo) {
  start({.connections_max = 2});
  const std::string reply = run(io, one_too_many(executor, *server));
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << reply;
  EXPECT_TRUE(reply.ends_with(R"({"error":{"code":"exhausted","message":"2 connections are open, the limit of this server"}})"));
}

Task<void> vanish(Executor executor, HttpServer& server) {
  for (const std::string bytes : {"", "G", "GET /a HTTP/1.1\r\n", "POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf",
                                  "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n"}) {
    RawPeer peer(executor, server.port());
    co_await peer.send(bytes);
    peer.close();
  }
  const bool closed = co_await eventually([&server] { return server.connections() == 0; });
  EXPECT_TRUE(closed);
}

TEST_F(HttpAbuseTest, ClientsThatVanishLeaveNothingBehind) {
  start();
  run(io, vanish(executor, *server));
}

Task<std::size_t> pipeline(Executor executor, HttpServer& server) {
  RawPeer peer(executor, server.port());
  std::string bytes;
  for (int i = 0; i < 2'000; ++i) bytes += "GET /a HTTP/1.1\r\n\r\n";
  co_await peer.send(bytes + "GET /last HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string replies = co_await peer.read_all();
  EXPECT_TRUE(replies.ends_with("hello /last"));
  std::size_t count = 0;
  for (std::size_t at = replies.find("hello /a"); at != replies.npos; at = replies.find("hello /a", at + 1)) ++count;
  co_return count;
}

TEST_F(HttpAbuseTest, ThousandsOfPipelinedRequestsAreAnsweredOneByOne) {
  start();
  EXPECT_EQ(run(io, pipeline(executor, *server)), 2'000u);
}

}  // namespace
}  // namespace zo
