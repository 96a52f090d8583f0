#include "sandbox/supervised.h"

#include <gtest/gtest.h>

#include "testing/fake_clock.h"
#include "testing/run.h"

namespace zo {
namespace {

constexpr std::int64_t kIdleMs = 2'000;
constexpr int kNever = 1'000'000;

// What stands for a process behind the walls.
struct FakeProcess {
  Condition changed;
  std::optional<int> exit_code = {};

  void end(int code) {
    if (!exit_code) exit_code = code;
    changed.notify_all();
  }
};

class FakeService final : public SandboxedService {
 public:
  explicit FakeService(std::shared_ptr<FakeProcess> process) : process_(std::move(process)) {}
  ~FakeService() override { process_->end(128 + SIGKILL); }
  Task<int> wait() override {
    while (!process_->exit_code) co_await process_->changed.wait();
    co_return *process_->exit_code;
  }
  void kill() override { process_->end(128 + SIGKILL); }
  std::string output_tail() const override { return "first words\nlast words\n"; }

 private:
  std::shared_ptr<FakeProcess> process_;
};

struct SupervisedTest : testing::Test {
  asio::io_context io{1};
  FakeClock clock{io.get_executor()};
  std::optional<PassingTime> time{std::in_place, io.get_executor(), clock};
  std::vector<std::shared_ptr<FakeProcess>> processes;  // in the order of their starts
  std::vector<TimeMs> started_at;
  std::optional<Error> cannot_start;
  std::optional<int> ends_at_once;  // with this exit code
  int looks = 0;                    // before it is ready
  int told = 0;                     // how often that it takes time
  Supervised child{io.get_executor(), clock, {.name = "the child", .start = [this] { return start(); }, .is_ready = [this] { return is_ready(); },
                                              .ready_ms = 1'000, .look_ms = 200, .idle_ms = kIdleMs, .otherwise = "do without"}};

  void TearDown() override { run(io, child.stop()); }

  Task<Result<std::unique_ptr<SandboxedService>>> start() {
    started_at.push_back(clock.now());
    if (cannot_start) co_return std::unexpected(*cannot_start);
    processes.push_back(std::make_shared<FakeProcess>(FakeProcess{.changed = Condition(io.get_executor()), .exit_code = ends_at_once}));
    co_return std::make_unique<FakeService>(processes.back());
  }
  Task<bool> is_ready() { co_return !processes.back()->exit_code && looks-- <= 0; }

  Task<Result<>> ready() { return child.ready([this] { ++told; }); }
  // "ready", or what stood in the way.
  std::string use() {
    const Result<> outcome = run(io, ready());
    if (outcome) child.served();
    child.rest();
    return outcome ? "ready" : outcome.error().message;
  }
  bool is_stopped_soon() {
    return run(io, eventually([this] { return child.state() == Supervised::State::Stopped; }));
  }
};

TEST_F(SupervisedTest, StartsWhenItIsWantedAndOnce) {
  looks = 3;
  EXPECT_TRUE(started_at.empty());
  EXPECT_EQ(child.state(), Supervised::State::Stopped);
  EXPECT_EQ(use(), "ready");
  EXPECT_EQ(child.state(), Supervised::State::Ready);
  EXPECT_EQ(told, 1) << "that it takes time";
  EXPECT_EQ(use(), "ready");
  EXPECT_EQ(told, 1) << "it was there";
  EXPECT_EQ(started_at.size(), 1u);
}

TEST_F(SupervisedTest, OneThatHasEndedIsStartedAgain) {
  EXPECT_EQ(use(), "ready");
  processes[0]->end(1);
  EXPECT_TRUE(is_stopped_soon());
  EXPECT_EQ(use(), "ready");
  EXPECT_EQ(started_at.size(), 2u);
}

TEST_F(SupervisedTest, IsStartedAgainWithGrowingPausesUntilItGivesUpForAWhile) {
  ends_at_once = 128 + SIGILL;
  EXPECT_EQ(use(), "the child ended before it was ready (signal 4): first words last words");
  ASSERT_EQ(started_at.size(), 4u);
  for (std::size_t i = 1; i < 4; ++i) {
    const std::int64_t pause = started_at[i] - started_at[i - 1];
    const std::int64_t least = std::int64_t{250} << i;
    EXPECT_TRUE(pause >= least && pause < least + 100) << pause;
  }
  const std::string last = child.failure();
  EXPECT_TRUE(use().starts_with(last + " (tried 4 times; the next try in 3."));
  EXPECT_EQ(started_at.size(), 4u);
  clock.advance(4'000);
  ends_at_once = {};
  EXPECT_EQ(use(), "ready");
  EXPECT_EQ(child.failure(), "");
}

TEST_F(SupervisedTest, ServingWellForgivesWhatFailedBefore) {
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(use(), "ready");
    run(io, child.broken({Code::Unavailable, "broken"}));
  }
  EXPECT_EQ(use(), "ready");
}

TEST_F(SupervisedTest, WhatCannotBeStartedIsToldAtOnce) {
  cannot_start = Error{Code::Unavailable, "bubblewrap is not installed", "apt-get install bubblewrap"};
  const Result<> outcome = run(io, ready());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(), *cannot_start);
  EXPECT_EQ(started_at.size(), 1u);
  EXPECT_EQ(child.failure(), "bubblewrap is not installed");
}

TEST_F(SupervisedTest, WhatDoesNotAnswerIsEndedAndOneThatWasReadySooner) {
  looks = kNever;
  const TimeMs begin = clock.now();
  const Result<> never = run(io, ready());
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error(), (Error{Code::Unavailable, "the child did not answer for 1.0 s, and was stopped", "ask again; or do without"}));
  EXPECT_GE(clock.now() - begin, 1'000);
  EXPECT_EQ(processes[0]->exit_code, 128 + SIGKILL);

  looks = 0;
  EXPECT_EQ(use(), "ready");
  looks = kNever;
  const TimeMs later = clock.now();
  EXPECT_NE(use(), "ready");
  EXPECT_LT(clock.now() - later, 1'000);
  EXPECT_EQ(processes[1]->exit_code, 128 + SIGKILL);
}

TEST_F(SupervisedTest, EndsWhenItIdlesAndNotWhileItIsInUse) {
  ASSERT_TRUE(run(io, ready()));
  run(io, clock.sleep_for(3 * kIdleMs));
  EXPECT_EQ(child.state(), Supervised::State::Ready) << "it is in use";
  child.rest();
  const TimeMs begin = clock.now();
  EXPECT_TRUE(is_stopped_soon());
  EXPECT_GE(clock.now() - begin, kIdleMs);
  EXPECT_EQ(processes[0]->exit_code, 128 + SIGKILL);
}

TEST_F(SupervisedTest, TellsWhyItBrokeInUse) {
  const Error broken{Code::Unavailable, "the connection broke", ""};
  ASSERT_TRUE(run(io, ready()));
  EXPECT_EQ(run(io, child.broken(broken)), broken) << "it lives";
  processes[0]->end(128 + SIGSEGV);
  EXPECT_EQ(run(io, child.broken(broken)),
            (Error{Code::Unavailable, "the child ended while it was in use (signal 11): first words last words", "zo doctor; or do without"}));
}

TEST_F(SupervisedTest, WhoeverIsCancelledLeavesTheStartToTheNext) {
  looks = kNever;
  time.reset();
  Scope askers(io.get_executor());
  struct Asker {
    static Task<void> ask(Supervised& child) { co_await child.ready([] {}); }
  };
  askers.spawn("asker", Asker::ask(child));
  const auto starting = [this] { return child.state() == Supervised::State::Starting; };
  ASSERT_TRUE(run(io, eventually(starting)));
  run(io, askers.stop());
  child.rest();
  looks = 0;
  EXPECT_EQ(use(), "ready");
  EXPECT_EQ(started_at.size(), 1u);
  time.emplace(io.get_executor(), clock);
}

TEST_F(SupervisedTest, StopsAndCanBeWantedAgain) {
  EXPECT_EQ(use(), "ready");
  run(io, child.stop());
  EXPECT_EQ(processes[0]->exit_code, 128 + SIGKILL);
  EXPECT_EQ(child.state(), Supervised::State::Stopped);
  EXPECT_EQ(use(), "ready");
  EXPECT_EQ(started_at.size(), 2u);
}

}  // namespace
}  // namespace zo
