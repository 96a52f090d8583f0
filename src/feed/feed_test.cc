#include "feed/feed.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/dice.h"
#include "testing/run.h"

namespace zo {
namespace {

struct FeedTest : testing::Test {
  asio::io_context io{1};
  Feed feed{io.get_executor(), 0};

  std::string seen(std::int64_t cursor) {
    std::string out;
    for (const FeedEventPtr& event : feed.after(cursor)) out += fmt::format("{}{} ", event->number, event->kind);
    return out;
  }
};

TEST_F(FeedTest, NumbersRiseFromWhereTheLastAttemptEnded) {
  Feed later(io.get_executor(), 1'000'000'000);
  later.publish("text", "{}");
  EXPECT_EQ(later.after(0).at(0)->number, 1'000'000'001);
  EXPECT_EQ(later.held_after(), 1'000'000'000);
}

TEST_F(FeedTest, NothingIsSeenBeforeTheDurableEventAheadOfIt) {
  feed.publish("a", "{}");
  const std::int64_t number = feed.reserve();
  feed.publish("b", "{}");
  EXPECT_EQ(seen(0), "1a ");
  feed.settle(number, "D", "{}");
  EXPECT_EQ(seen(0), "1a 2D 3b ");
  EXPECT_EQ(seen(2), "3b ");
}

TEST_F(FeedTest, StaysBoundedWhileACommitIsAwaited) {
  Feed waiting(io.get_executor(), 0);
  const std::int64_t first = waiting.reserve();
  for (int i = 0; i < 32; ++i) waiting.publish("live", std::string(limits::MiB, 'x'));
  waiting.settle(first, "durable", "{}");
  EXPECT_LE(waiting.after(0, SIZE_MAX).size(), 10u);
  EXPECT_EQ(waiting.last_number(), 33);
}

TEST_F(FeedTest, ADroppedReservationLeavesAHole) {
  const std::int64_t number = feed.reserve();
  feed.publish("b", "{}");
  feed.drop(number);
  EXPECT_EQ(seen(0), "2b ");
}

TEST_F(FeedTest, TheRingIsBoundedAndSaysWhereItBegins) {
  for (int i = 0; i < 100; ++i) feed.publish("text", std::string(10'000, 'x'));
  EXPECT_GT(feed.held_after(), 0);
  EXPECT_EQ(feed.after(0, 1).at(0)->number, feed.held_after() + 1);
  EXPECT_LT(100 - feed.held_after(), 54);
}

TEST_F(FeedTest, ThePartialMessageHoldsAllThatWasWritten) {
  feed.publish("step_started", "{}");
  feed.write(1, Feed::Part::Text, "Hel", "text", "{}");
  feed.write(1, Feed::Part::Reasoning, "hm", "reasoning", "{}");
  feed.write(1, Feed::Part::Text, "lo", "text", "{}");
  EXPECT_EQ(feed.partial().text, "Hello");
  EXPECT_EQ(feed.partial().reasoning, "hm");
  EXPECT_EQ(feed.partial().from, 2);
  EXPECT_EQ(feed.partial().to, 4);
  feed.end_partial();
  EXPECT_EQ(feed.partial().from, 0);
}

Task<std::int64_t> read_to_end(std::shared_ptr<Feed> feed) {
  std::int64_t cursor = 0;
  for (;;) {
    const auto batch = feed->after(cursor);
    if (!batch.empty()) cursor = batch.back()->number;
    else if (feed->closed()) co_return cursor;
    else co_await feed->changed();
  }
}

Task<void> write_and_close(Feeds& feeds, RunId run) {
  const auto feed = feeds.find(run);
  for (int i = 0; i < 10; ++i) {
    feed->publish("text", "{}");
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  }
  feeds.close(run);
}

TEST_F(FeedTest, AReaderDrainsAClosedFeedThatIsAlreadyForgotten) {
  Feeds feeds(io.get_executor());
  SeededDice dice(1);
  const RunId run = RunId::make(dice, 1);
  const auto held = feeds.open(run, 0);
  asio::co_spawn(io, write_and_close(feeds, run), [](std::exception_ptr) {});
  EXPECT_EQ(zo::run(io, read_to_end(held)), 10);
  EXPECT_EQ(feeds.find(run), nullptr);
}

// Whatever order durable events settle in, a reader that reads at any time sees every settled number once, rising.
RC_GTEST_PROP(FeedProperty, EveryReaderSeesRisingNumbersWithoutGaps, (std::uint64_t seed)) {
  asio::io_context io{1};
  Feed feed(io.get_executor(), 0);
  SeededDice dice(seed);
  std::vector<std::int64_t> open;
  std::vector<std::int64_t> settled;
  std::vector<std::int64_t> seen;
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t pick = dice.below(4);
    if (pick == 0) open.push_back(feed.reserve());
    if (pick == 1) {
      feed.publish("live", "{}");
      settled.push_back(feed.last_number());
    }
    if (pick == 2 && !open.empty()) {
      const auto index = static_cast<std::ptrdiff_t>(dice.below(open.size()));
      feed.settle(open[static_cast<std::size_t>(index)], "durable", "{}");
      settled.push_back(open[static_cast<std::size_t>(index)]);
      open.erase(open.begin() + index);
    }
    if (pick == 3)
      for (const auto& event : feed.after(seen.empty() ? 0 : seen.back())) seen.push_back(event->number);
  }
  for (std::int64_t number : open) feed.drop(number);
  for (const auto& event : feed.after(seen.empty() ? 0 : seen.back(), SIZE_MAX)) seen.push_back(event->number);
  std::ranges::sort(settled);
  RC_ASSERT(seen == settled);
}

}  // namespace
}  // namespace zo
