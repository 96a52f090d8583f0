#include <gtest/gtest.h>

#include "async/deadline.h"
#include "async/gather.h"
#include "async/offload.h"
#include "async/pipe.h"
#include "async/scope.h"
#include "testing/counted.h"
#include "testing/fake_clock.h"
#include "testing/run.h"

namespace zo {
namespace {

struct AsyncTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  FakeClock clock{executor};
};

Task<void> append_later(Clock& clock, std::int64_t delay_ms, std::string& out, char letter) {
  co_await clock.sleep_for(delay_ms);
  out.push_back(letter);
}

Task<void> forever(Clock& clock, int& working) {
  const Counted counted(working);
  for (;;) co_await clock.sleep_for(1'000'000);
}

Task<void> stop_two(Scope& scope, FakeClock& clock, int& working) {
  scope.spawn("one", forever(clock, working));
  scope.spawn("two", forever(clock, working));
  const bool both_work = co_await eventually([&working] { return working == 2; });
  EXPECT_TRUE(both_work);
  co_await scope.stop();
}

TEST_F(AsyncTest, ScopeCancelsItsChildrenAndWaitsForThem) {
  Scope scope(executor);
  int working = 0;
  run(io, stop_two(scope, clock, working));
  EXPECT_EQ(working, 0);
  EXPECT_EQ(scope.size(), 0u);
}

Task<void> cancel_before_it_ran(Scope& scope, Clock& clock, int& working) {
  Scope::Child child = scope.spawn("one", forever(clock, working));
  child.cancel();
  co_await scope.wait();
  EXPECT_TRUE(child.ended());
  child.cancel();
}

TEST_F(AsyncTest, AChildMayBeCancelledBeforeItsFirstStepAndAfterItsLast) {
  Scope scope(executor);
  int working = 0;
  run(io, cancel_before_it_ran(scope, clock, working));
  EXPECT_EQ(scope.size(), 0u);
}

Task<std::thread::id> where_it_resumes(Threads& threads, std::thread::id& worked) {
  worked = co_await offload(threads, [] { return std::this_thread::get_id(); });
  co_return std::this_thread::get_id();
}

TEST_F(AsyncTest, OffloadWorksElsewhereAndResumesHere) {
  Threads threads("test", 2);
  std::thread::id worked;
  EXPECT_EQ(run(io, where_it_resumes(threads, worked)), std::this_thread::get_id());
  EXPECT_NE(worked, std::this_thread::get_id());
}

Task<void> offload_that_throws(Threads& threads) {
  co_await offload(threads, [] { throw std::runtime_error("disk on fire"); });
}

TEST_F(AsyncTest, OffloadCarriesTheExceptionOver) {
  Threads threads("test", 1);
  EXPECT_THROW(run(io, offload_that_throws(threads)), std::runtime_error);
}

Task<void> many_offloads(Threads& threads, int& sum) {
  for (int i = 0; i < 200; ++i) sum += co_await offload(threads, [i] { return i; });
}

Task<void> cancelled_while_offloaded(Executor executor, Threads& threads, int& sum) {
  Scope scope(executor);
  for (int i = 0; i < 50; ++i) scope.spawn("offloads", many_offloads(threads, sum));
  while (sum == 0) co_await asio::post(executor, asio::use_awaitable);
  co_await scope.stop();
}

TEST_F(AsyncTest, OffloadSurvivesCancellationOfManyWaiters) {
  Threads threads("test", 2);
  int sum = 0;
  run(io, cancelled_while_offloaded(executor, threads, sum));
  const int when_stopped = sum;
  EXPECT_LT(when_stopped, 50 * 199 * 100);
  run(io, many_offloads(threads, sum));
  EXPECT_EQ(sum, when_stopped + 199 * 100) << "the threads work on, and who was cancelled adds nothing any more";
}

Task<void> produce(Pipe<int>& pipe, int count) {
  for (int i = 0; i < count; ++i) co_await pipe.push(i);
  pipe.close();
}

Task<std::vector<int>> drain(Executor executor, Pipe<int>& pipe, int count) {
  Scope scope(executor);
  scope.spawn("producer", produce(pipe, count));
  std::vector<int> got;
  while (auto item = co_await pipe.next()) got.push_back(*item);
  co_await scope.wait();
  co_return got;
}

TEST_F(AsyncTest, PipeDeliversEverythingInOrderAndThenEnds) {
  Pipe<int> pipe(executor, 3);
  const std::vector<int> got = run(io, drain(executor, pipe, 100));
  ASSERT_EQ(got.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
}

TEST_F(AsyncTest, PipeDrainsAfterCloseAndKeepsTheError) {
  Pipe<int> pipe(executor, 3);
  EXPECT_TRUE(pipe.try_push(1));
  pipe.close_with(Error{Code::Unavailable, "gone", ""});
  EXPECT_FALSE(pipe.try_push(2));
  EXPECT_EQ(run(io, pipe.next()), 1);
  EXPECT_EQ(run(io, pipe.next()), std::nullopt);
  EXPECT_EQ(pipe.error()->message, "gone");
}

struct Doubler {
  Clock& clock;
  int& working;
  int& most;
  Task<int> operator()(int item) {
    most = std::max(most, ++working);
    co_await clock.sleep_for(100 - item);
    --working;
    co_return item * 2;
  }
};

Task<std::vector<int>> gather_with_clock(Executor executor, FakeClock& clock, int& most) {
  int working = 0;
  Scope scope(executor);
  std::vector<int> out;
  auto collect = [](FakeClock& c, int& w, int& m, std::vector<int>& o) -> Task<void> {
    o = co_await gather(std::vector<int>{1, 2, 3, 4, 5}, 2, Doubler{c, w, m});
  };
  scope.spawn("gather", collect(clock, working, most, out));
  while (scope.size() > 0) {
    co_await asio::post(executor, asio::use_awaitable);
    clock.advance(10);
  }
  co_return out;
}

TEST_F(AsyncTest, GatherKeepsTheOrderAndTheBound) {
  int most = 0;
  EXPECT_EQ(run(io, gather_with_clock(executor, clock, most)), (std::vector<int>{2, 4, 6, 8, 10}));
  EXPECT_EQ(most, 2);
}

struct FailsAtThree {
  Clock& clock;
  int& ended;
  Task<int> operator()(int item) {
    struct Count {
      int& n;
      ~Count() { ++n; }
    } count{ended};
    if (item == 3) throw std::runtime_error("three");
    co_await clock.sleep_for(1'000'000);
    co_return item;
  }
};

TEST_F(AsyncTest, GatherCancelsTheRestOnTheFirstErrorAndWaits) {
  int ended = 0;
  auto all = gather(std::vector<int>{1, 2, 3, 4}, 3, FailsAtThree{clock, ended});
  EXPECT_THROW(run(io, std::move(all)), std::runtime_error);
  EXPECT_EQ(ended, 3);
}

struct ErrsAtThree {
  Clock& clock;
  Task<Result<int>> operator()(int item) {
    if (item == 1) co_return item;
    if (item == 3) co_return fail(Code::Unavailable, "three");
    co_await clock.sleep_for(1'000'000);
    co_return item;
  }
};

TEST_F(AsyncTest, AResultThatIsAnErrorCancelsTheRestToo) {
  const std::vector<Result<int>> all = run(io, gather(std::vector<int>{1, 2, 3, 4}, 3, ErrsAtThree{clock}));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(*all[0], 1);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(all[i].error().message, "three");
}

Task<int> answer_after(Clock& clock, std::int64_t delay_ms) {
  co_await clock.sleep_for(delay_ms);
  co_return 42;
}

Task<std::optional<int>> answer_within(Executor executor, FakeClock& clock, std::int64_t limit_ms, std::int64_t delay_ms) {
  Scope scope(executor);
  std::optional<int> answer;
  auto ask = [](FakeClock& c, std::int64_t l, std::int64_t d, std::optional<int>& a) -> Task<void> {
    a = co_await within(c, l, answer_after(c, d));
  };
  scope.spawn("ask", ask(clock, limit_ms, delay_ms, answer));
  while (scope.size() > 0) {
    co_await asio::post(executor, asio::use_awaitable);
    clock.advance(10);
  }
  co_return answer;
}

TEST_F(AsyncTest, ADeadlineCutsWhatIsTooSlow) {
  EXPECT_EQ(run(io, answer_within(executor, clock, 1'000, 50)), 42);
  EXPECT_EQ(run(io, answer_within(executor, clock, 50, 1'000'000)), std::nullopt);
}

Task<int> fail_after(Clock& clock, std::int64_t delay_ms) {
  co_await clock.sleep_for(delay_ms);
  throw std::runtime_error("broken");
}

TEST_F(AsyncTest, ADeadlineThrowsAtOnceWhatTheTaskThrows) {
  RealClock real;
  EXPECT_THROW(run(io, within(real, 1'000'000, fail_after(real, 1))), std::runtime_error);
}

constexpr std::int64_t kLimitMs = 1'000'000;
constexpr std::int64_t kAnswerMs = 2'000'000;

Task<void> note_cancellation(Clock& clock, bool& cancelled) {
  try {
    co_await within(clock, kLimitMs, answer_after(clock, kAnswerMs));
  } catch (...) {  // looked at here, and thrown on
    cancelled = is_cancellation(std::current_exception());
    throw;
  }
}

Task<void> cancel_a_deadline(Executor executor, FakeClock& clock, bool& cancelled) {
  Scope scope(executor);
  scope.spawn("waits", note_cancellation(clock, cancelled));
  const bool waits = co_await eventually([&clock] { return clock.sleeps().contains(kAnswerMs) && clock.sleeps().contains(kLimitMs); });
  EXPECT_TRUE(waits);
  co_await scope.stop();
}

TEST_F(AsyncTest, CancellingADeadlineReadsAsCancellation) {
  bool cancelled = false;
  run(io, cancel_a_deadline(executor, clock, cancelled));
  EXPECT_TRUE(cancelled);
}

TEST_F(AsyncTest, VirtualTimeWakesSleepersInOrder) {
  std::string out;
  Scope scope(executor);
  scope.spawn("b", append_later(clock, 20, out, 'b'));
  scope.spawn("a", append_later(clock, 10, out, 'a'));
  io.poll();
  EXPECT_EQ(out, "");
  clock.advance(10);
  io.poll();
  EXPECT_EQ(out, "a");
  clock.advance(10);
  io.poll();
  EXPECT_EQ(out, "ab");
}

TEST_F(AsyncTest, VirtualTimeSaysWhetherAnybodyWouldWake) {
  Scope scope(executor);
  std::string out;
  EXPECT_FALSE(clock.wakes_within(1'000));
  scope.spawn("a", append_later(clock, 20, out, 'a'));
  io.poll();
  EXPECT_FALSE(clock.wakes_within(19));
  EXPECT_TRUE(clock.wakes_within(20));
  clock.advance(15);
  EXPECT_TRUE(clock.wakes_within(5));
  clock.advance(5);
  io.poll();
  EXPECT_EQ(out, "a");
  EXPECT_FALSE(clock.wakes_within(1'000));
}

TEST_F(AsyncTest, PassingTimePassesUntilItEnds) {
  const TimeMs begin = clock.now();
  {
    const PassingTime time(executor, clock);
    run(io, clock.sleep_for(1'000));
  }
  const TimeMs end = clock.now();
  EXPECT_GE(end, begin + 1'000);
  io.restart();
  io.poll();
  EXPECT_EQ(clock.now(), end);
}

}  // namespace
}  // namespace zo
