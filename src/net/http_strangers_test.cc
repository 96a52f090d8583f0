// What a client costs before it has shown who it is.
#include <gtest/gtest.h>

#include "async/condition.h"
#include "base/text.h"
#include "net/http_server.h"
#include "testing/fake_clock.h"
#include "testing/http_raw.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

// Whoever sends the header Name is known. "/closed" wants no body, "/held" is answered when the test says so, "/judged" is
// judged then, and every other path says what it got.
struct Host {
  explicit Host(const Executor& executor) : gate(executor) {}
  Condition gate;
  int judged = 0;
  int answered = 0;

  Task<HttpAdmission> admit(const HttpRequest& head) {
    ++judged;
    if (head.path == "/judged") co_await gate.wait();
    if (head.path == "/broken") throw std::runtime_error("the disk is on fire");
    HttpAdmission admission{.answer = std::bind_front(&Host::answer, this), .known = head.count("Name") > 0};
    if (head.path != "/closed") admission.body_bytes_max = admission.known ? 1'000'000 : 1'000;
    co_return admission;
  }
  Task<void> answer(HttpRequest request, HttpResponder& out) {
    ++answered;
    if (request.path == "/held") co_await gate.wait();
    co_await out.reply({200, {}, fmt::format("{} B", request.body.size()), request.path == "/later" ? 60'000 : 0});
  }
};

struct HttpStrangersTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  Host host{executor};
  FakeClock clock{executor};
  const TempFolder folder;
  std::optional<HttpServer> server;

  void start(HttpServerOptions options = {}) {
    server.emplace(executor, clock, std::bind_front(&Host::admit, &host), options);
    ASSERT_TRUE(server->listen_tcp("127.0.0.1:0"));
    ASSERT_TRUE(server->listen_unix(folder / "zo.sock"));
  }
  void TearDown() override { run(io, server->stop()); }
  std::string exchange(std::string bytes) { return run(io, raw_exchange(server->port(), std::move(bytes))); }
  std::unique_ptr<RawPeer> stranger() { return std::make_unique<RawPeer>(executor, server->port()); }

  static Task<std::string> send_and_read(RawPeer& peer, std::string bytes) {
    co_await peer.send(std::move(bytes));
    co_return co_await peer.read_reply();
  }
  std::string ask(RawPeer& peer, std::string bytes) { return run(io, send_and_read(peer, std::move(bytes))); }
  void say(RawPeer& peer, std::string bytes) { run(io, peer.send(std::move(bytes))); }
  std::string rest_of(RawPeer& peer) { return run(io, peer.read_all()); }
  void pass(std::int64_t duration_ms) {
    for (const TimeMs end = clock.now() + duration_ms; clock.now() < end; io.poll()) {
      clock.advance(1);
      io.restart();
    }
  }
  bool until(std::function<bool()> holds) { return run(io, eventually(std::move(holds))); }
};

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\n\r\n";
constexpr std::string_view kGetByName = "GET /a HTTP/1.1\r\nName: ann\r\n\r\n";

std::string post(std::string_view path, std::size_t announced, std::string_view body, std::string_view header = "") {
  return fmt::format("POST {} HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{}", path, header, announced, body);
}

TEST_F(HttpStrangersTest, ARefusalComesBeforeTheBodyIsRead) {
  start();
  const std::string reply = exchange(post("/closed", 64'000'000, "the beginning"));
  EXPECT_TRUE(reply.ends_with("Connection: close\r\n\r\n0 B")) << reply;
  EXPECT_TRUE(exchange("POST /closed HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(exchange(post("/a", 1'001, "")).starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(exchange(post("/a", 1'000, std::string(1'000, 'x'), "Connection: close\r\n")).find("1000 B") != std::string::npos);
}

TEST_F(HttpStrangersTest, ARefusalWithoutABodyKeepsTheConnection) {
  start();
  const auto peer = stranger();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ask(*peer, "GET /closed HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n0 B"));
}

TEST_F(HttpStrangersTest, AHeadIsJudgedOnce) {
  start();
  const auto peer = stranger();
  EXPECT_TRUE(ask(*peer, post("/a", 4, "body")).ends_with("4 B"));
  EXPECT_EQ(host.judged, 1);
  EXPECT_EQ(host.answered, 1);
}

TEST_F(HttpStrangersTest, AJudgementThatFailsIsA500) {
  start();
  EXPECT_TRUE(exchange("GET /broken HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 500 "));
  EXPECT_EQ(host.answered, 0);
}

TEST_F(HttpStrangersTest, AllBodiesTogetherHaveALimit) {
  start({.bodies_bytes_max = 1'500});
  const auto first = stranger();
  say(*first, post("/held", 1'000, std::string(1'000, 'x')));
  ASSERT_TRUE(until([this] { return host.answered == 1; }));
  const std::string full = exchange(post("/a", 501, "", "Name: ann\r\n"));
  EXPECT_TRUE(full.starts_with("HTTP/1.1 503 ")) << full;
  EXPECT_NE(full.find("Retry-After: 2\r\n"), full.npos) << full;
  EXPECT_NE(full.find("leave no room for another of 501 B; the limit for all of them is 1,500 B"), full.npos) << full;
  const std::string chunked = "POST /a HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
  EXPECT_TRUE(exchange(chunked).starts_with("HTTP/1.1 503 "));
  const auto small = stranger();
  EXPECT_TRUE(ask(*small, post("/a", 500, std::string(500, 'x'))).ends_with("500 B"));

  host.gate.notify_all();
  EXPECT_TRUE(run(io, first->read_reply()).ends_with("1000 B"));
  EXPECT_TRUE(exchange(chunked).ends_with("2 B"));
  EXPECT_TRUE(ask(*small, post("/a", 1'000, std::string(1'000, 'x'))).ends_with("1000 B"));
}

TEST_F(HttpStrangersTest, ABodyThatNeverComesLeavesItsRoom) {
  start({.bodies_bytes_max = 1'000});
  {
    const PassingTime time(executor, clock);
    EXPECT_TRUE(exchange(post("/a", 1'000, "")).starts_with("HTTP/1.1 408 "));
  }
  {
    const auto gone = stranger();
    say(*gone, post("/a", 1'000, "x"));
    ASSERT_TRUE(until([this] { return host.judged == 2; }));
  }
  ASSERT_TRUE(until([this] { return server->connections() == 0; }));
  const auto peer = stranger();
  EXPECT_TRUE(ask(*peer, post("/a", 1'000, std::string(1'000, 'x'))).ends_with("1000 B"));
}

TEST_F(HttpStrangersTest, TheStrangerThatWasIdleForLongestGivesWay) {
  start({.strangers_max = 2});
  const auto known = stranger();
  const auto first = stranger();
  const auto second = stranger();
  RawPeer local(executor, folder / "zo.sock");
  ask(*known, std::string(kGetByName));
  ask(local, std::string(kGet));
  ask(*first, std::string(kGet));
  ask(*second, std::string(kGet));
  ask(*first, std::string(kGet));
  const auto third = stranger();
  EXPECT_TRUE(ask(*third, std::string(kGet)).ends_with("0 B"));
  EXPECT_EQ(rest_of(*second), "");
  EXPECT_TRUE(ask(*first, std::string(kGet)).ends_with("0 B"));
  EXPECT_TRUE(ask(*known, std::string(kGet)).ends_with("0 B"));
  EXPECT_TRUE(ask(local, std::string(kGet)).ends_with("0 B"));
  EXPECT_EQ(server->connections(), 4u);
}

TEST_F(HttpStrangersTest, WhoWaitsForUsGivesWayLast) {
  start({.strangers_max = 4});
  const auto worked_for = stranger();
  say(*worked_for, "GET /held HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(until([this] { return host.answered == 1; }));
  const auto slow = stranger();
  say(*slow, post("/a", 9, "x"));
  ASSERT_TRUE(until([this] { return host.judged == 2; }));
  const auto held_back = stranger();
  say(*held_back, "GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(until([this] { return host.answered == 2; }));
  const auto idle = stranger();
  ask(*idle, std::string(kGet));
  const auto busy = stranger();
  say(*busy, "GET /held HTTP/1.1\r\n\r\n");
  EXPECT_EQ(rest_of(*idle), "");
  const auto second = stranger();
  say(*second, "GET /held HTTP/1.1\r\n\r\n");
  EXPECT_EQ(rest_of(*slow), "");
  const auto third = stranger();
  say(*third, "GET /held HTTP/1.1\r\n\r\n");
  EXPECT_EQ(rest_of(*held_back), "");
  const auto fourth = stranger();
  EXPECT_TRUE(ask(*fourth, std::string(kGet)).ends_with("0 B"));
  EXPECT_EQ(rest_of(*worked_for), "");
  host.gate.notify_all();
  for (const auto* peer : {&busy, &second, &third}) EXPECT_TRUE(run(io, (*peer)->read_reply()).ends_with("0 B"));
}

TEST_F(HttpStrangersTest, WhoSaysNothingIsSoonAStranger) {
  start({.strangers_max = 3, .newcomers_max = 20});
  std::vector<std::unique_ptr<RawPeer>> silent;
  for (int i = 0; i < 50; ++i) {
    silent.push_back(stranger());
    EXPECT_TRUE(until([this] { return server->connections() <= 20; }));
  }
  ASSERT_TRUE(until([this] { return server->connections() == 20; })) << "the first ones give way";
  // Soon, not as late as a head that never comes is cut.
  pass(2'500);
  EXPECT_EQ(server->connections(), 3u);
  const auto peer = stranger();
  EXPECT_TRUE(ask(*peer, std::string(kGet)).ends_with("0 B"));
}

TEST_F(HttpStrangersTest, ManyWhoAreKnownMayComeAtOnce) {
  start({.strangers_max = 1, .newcomers_max = 20});
  std::vector<std::unique_ptr<RawPeer>> known;
  for (int i = 0; i < 20; ++i) {
    known.push_back(stranger());
    say(*known.back(), "GET /judged HTTP/1.1\r\nName: ann\r\n\r\n");
  }
  ASSERT_TRUE(until([this] { return host.judged == 20; }));
  host.gate.notify_all();
  for (const auto& peer : known) EXPECT_TRUE(run(io, peer->read_reply()).ends_with("0 B"));
  EXPECT_EQ(server->connections(), 20u);
}

TEST_F(HttpStrangersTest, AKnownClientStaysKnown) {
  start({.strangers_max = 1});
  const auto known = stranger();
  ask(*known, std::string(kGetByName));
  ask(*known, std::string(kGet));
  const auto first = stranger();
  const auto second = stranger();
  ask(*first, std::string(kGet));
  ask(*second, std::string(kGet));
  EXPECT_EQ(rest_of(*first), "");
  EXPECT_TRUE(ask(*known, std::string(kGet)).ends_with("0 B"));
}

TEST_F(HttpStrangersTest, AWordThatIsNoRequestIsAnsweredAtOnce) {
  start();
  for (const std::string line : {"GET /a\r\n", "GET /a\n", "hello\r\n", "\x16\x03\x01"}) {
    const std::string reply = exchange(line);
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 400 ")) << line << reply;
  }
  EXPECT_EQ(host.judged, 0);
}

}  // namespace
}  // namespace zo
