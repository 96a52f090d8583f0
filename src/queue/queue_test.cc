#include "queue/queue.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <set>

#include "queue/jobs.h"
#include "store/sqlite.h"
#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

const PersonId kPerson = PersonId::stored("01J00000000000000000000000");
constexpr std::int64_t kMinute = 60'000;

// Takes what it is handed, and lets the test end it.
class TestWorker final : public Worker {
 public:
  explicit TestWorker(std::size_t at_once) : at_once_(at_once) {}
  std::string_view queue() const override { return "test"; }
  std::size_t at_once() const override { return at_once_; }
  Task<Result<>> begin(Held job) override {
    held.push_back(std::move(job));
    co_return Result<>{};
  }
  void stop(const JobId&, Stop why) override { stops.push_back(why); }

  std::vector<Held> held;
  std::vector<Stop> stops;

 private:
  std::size_t at_once_;
};

// A process with its queue, over the one store.
struct Process {
  Feeds feeds;
  Notices notices;
  Queue queue;
  Jobs jobs;
  TestWorker worker;

  Process(asio::io_context& io, FakeClock& clock, Dice& dice, Store& store, std::string node, std::size_t at_once)
      : feeds(io.get_executor()), notices(feeds, clock), queue(io.get_executor(), clock, dice, store, notices, std::move(node)), jobs(clock, store, queue), worker(at_once) {
    queue.serve(worker);
  }
};

class QueueTest : public testing::Test {
 protected:
  QueueTest() {
    store = *Store::open({.path = folder / "zo.db", .backup_folder = folder / "backup"});
    auto add = [](Transaction& tx) -> Result<> {
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'Ada', 1)", kPerson);
      return {};
    };
    EXPECT_TRUE(wait(store->write(add)));
  }
  ~QueueTest() override {
    for (auto& process : processes) wait(process->queue.stop());
  }

  template <class T>
  T wait(Task<T> task) {
    return zo::run(io, std::move(task));
  }
  Process& start(const std::string& node = "a", std::size_t at_once = 100) {
    Process& process = *processes.emplace_back(std::make_unique<Process>(io, clock, dice, *store, node, at_once));
    EXPECT_TRUE(wait(process.queue.start()));
    return process;
  }
  JobId add(Process& process, NewJob job = {}) {
    job.person_id = kPerson;
    if (job.queue.empty()) job.queue = "test";
    const Result<Added> added = wait(process.queue.add(std::move(job)));
    EXPECT_TRUE(added) << added.error().message;
    return added ? added->id : JobId();
  }
  bool until(std::function<bool()> holds) { return wait(eventually(std::move(holds))); }
  void advance(std::int64_t ms) {
    for (; ms > 0; ms -= 1'000) {
      clock.advance(std::min<std::int64_t>(ms, 1'000));
      settle();
    }
  }
  // All that can happen now, happens.
  void settle() { (void)wait(eventually([turns = 0]() mutable { return ++turns > 5; })); }
  Result<JobOutcome> end(Process& process, const Held& held, JobEnd how = {}) { return wait(process.queue.end(held, std::move(how))); }
  Job find(const JobId& id) { return *wait(processes.front()->jobs.find(kPerson, id)); }
  JobState state(const JobId& id) { return find(id).state; }
  std::string why(const JobId& id) { return wait(processes.front()->jobs.why(kPerson, id))->text; }
  std::string story(const JobId& id) {
    std::string words;
    for (const JobMoment& moment : moments_of(find(id))) words += moment.what + " ";
    return words;
  }

  TempFolder folder;
  asio::io_context io{1};
  FakeClock clock{io.get_executor()};
  SystemDice dice;
  std::unique_ptr<Store> store;
  std::vector<std::unique_ptr<Process>> processes;
};

const JobEnd kFails{.state = JobState::Failed, .error = Error{Code::Unavailable, "no luck", ""}};

TEST_F(QueueTest, AJobIsHandedOutAtOnceAndItsEndMovesItIntoTheHistory) {
  Process& a = start();
  const JobId job = add(a, {.payload = "do it"});
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  const Held held = a.worker.held.front();
  EXPECT_EQ(held.payload, "do it");
  EXPECT_EQ(held.attempt, 1);
  EXPECT_EQ(state(job), JobState::Running);
  EXPECT_EQ(end(a, held, {.result = "done"})->ended, Ended::Over);
  const Job over = find(job);
  EXPECT_EQ(over.state, JobState::Succeeded);
  EXPECT_EQ(over.result, "done");
  EXPECT_EQ(over.finished_at, clock.now());
  EXPECT_EQ(a.queue.holding(), 0u);
}

TEST_F(QueueTest, WhatIsMoreImportantGoesFirstButNothingWaitsForEver) {
  Process& a = start("a", 1);
  add(a);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  const JobId low = add(a, {.priority = 0});
  clock.advance(kMinute);
  const JobId high = add(a, {.priority = 9});
  clock.advance(90 * kMinute);  // nine levels are ninety minutes
  const JobId later = add(a, {.priority = 9});
  std::vector<JobId> order;
  for (std::size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(until([&] { return a.worker.held.size() == i + 1; }));
    order.push_back(a.worker.held.back().job);
    (void)end(a, a.worker.held.back());
  }
  EXPECT_EQ(std::vector<JobId>(order.begin() + 1, order.end()), (std::vector<JobId>{high, low, later}));
}

TEST_F(QueueTest, WhatFailsIsTriedAgainLaterAndLaterUntilItIsDead) {
  Process& a = start();
  const JobId job = add(a, {.failures_most = 3, .backoff_ms = 10'000});
  std::vector<std::int64_t> delays;
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(until([&] { return a.worker.held.size() == i + 1; }));
    EXPECT_EQ(a.worker.held.back().failures, static_cast<int>(i));
    const Result<JobOutcome> outcome = end(a, a.worker.held.back(), kFails);
    if (outcome->ended == Ended::Over) break;
    delays.push_back(outcome->again_at - clock.now());
    EXPECT_EQ(state(job), JobState::Scheduled);
    EXPECT_TRUE(why(job).starts_with(fmt::format("It failed {} of 3 times, and is tried again in ", i + 1))) << why(job);
    advance(delays.back() + 10);
  }
  ASSERT_EQ(delays.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {  // half of it is fixed, half is chance
    EXPECT_GE(delays[i], 5'000 << i);
    EXPECT_LE(delays[i], 10'000 << i);
  }
  EXPECT_EQ(state(job), JobState::Dead);
  EXPECT_EQ(find(job).error->message, "no luck");
  EXPECT_EQ(story(job), "claimed failed claimed failed claimed ");
  // Once more, from the start, under its old name and with a token that nobody had.
  ASSERT_TRUE(wait(a.jobs.retry(kPerson, job)));
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 4; }));
  EXPECT_EQ(a.worker.held.back().attempt, 4);
  EXPECT_EQ(a.worker.held.back().failures, 0);
  (void)end(a, a.worker.held.back());
  EXPECT_EQ(state(job), JobState::Succeeded);
  EXPECT_EQ(wait(a.jobs.retry(kPerson, job)).error().code, Code::Conflict);
}

TEST_F(QueueTest, WhatIsNotToBeTriedAgainHasFailed) {
  Process& a = start();
  const JobId final = add(a), once = add(a, {.failures_most = 1});
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 2; }));
  JobEnd is_final = kFails;
  is_final.is_final = true;
  (void)end(a, a.worker.held[0], is_final);
  (void)end(a, a.worker.held[1], kFails);
  EXPECT_EQ(state(final), JobState::Failed);
  EXPECT_EQ(state(once), JobState::Failed);
}

TEST_F(QueueTest, WhoeverLostItsLeaseChangesNothing) {
  Process& a = start("a");
  const JobId job = add(a);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  const Held stale = a.worker.held.front();
  wait(a.queue.stop());  // it hangs, and gives no sign of life
  Process& b = start("b");
  advance(limits::kJobLeaseMs + 5'000);
  ASSERT_TRUE(until([&] { return b.worker.held.size() == 1; }));
  EXPECT_EQ(b.worker.held.front().attempt, 2);
  EXPECT_EQ(b.worker.held.front().freed_by, FreedBy::Loss);
  EXPECT_EQ(end(a, stale).error().code, Code::Conflict);
  auto others = [&](Transaction& tx) -> Result<> {
    EXPECT_FALSE(is_held(tx, stale));
    EXPECT_FALSE(renew_job(tx, stale, a.queue.claimant()).is_ours);
    EXPECT_FALSE(note_job(tx, stale, 50, "half", ""));
    EXPECT_EQ(log_job(tx, stale, "hello", 1).error().code, Code::Conflict);
    EXPECT_FALSE(block_job(tx, stale, "a person", 1));
    return {};
  };
  EXPECT_TRUE(wait(store->write(others)));
  EXPECT_TRUE(end(b, b.worker.held.front(), {.result = "b's"}));
  EXPECT_EQ(find(job).result, "b's");
}

TEST_F(QueueTest, WhoWakesUpTooLateIsToldThatItIsLost) {
  Process& a = start("a");
  add(a);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  auto taken = [](Transaction& tx) -> Result<> {
    tx.change("UPDATE jobs SET attempt = attempt + 1, node = 'b'");
    return {};
  };
  EXPECT_TRUE(wait(store->write(taken)));
  advance(limits::kJobRenewMs + 5'000);
  EXPECT_TRUE(until([&] { return !a.worker.stops.empty(); }));
  EXPECT_EQ(a.worker.stops.front(), Worker::Stop::Lost);
}

TEST_F(QueueTest, ALeaseIsKeptAsLongAsItsWorkerLives) {
  Process& a = start("a");
  Process& b = start("b");
  const JobId job = add(a);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  const auto beside = *SqliteConnection::open(folder / "zo.db", Connection::Mode::ReadOnly);
  for (int i = 0; i < 60; ++i) {
    clock.advance(5'000);
    ASSERT_TRUE(until([&] { return beside->number("SELECT lease_until_at FROM jobs") > clock.now() + limits::kJobLeaseMs / 2; }));
  }
  EXPECT_EQ(b.worker.held.size(), 0u);
  EXPECT_EQ(find(job).attempt, 1);
  EXPECT_GT(*find(job).lease_until_at, clock.now());
}

TEST_F(QueueTest, WhatThisHomesDeadProcessHeldIsFreedAtTheStart) {
  Process& dead = start("a");
  const JobId job = add(dead);
  ASSERT_TRUE(until([&] { return dead.worker.held.size() == 1; }));
  wait(dead.queue.stop());
  Process& next = start("a");
  ASSERT_EQ(next.worker.held.size(), 1u);
  EXPECT_EQ(next.worker.held.front().job, job);
  EXPECT_EQ(next.worker.held.front().attempt, 2);
  EXPECT_EQ(next.worker.held.front().losses, 1);
}

TEST_F(QueueTest, WhatKillsEveryWorkerIsDeadInTheEnd) {
  start("a");
  const JobId job = add(*processes.front(), {.losses_most = 3});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(until([&] { return processes.back()->worker.held.size() == 1; }));
    wait(processes.back()->queue.stop());
    start("a");
  }
  EXPECT_EQ(processes.back()->worker.held.size(), 0u);
  EXPECT_EQ(state(job), JobState::Dead);
  EXPECT_EQ(find(job).error->message, "whoever worked on it was lost, 3 times");
}

TEST_F(QueueTest, WhileOneWithThatKeyIsNotOverThereIsNoSecond) {
  Process& a = start("a", 0);
  const JobId first = add(a, {.unique_key = "nightly"});
  const Result<Added> second = wait(a.queue.add({.person_id = kPerson, .queue = "test", .unique_key = "nightly"}));
  EXPECT_EQ(second->id, first);
  EXPECT_TRUE(second->repeated);
  EXPECT_NE(add(a, {.queue = "other", .unique_key = "nightly"}), first);
  ASSERT_TRUE(wait(a.jobs.cancel(kPerson, first)));
  EXPECT_NE(add(a, {.unique_key = "nightly"}), first);
}

TEST_F(QueueTest, AJobWaitsForThoseThatItNeeds) {
  Process& a = start();
  const JobId one = add(a), two = add(a);
  const JobId both = add(a, {.needs = {{one}, {two}}});
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 2; }));
  EXPECT_EQ(state(both), JobState::Blocked);
  EXPECT_TRUE(why(both).starts_with("It waits for 2 jobs that must end first: ")) << why(both);
  (void)end(a, a.worker.held[0]);
  EXPECT_EQ(state(both), JobState::Blocked);
  (void)end(a, a.worker.held[1]);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 3; }));
  EXPECT_EQ(a.worker.held.back().job, both);
  // What has ended well need not be waited for.
  EXPECT_EQ(state(add(a, {.queue = "other", .needs = {{one}}})), JobState::Ready);
}

TEST_F(QueueTest, WhenWhatItNeedsEndsBadlyAJobDoesAsItSaid) {
  Process& a = start();
  const JobId needed = add(a, {.failures_most = 1});
  const JobId cancels = add(a, {.needs = {{needed, Need::OnFailure::Cancel}}});
  const JobId with_it = add(a, {.needs = {{cancels, Need::OnFailure::Cancel}}});
  const JobId goes_on = add(a, {.needs = {{needed, Need::OnFailure::Continue}}});
  const JobId holds = add(a, {.needs = {{needed, Need::OnFailure::Hold}}});
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  (void)end(a, a.worker.held[0], kFails);
  EXPECT_EQ(state(cancels), JobState::Cancelled);
  EXPECT_EQ(state(with_it), JobState::Cancelled);
  EXPECT_EQ(state(holds), JobState::Blocked);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 2; }));
  EXPECT_EQ(a.worker.held[1].job, goes_on);
  EXPECT_EQ(wait(a.queue.add({.person_id = kPerson, .queue = "test", .needs = {{needed}}})).error().code, Code::Conflict);
  // Tried again, and well this time: what held on is free.
  ASSERT_TRUE(wait(a.jobs.retry(kPerson, needed)));
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 3; }));
  (void)end(a, a.worker.held[2]);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 4; }));
  EXPECT_EQ(a.worker.held[3].job, holds);
}

TEST_F(QueueTest, NoMoreRunAtOnceThanTheOwnerSaid) {
  Process& a = start();
  ASSERT_TRUE(wait(a.jobs.change({.name = "test", .at_once = 2})));
  std::vector<JobId> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(add(a));
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 2; }));
  settle();
  EXPECT_EQ(a.worker.held.size(), 2u);
  EXPECT_EQ(why(jobs[2]), "2 jobs of the queue 'test' run, and 2 may.");
  (void)end(a, a.worker.held[0]);
  EXPECT_TRUE(until([&] { return a.worker.held.size() == 3; }));
}

TEST_F(QueueTest, NoMoreBeginWithinATimeThanTheOwnerSaid) {
  Process& a = start();
  ASSERT_TRUE(wait(a.jobs.change({.name = "test", .rate = {{{2, 10'000}}}})));
  for (int i = 0; i < 6; ++i) add(a);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 2; }));
  advance(4'000);
  EXPECT_EQ(a.worker.held.size(), 2u);
  advance(1'000);
  EXPECT_TRUE(until([&] { return a.worker.held.size() == 3; }));
  advance(15'000);
  EXPECT_TRUE(until([&] { return a.worker.held.size() == 6; }));
}

TEST_F(QueueTest, NothingOfAPausedQueueBegins) {
  Process& a = start();
  ASSERT_TRUE(wait(a.jobs.change({.name = "test", .paused = true})));
  const JobId job = add(a);
  settle();
  EXPECT_EQ(a.worker.held.size(), 0u);
  EXPECT_EQ(why(job), "The queue 'test' is paused.");
  ASSERT_TRUE(wait(a.jobs.change({.name = "*", .paused = true})));
  EXPECT_EQ(why(job), "All queues are paused.");
  ASSERT_TRUE(wait(a.jobs.change({.name = "test", .paused = false})));
  settle();
  EXPECT_EQ(a.worker.held.size(), 0u);
  ASSERT_TRUE(wait(a.jobs.change({.name = "*", .paused = false})));
  EXPECT_TRUE(until([&] { return a.worker.held.size() == 1; }));
}

TEST_F(QueueTest, SaysWhyItWaits) {
  Process& a = start("a", 1);
  const JobId first = add(a);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  EXPECT_EQ(why(first), "It does not wait: it runs, in attempt 1.");
  const JobId second = add(a), third = add(a);
  EXPECT_EQ(why(second), "It is next, and begins as soon as there is a place.");
  EXPECT_EQ(why(third), "1 job is before it in the queue 'test'; 1 running.");
  EXPECT_EQ(why(add(a, {.delay_ms = 90'000})), "It is to begin in 1 min 30 s.");
  EXPECT_EQ(why(add(a, {.queue = "nobodys"})), "Nobody works on the queue 'nobodys' here.");
  (void)end(a, a.worker.held[0]);
  EXPECT_EQ(why(first), "It is over: succeeded.");
}

TEST_F(QueueTest, BeginsWhenItsTimeHasCome) {
  Process& a = start();
  const JobId job = add(a, {.delay_ms = 3'456});
  EXPECT_EQ(state(job), JobState::Scheduled);
  clock.advance(3'455);
  settle();
  EXPECT_EQ(a.worker.held.size(), 0u);
  clock.advance(1);
  EXPECT_TRUE(until([&] { return a.worker.held.size() == 1; }));
}

TEST_F(QueueTest, EachOfManyBeginsWhenItsTimeHasCome) {
  Process& a = start();
  for (std::int64_t delay_ms = 1'000; delay_ms <= 4'000; delay_ms += 100) add(a, {.delay_ms = delay_ms});
  for (std::size_t begun = 1; begun <= 31; ++begun) {
    clock.advance(begun == 1 ? 1'000 : 100);
    EXPECT_TRUE(until([&] { return a.worker.held.size() == begun; })) << begun;
  }
}

TEST_F(QueueTest, IsCancelledWhereverItStands) {
  Process& a = start("a", 1);
  const JobId running = add(a), ready = add(a), scheduled = add(a, {.delay_ms = 1'000}), blocked = add(a, {.needs = {{running}}});
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  for (const JobId& job : {ready, scheduled, blocked}) {
    EXPECT_TRUE(wait(a.jobs.cancel(kPerson, job)));
    EXPECT_EQ(state(job), JobState::Cancelled);
    EXPECT_EQ(wait(a.jobs.cancel(kPerson, job)).error().code, Code::Conflict);
  }
  EXPECT_TRUE(wait(a.jobs.cancel(kPerson, running)));
  EXPECT_EQ(a.worker.stops, std::vector{Worker::Stop::Cancelled});
  EXPECT_TRUE(find(running).cancel_at);
  EXPECT_TRUE(end(a, a.worker.held[0], {.state = JobState::Cancelled}));
  EXPECT_EQ(state(running), JobState::Cancelled);
}

TEST_F(QueueTest, WhatWasToldToStopIsNotBegunAnew) {
  Process& a = start("a");
  const JobId job = add(a);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  EXPECT_TRUE(wait(a.jobs.cancel(kPerson, job)));
  wait(a.queue.stop());
  Process& next = start("a");
  EXPECT_EQ(next.worker.held.size(), 0u);
  EXPECT_EQ(state(job), JobState::Cancelled);
}

TEST_F(QueueTest, AnAttemptHasItsTime) {
  Process& a = start();
  add(a, {.run_ms_most = 5 * kMinute});
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  advance(5 * kMinute - 5'000);
  EXPECT_EQ(a.worker.stops.size(), 0u);
  advance(10'000);
  ASSERT_TRUE(until([&] { return !a.worker.stops.empty(); }));
  EXPECT_EQ(a.worker.stops.front(), Worker::Stop::TimeUp);
}

// A lease is a wall time; nobody loses it because somebody sets the clock, and nobody keeps it an hour too long.
TEST_F(QueueTest, AClockThatIsSetTakesNobodysLease) {
  Process& a = start("a");
  const JobId job = add(a);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  const auto beside = *SqliteConnection::open(folder / "zo.db", Connection::Mode::ReadOnly);
  for (const std::int64_t by_ms : {60 * kMinute, -120 * kMinute, 60 * kMinute}) {
    clock.set_wall(by_ms);
    advance(2 * kMinute);
    EXPECT_TRUE(until([&] { return beside->number("SELECT lease_until_at FROM jobs") > clock.now(); }));
    EXPECT_EQ(find(job).attempt, 1);
    EXPECT_EQ(a.worker.stops.size(), 0u);
    EXPECT_LE(*find(job).lease_until_at, clock.now() + limits::kJobLeaseMs);
  }
  EXPECT_TRUE(end(a, a.worker.held[0]));
}

TEST_F(QueueTest, TellsHowItGoesAndKeepsWhatTheNextAttemptNeeds) {
  Process& a = start();
  const JobId job = add(a);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  auto note = [held = a.worker.held[0]](Transaction& tx) -> Result<> {
    EXPECT_TRUE(note_job(tx, held, 40, "reading", "line 400"));
    EXPECT_TRUE(note_job(tx, held, 50, "", ""));
    EXPECT_TRUE(log_job(tx, held, "one", 1));
    EXPECT_TRUE(log_job(tx, held, "two", 2));
    return {};
  };
  EXPECT_TRUE(wait(store->write(note)));
  EXPECT_EQ(find(job).percent, 50);
  EXPECT_EQ(find(job).note, "reading");
  const auto lines = wait(a.jobs.log(kPerson, job, 1));
  ASSERT_EQ(lines->size(), 1u);
  EXPECT_EQ(lines->front().text, "two");
  (void)end(a, a.worker.held[0], kFails);
  advance(5'000);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 2; }));
  EXPECT_EQ(a.worker.held[1].checkpoint, "line 400");
}

TEST_F(QueueTest, RefusesWhatIsOutOfBoundsInWords) {
  Process& a = start();
  const auto said = [&](NewJob job) {
    job.person_id = kPerson;
    if (job.queue.empty()) job.queue = "test";
    const Result<Added> added = wait(a.queue.add(std::move(job)));
    return added ? std::string() : added.error().message;
  };
  EXPECT_EQ(said({.queue = "Not a name"}), "'Not a name' is no name of a queue: 1 to 64 of a-z 0-9 . _ -");
  EXPECT_EQ(said({.priority = 10}), "priority 10 is outside of 0 to 9");
  EXPECT_EQ(said({.payload = std::string(70'000, 'x')}), "the job's payload has 70000 bytes, limit 65536");
  EXPECT_EQ(said({.failures_most = 0}), "a job is tried 1 to 1000 times");
  EXPECT_EQ(said({.needs = {{JobId::stored("01J00000000000000000000001")}}}), "no job has the id '01J00000000000000000000001'");
  EXPECT_EQ(wait(a.jobs.change({.name = "*", .at_once = 3})).error().code, Code::Invalid);
  EXPECT_EQ(wait(a.jobs.change({.name = "test", .at_once = 0})).error().code, Code::Invalid);
}

TEST_F(QueueTest, ListsWhatWaitsAndWhatIsOverTheNewestFirst) {
  Process& a = start("a", 1);
  const JobId first = add(a), second = add(a), other = add(a, {.queue = "other"});
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  (void)end(a, a.worker.held[0]);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 2; }));
  const auto ids = [&](JobFilter wanted) {
    std::vector<JobId> found;
    for (const Job& job : *wait(a.jobs.list(kPerson, wanted))) found.push_back(job.id);
    return found;
  };
  EXPECT_EQ(ids({}), (std::vector<JobId>{other, second, first}));
  EXPECT_EQ(ids({.before = second}), (std::vector<JobId>{first}));
  EXPECT_EQ(ids({.state = JobState::Succeeded}), (std::vector<JobId>{first}));
  EXPECT_EQ(ids({.queue = "other"}), (std::vector<JobId>{other}));
  EXPECT_EQ(ids({.most = 1}), (std::vector<JobId>{other}));
  const auto queues = wait(a.jobs.queues(kPerson));
  ASSERT_EQ(queues->size(), 2u);
  EXPECT_EQ(queues->at(1).running, 1);
  EXPECT_FALSE(queues->at(0).is_served);
}

TEST_F(QueueTest, AnOldHistoryIsForgotten) {
  Process& a = start();
  const JobId job = add(a);
  ASSERT_TRUE(until([&] { return a.worker.held.size() == 1; }));
  (void)end(a, a.worker.held[0]);
  clock.advance(limits::kJobHistoryMs - kMinute);
  advance(10'000);
  EXPECT_EQ(state(job), JobState::Succeeded);
  clock.advance(60 * kMinute);
  advance(10'000);
  const auto beside = *SqliteConnection::open(folder / "zo.db", Connection::Mode::ReadOnly);
  EXPECT_TRUE(until([&] { return beside->number("SELECT COUNT(*) FROM job_history") == 0; }));
  EXPECT_EQ(wait(a.jobs.find(kPerson, job)).error().code, Code::NotFound);
}

}  // namespace
}  // namespace zo
