#include "feed/feed.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/dice.h"
#include "testing/run.h"

namespace zo {
namespace {

struct Said {
  std::string text;
};
std::size_t bytes_of(const Said& said) { return said.text.size(); }

struct FeedTest : testing::Test {
  asio::io_context io{1};
  Feed<Said> feed{io.get_executor(), 0};

  std::string seen(std::int64_t cursor) {
    std::string out;
    for (const FeedEventPtr<Said>& event : feed.after(cursor)) out += fmt::format("{}{} ", event->number, event->what.text);
    return out;
  }
};

TEST_F(FeedTest, NumbersRiseFromWhereTheLastAttemptEnded) {
  Feed<Said> later(io.get_executor(), 1'000'000'000);
  later.publish({"text"});
  EXPECT_EQ(later.after(0).at(0)->number, 1'000'000'001);
  EXPECT_EQ(later.held_after(), 1'000'000'000);
}

TEST_F(FeedTest, NothingIsSeenBeforeTheDurableEventAheadOfIt) {
  feed.publish({"a"});
  const std::int64_t number = feed.reserve();
  feed.publish({"b"});
  EXPECT_EQ(seen(0), "1a ");
  feed.settle(number, {"D"});
  EXPECT_EQ(seen(0), "1a 2D 3b ");
  EXPECT_EQ(seen(2), "3b ");
}

TEST_F(FeedTest, StaysBoundedWhileACommitIsAwaited) {
  Feed<Said> waiting(io.get_executor(), 0);
  const std::int64_t first = waiting.reserve();
  for (int i = 0; i < 32; ++i) waiting.publish({std::string(limits::MiB, 'x')});
  waiting.settle(first, {"durable"});
  EXPECT_LE(waiting.after(0, SIZE_MAX).size(), 10u);
  EXPECT_EQ(waiting.last_number(), 33);
}

TEST_F(FeedTest, ADroppedReservationLeavesAHole) {
  const std::int64_t number = feed.reserve();
  feed.publish({"b"});
  feed.drop(number);
  EXPECT_EQ(seen(0), "2b ");
}

TEST_F(FeedTest, TheRingIsBoundedAndSaysWhereItBegins) {
  for (int i = 0; i < 100; ++i) feed.publish({std::string(10'000, 'x')});
  EXPECT_GT(feed.held_after(), 0);
  EXPECT_EQ(feed.after(0, 1).at(0)->number, feed.held_after() + 1);
  EXPECT_LT(100 - feed.held_after(), 54);
}

TEST_F(FeedTest, AnEventIsRenderedOnceForAllWhoReadIt) {
  feed.publish({"a"});
  int rendered = 0;
  const auto render = [&rendered](const FeedEvent<Said>& event) { return fmt::format("{} {} {}", ++rendered, event.number, event.what.text); };
  for (int reader = 0; reader < 3; ++reader) EXPECT_EQ(feed.after(0).at(0)->text(render), "1 1 a");
}

Task<std::int64_t> read_to_end(std::shared_ptr<Feed<Said>> feed) {
  std::int64_t cursor = 0;
  for (;;) {
    const auto batch = feed->after(cursor);
    if (!batch.empty()) cursor = batch.back()->number;
    else if (feed->closed()) co_return cursor;
    else co_await feed->changed();
  }
}

Task<void> write_and_close(Feeds& feeds, FeedId<Said> id) {
  const auto feed = feeds.find(id);
  for (int i = 0; i < 10; ++i) {
    feed->publish({"text"});
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  }
  feeds.close(id);
}

TEST_F(FeedTest, AReaderDrainsAClosedFeedThatIsAlreadyForgotten) {
  Feeds feeds(io.get_executor());
  const FeedId<Said> id{"test:1"};
  const auto held = feeds.open(id, 0);
  asio::co_spawn(io, write_and_close(feeds, id), [](std::exception_ptr) {});
  EXPECT_EQ(zo::run(io, read_to_end(held)), 10);
  EXPECT_EQ(feeds.find(id), nullptr);
}

// Whatever order durable events settle in, a reader that reads at any time sees every settled number once, rising.
RC_GTEST_PROP(FeedProperty, EveryReaderSeesRisingNumbersWithoutGaps, (std::uint64_t seed)) {
  asio::io_context io{1};
  Feed<Said> feed(io.get_executor(), 0);
  SeededDice dice(seed);
  std::vector<std::int64_t> open;
  std::vector<std::int64_t> settled;
  std::vector<std::int64_t> seen;
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t pick = dice.below(4);
    if (pick == 0) open.push_back(feed.reserve());
    if (pick == 1) {
      feed.publish({"live"});
      settled.push_back(feed.last_number());
    }
    if (pick == 2 && !open.empty()) {
      const auto index = static_cast<std::ptrdiff_t>(dice.below(open.size()));
      feed.settle(open[static_cast<std::size_t>(index)], {"durable"});
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
