#include "net/tunnel.h"

#include <gtest/gtest.h>

#include "async/scope.h"
#include "testing/fake_clock.h"
#include "testing/http_raw.h"
#include "testing/run.h"

namespace zo {
namespace {

using asio::ip::tcp;

struct TunnelTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  FakeClock clock{executor};
  RawListener server{executor};
  Scope scope{executor};
  std::vector<std::string> told;
  std::vector<PassageEnd> ends;
  std::optional<UpstreamProxy> upstream;
  int port = 0;

  // Only good.test, whatever its port, which leads to `server`.
  TunnelRules rules() {
    TunnelRules out;
    out.admit = [this](std::string host, std::uint16_t, bool) { return admit(std::move(host)); };
    out.on_refused = [this](const std::string& host, std::uint16_t, const Error& reason) { told.push_back("no " + host + ": " + reason.message); };
    out.on_admitted = [this](const std::string& host, std::uint16_t) { told.push_back("yes " + host); };
    return out;
  }
  Task<Result<TunnelWay>> admit(std::string host) {
    if (host != "good.test") co_return fail(Code::Denied, host + " is not allowed for this command", "zo door allow " + host);
    TunnelWay way(Endpoints{{asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(server.port())}});
    way.upstream = upstream;
    way.ended = [this](const PassageEnd& end) { ends.push_back(end); };
    co_return way;
  }
  void start(TunnelLimits limits = {}) { start(rules(), limits); }
  void start(TunnelRules with, TunnelLimits limits) {
    tcp::acceptor acceptor(executor, {asio::ip::address_v4::loopback(), 0});
    port = acceptor.local_endpoint().port();
    scope.spawn("tunnel", serve_tunnel(clock, Fd(acceptor.release()), std::move(with), limits));
  }
  void TearDown() override { run(io, scope.stop()); }
  std::string say(std::string bytes) { return run(io, raw_exchange(port, std::move(bytes))); }
  // What the client sees; the server sees one request and says `reply`.
  std::string say(std::string bytes, std::string reply) {
    scope.spawn("server", server.answer_once(std::move(reply)));
    return say(std::move(bytes));
  }
};

TEST_F(TunnelTest, PlainHttpGoesToTheHostThatWasAdmitted) {
  start();
  EXPECT_EQ(say("GET http://good.test/a HTTP/1.1\r\nHost: good.test\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nhello"), "HTTP/1.1 200 OK\r\n\r\nhello");
  EXPECT_EQ(told, std::vector<std::string>{"yes good.test"});
}

TEST_F(TunnelTest, WhatIsNotAdmittedIsRefusedInWordsOnBothLines) {
  start();
  const std::string reply = say("GET http://bad.test/ HTTP/1.1\r\nHost: bad.test\r\n\r\n");
  EXPECT_EQ(reply,
            "HTTP/1.1 403 Forbidden (zo: bad.test is not allowed for this command; zo door allow bad.test)\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 69\r\nConnection: close\r\n\r\nzo: bad.test is not allowed for this command; zo door allow bad.test\n")
      << reply;
  EXPECT_TRUE(say("CONNECT bad.test:443 HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(say("GET / HTTP/1.1\r\nHost: good.test\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(told.size(), 3u);
}

TEST_F(TunnelTest, WhatIsNotUnderstoodIsToldWithWhomItMeansAndNoPassword) {
  TunnelRules with = rules();
  std::vector<std::string> unread;
  with.on_unread = [&unread](const std::string& peer, const Error&) { unread.push_back(peer); };
  start(std::move(with), {});
  for (const char* line : {"GET http://2130706433:8080/x HTTP/1.1", "GET http://0x7f.1/ HTTP/1.1", "CONNECT 0177.0.0.1:443 HTTP/1.1", "GET http://ann:secret@good.test/ HTTP/1.1",
                           "CONNECT ann:secret@good.test:443 HTTP/1.1", "GET ftp://good.test/ HTTP/1.1", "GET http://good.test\\@bad.test/ HTTP/1.1", "GET /x HTTP/1.1", "GET"})
    EXPECT_TRUE(say(std::string(line) + "\r\n\r\n").starts_with("HTTP/1.1 400 ")) << line;
  EXPECT_EQ(unread, (std::vector<std::string>{"2130706433:8080", "0x7f.1", "0177.0.0.1:443", "good.test", "good.test:443", "good.test", "good.test", "", ""}));
  for (const std::string& line : told) EXPECT_EQ(line.find("secret"), line.npos) << line;
}

TEST_F(TunnelTest, ABodyIsSentOnToItsEndAndNothingBehindIt) {
  start();
  struct Seen {
    std::string bytes;
  };
  Seen seen;
  const auto answer = [](RawListener& at, Seen& what, std::string mark) -> Task<void> {
    RawPeer peer = co_await at.accept();
    what.bytes = co_await peer.read_until(mark);
    co_await peer.send("HTTP/1.1 200 OK\r\n\r\n");
    peer.close();
  };
  scope.spawn("server", answer(server, seen, "abc"));
  say("POST http://good.test/ HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET http://evil.test/ HTTP/1.1\r\n\r\n");
  EXPECT_EQ(seen.bytes, "POST / HTTP/1.1\r\nHost: good.test\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
  scope.spawn("server", answer(server, seen, "0\r\n\r\n"));
  say("POST http://good.test/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n2\r\nbc\r\n0\r\nTrailer: x\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(seen.bytes.ends_with("Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n") ||
              seen.bytes.ends_with("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"))
      << seen.bytes;
}

TEST_F(TunnelTest, ConnectIsForTlsThatNamesTheSameHost) {
  start();
  const auto accept = [](RawListener& at, std::string& what) -> Task<void> {
    RawPeer peer = co_await at.accept();
    what = co_await peer.read_all();
  };
  const auto ask = [&](const std::string& first_words) {
    std::string seen = "nothing";
    scope.spawn("server", accept(server, seen));
    const std::string reply = say("CONNECT good.test:443 HTTP/1.1\r\n\r\n" + first_words);
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 ")) << reply;
    EXPECT_EQ(reply.substr(reply.find("\r\n\r\n") + 4), std::string("\x15\x03\x03\x00\x02\x02\x70", 7));
    EXPECT_TRUE(run(io, eventually([&] { return seen != "nothing"; })));
    return seen;
  };
  EXPECT_EQ(ask("GET / HTTP/1.1\r\n\r\n"), "");
  EXPECT_EQ(ask("SSH-2.0-OpenSSH\r\n"), "");
  // A ClientHello for evil.test.
  const std::string name = "evil.test";
  const std::string body = std::string("\x03\x03") + std::string(32, 'r') + std::string("\x00\x00\x02\x13\x01\x01\x00\x00\x12\x00\x00\x00\x0e\x00\x0c\x00\x00\x09", 18) + name;
  const std::string message = std::string("\x01\x00\x00", 3) + static_cast<char>(body.size()) + body;
  EXPECT_EQ(ask(std::string("\x16\x03\x01\x00", 4) + static_cast<char>(message.size()) + message), "");
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[2], "no good.test: TLS names evil.test, CONNECT good.test");
}

TEST_F(TunnelTest, IdleConnectionsEndAndFurtherOnesWait) {
  start({.connections_max = 1, .head_ms = 100'000, .idle_ms = 1'000});
  RawPeer silent(executor, port);
  std::string reply;
  const auto ask = [](int at, std::string& out) -> Task<void> { out = co_await raw_exchange(at, "GET http://bad.test/ HTTP/1.1\r\n\r\n"); };
  scope.spawn("client", ask(port, reply));
  EXPECT_FALSE(run(io, eventually([&] { return !reply.empty(); }, 50)));
  EXPECT_TRUE(run(io, eventually([&] {
                    clock.advance(600);
                    return reply.starts_with("HTTP/1.1 403 ");
                  })));
}

TEST_F(TunnelTest, AnotherProxyIsAskedByConnect) {
  upstream = UpstreamProxy{.endpoints = {{asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(server.port())}}, .authorization = "Basic eDp5"};
  start();
  struct Proxy {
    static Task<void> serve(RawListener& at, std::string& seen) {
      RawPeer peer = co_await at.accept();
      seen = co_await peer.read_until("\r\n\r\n");
      co_await peer.send("HTTP/1.1 200 OK\r\n\r\n");
      seen += co_await peer.read_until("\r\n\r\n");
      co_await peer.send("HTTP/1.1 204 No Content\r\n\r\n");
      peer.close();
    }
  };
  std::string seen;
  scope.spawn("proxy", Proxy::serve(server, seen));
  EXPECT_TRUE(say("GET http://good.test/x HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 204 "));
  EXPECT_EQ(seen, "CONNECT good.test:80 HTTP/1.1\r\nHost: good.test:80\r\nProxy-Authorization: Basic eDp5\r\n\r\n"
                  "GET /x HTTP/1.1\r\nHost: good.test\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace zo
