// Streams of server-sent events, as the server itself looks after them: comments in quiet times, and the end when the reader goes.
#include <gtest/gtest.h>

#include "async/condition.h"
#include "net/http_server.h"
#include "testing/admit_all.h"
#include "testing/counted.h"
#include "testing/fake_clock.h"
#include "testing/http_raw.h"
#include "testing/run.h"

namespace zo {
namespace {

// "/brief" ends after one event, "/flood" never stops writing, everything else waits until it is told to end.
struct Teller {
  explicit Teller(const Executor& executor) : end(executor) {}
  Condition end;
  int running = 0;

  Task<void> operator()(HttpRequest request, HttpResponder& out) {
    const Counted counted(running);
    const bool open = co_await out.begin_events({{"X-Path", request.path}});
    if (open) co_await out.write("data: 1\n\n");
    if (request.path == "/flood") {
      for (bool more = true; more;) more = co_await out.write(std::string(100'000, 'x'));
      co_await end.wait();
    } else if (request.path != "/brief") {
      co_await end.wait();
    }
  }
};

struct HttpEventsTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  Teller teller{executor};
  FakeClock clock{executor};
  HttpServer server{executor, clock, admit_all(std::ref(teller), 0)};

  void SetUp() override { ASSERT_TRUE(server.listen_tcp("127.0.0.1:0")); }
  void TearDown() override { run(io, server.stop()); }

  RawPeer ask(const std::string& line) {
    RawPeer peer(executor, server.port());
    run(io, peer.send(line + "\r\n\r\n"));
    return peer;
  }
  std::string until(RawPeer& peer, std::string mark) { return run(io, peer.read_until(std::move(mark))); }
  bool nobody_runs() {
    return run(io, eventually([this] { return teller.running == 0; }));
  }
};

TEST_F(HttpEventsTest, AQuietStreamGetsComments) {
  RawPeer peer = ask("GET /quiet HTTP/1.1");
  EXPECT_TRUE(until(peer, "data: 1\n\n\r\n").ends_with("9\r\ndata: 1\n\n\r\n"));
  const PassingTime time(executor, clock);
  EXPECT_EQ(until(peer, ":\n\n\r\n"), "3\r\n:\n\n\r\n");
  EXPECT_EQ(until(peer, ":\n\n\r\n"), "3\r\n:\n\n\r\n");
}

TEST_F(HttpEventsTest, AnOldClientGetsThemWithoutChunks) {
  RawPeer peer = ask("GET /quiet HTTP/1.0");
  until(peer, "data: 1\n\n");
  const PassingTime time(executor, clock);
  EXPECT_EQ(until(peer, ":\n\n"), ":\n\n");
}

TEST_F(HttpEventsTest, NothingComesBetweenAStreamAndTheNextReply) {
  RawPeer idle = ask("GET /brief HTTP/1.1");
  until(idle, "0\r\n\r\n");
  RawPeer quiet = ask("GET /quiet HTTP/1.1");  // its comments tell that the time for one has passed
  const PassingTime time(executor, clock);
  for (int i = 0; i < 3; ++i) until(quiet, ":\n\n\r\n");
  run(io, idle.send("GET /brief HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(until(idle, "0\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpEventsTest, PipelinedStreamsFollowEachOther) {
  RawPeer peer = ask("GET /brief HTTP/1.1\r\n\r\nGET /brief HTTP/1.1\r\n\r\nGET /quiet HTTP/1.1");
  until(peer, "0\r\n\r\n");
  until(peer, "0\r\n\r\n");
  const PassingTime time(executor, clock);
  EXPECT_NE(until(peer, ":\n\n\r\n").find("X-Path: /quiet"), std::string::npos);
  peer.close();
  EXPECT_TRUE(nobody_runs());
}

TEST_F(HttpEventsTest, TheHandlerIsCancelledWhenItsReaderGoes) {
  RawPeer peer = ask("GET /quiet HTTP/1.1");
  until(peer, "data: 1\n\n");
  EXPECT_EQ(teller.running, 1);
  peer.close();
  EXPECT_TRUE(nobody_runs());
}

TEST_F(HttpEventsTest, TheHandlerIsCancelledWhenItsReaderTakesNothing) {
  RawPeer peer = ask("GET /flood HTTP/1.1");
  EXPECT_TRUE(run(io, eventually([this] { return teller.running == 1; })));
  const PassingTime time(executor, clock);
  EXPECT_TRUE(nobody_runs());
}

}  // namespace
}  // namespace zo
