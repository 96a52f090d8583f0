#include "net/sse_reader.h"

#include <gtest/gtest.h>

#include "async/scope.h"
#include "base/text.h"
#include "testing/http_raw.h"
#include "testing/run.h"

namespace zo {
namespace {

// "one two" for events that came together; errors as their messages.
Task<std::vector<std::string>> read_all(HttpClient& client, std::string url) {
  std::vector<std::string> seen;
  Result<HttpAnswer> answer = co_await client.send({.url = std::move(url)});
  if (!answer) throw std::runtime_error(answer.error().message);
  SseReader stream(*answer);
  for (;;) {
    const Result<std::span<const SseEvent>> events = co_await stream.next();
    std::string together;
    if (events)
      for (const SseEvent& event : *events) together += (together.empty() ? "" : " ") + event.data;
    else together = events.error().code == Code::Exhausted ? "too long" : "broken";
    seen.push_back(std::move(together));
    if (!events || events->empty()) co_return seen;
  }
}

struct SseReaderTest : testing::Test {
  asio::io_context io{1};
  HttpClient client{io.get_executor(), nullptr};

  // What a server's whole answer is read as; a body that is shorter than its length is cut.
  std::string read(const std::string& body, std::size_t length) {
    RawListener listener(io.get_executor());
    Scope scope(io.get_executor());
    scope.spawn("listener", listener.answer_once("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " + std::to_string(length) +
                                                 "\r\nConnection: close\r\n\r\n" + body));
    const std::vector<std::string> seen = run(io, read_all(client, "http://127.0.0.1:" + std::to_string(listener.port()) + "/"));
    run(io, scope.stop());
    return join(seen, "|");
  }
  std::string read(const std::string& body) { return read(body, body.size()); }
};

TEST_F(SseReaderTest, GivesEventsAndThenNone) {
  EXPECT_EQ(read("data: one\n\ndata: two\n\n: only a comment\n\n"), "one two|");
  EXPECT_EQ(read(": only a comment\n\n"), "");
  EXPECT_EQ(read("data: one\n\ndata: cut off"), "one|") << "an event that has not ended is none";
}

TEST_F(SseReaderTest, GivesWhatCameBeforeAnError) {
  EXPECT_EQ(read("data: one\n\n", 100), "one|broken");
  EXPECT_TRUE(read("data: one\n\ndata: " + std::string(limits::kSseLineBytes, 'x')).ends_with("one|too long"));
}

}  // namespace
}  // namespace zo
