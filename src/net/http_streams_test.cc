// Many streams at once between our client and our server: some end, some never do, some have slow readers, some are dropped.
#include <gtest/gtest.h>

#include "async/scope.h"
#include "net/http_client.h"
#include "net/sse.h"
#include "testing/admit_all.h"
#include "testing/fake_clock.h"
#include "testing/run.h"

namespace zo {
namespace {

constexpr int kOfEachKind = 40;
constexpr int kEvents = 200;

struct Streams {
  int gone = 0;

  Task<void> operator()(HttpRequest request, HttpResponder& responder) {
    const bool endless = request.path == "/endless";
    bool reading = co_await responder.begin_stream(200, {{"Content-Type", "text/event-stream"}});
    const std::string padding(request.path == "/heavy" ? 10'000 : 10, 'x');
    for (int i = 0; reading && i < kEvents; ++i)
      reading = co_await responder.write(to_sse(std::to_string(i), "n", std::to_string(i) + padding));
    if (endless) co_await responder.client_gone();
    if (endless || !reading) ++gone;
  }
};

struct Tally {
  int complete = 0;
  int broken = 0;
  int endless_seen = 0;
};

// Reads all events, checks that they are there and in order, and lets others work in between when `slowly`.
Task<void> read_stream(HttpClient& client, std::string url, bool slowly, Tally& tally) {
  const bool endless = url.ends_with("/endless");
  asio::steady_timer timer(co_await asio::this_coro::executor);
  Result<HttpAnswer> answer = co_await client.send({.url = std::move(url)});
  SseParser parser;
  std::vector<SseEvent> events;
  for (bool more = answer.has_value(); more;) {
    const Result<std::string> bytes = co_await answer->next();
    more = bytes && !bytes->empty() && parser.feed(*bytes, events);
    if (endless && events.size() == kEvents) ++tally.endless_seen;
    if (!slowly) continue;
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(asio::use_awaitable);
  }
  bool in_order = events.size() == kEvents;
  for (std::size_t i = 0; in_order && i < events.size(); ++i) in_order = events[i].id == std::to_string(i);
  ++(in_order ? tally.complete : tally.broken);
}

Task<void> read_all_kinds(Executor executor, HttpClient& client, Streams& streams, std::string url, Tally& tally) {
  Scope ending(executor);
  Scope endless(executor);
  for (int i = 0; i < kOfEachKind; ++i) {
    ending.spawn("plain", read_stream(client, url + "/plain", false, tally));
    ending.spawn("heavy and slow", read_stream(client, url + "/heavy", true, tally));
    endless.spawn("endless", read_stream(client, url + "/endless", i % 2 == 0, tally));
  }
  co_await ending.wait();
  const bool seen = co_await eventually([&tally] { return tally.endless_seen == kOfEachKind; });
  EXPECT_TRUE(seen);
  co_await endless.stop();
  const bool gone = co_await eventually([&streams] { return streams.gone == kOfEachKind; });
  EXPECT_TRUE(gone);
}

TEST(HttpStreams, AHundredAndTwentyAtOnceAreCompleteOrCleanlyDropped) {
  asio::io_context io{1};
  const Executor executor = io.get_executor();
  Streams streams;
  FakeClock clock(executor);
  HttpServer server(executor, clock, admit_all(std::ref(streams), 0));
  ASSERT_TRUE(server.listen_tcp("127.0.0.1:0"));
  HttpClient client(executor, nullptr);
  Tally tally;
  run(io, read_all_kinds(executor, client, streams, "http://127.0.0.1:" + std::to_string(server.port()), tally));
  run(io, server.stop());
  EXPECT_EQ(tally.complete, 2 * kOfEachKind);
  EXPECT_EQ(tally.broken, 0);
}

Task<void> start_and_drop(Executor executor, HttpClient& client, std::string url) {
  for (int round = 0; round < 20; ++round) {
    Scope scope(executor);
    Tally tally;
    for (int i = 0; i < 20; ++i) scope.spawn("dropped", read_stream(client, url + "/heavy", false, tally));
    for (int i = 0; i < round; ++i) {
      auto others = asio::post(executor, asio::use_awaitable);
      co_await std::move(others);
    }
    co_await scope.stop();
  }
}

TEST(HttpStreams, DroppingReadersAtAnyMomentIsSafe) {
  asio::io_context io{1};
  const Executor executor = io.get_executor();
  Streams streams;
  FakeClock clock(executor);
  HttpServer server(executor, clock, admit_all(std::ref(streams), 0));
  ASSERT_TRUE(server.listen_tcp("127.0.0.1:0"));
  {
    HttpClient client(executor, nullptr);
    run(io, start_and_drop(executor, client, "http://127.0.0.1:" + std::to_string(server.port())));
  }
  run(io, server.stop());
  EXPECT_EQ(server.connections(), 0u);
}

}  // namespace
}  // namespace zo
