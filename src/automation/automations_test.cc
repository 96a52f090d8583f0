// Automations on a whole computer and a clock that the test holds. The names say what other schedulers were reported to get wrong.
#include "automation/automations.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "rig/test_computer.h"

namespace zo {
namespace {

constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

TimeMs at(std::string_view text) { return moment_from_text(text)->time.seconds * 1'000; }

class AutomationsTest : public testing::Test {
 protected:
  TestComputer zo{TestComputer::Time::Virtual};

  // The wall clock, in UTC; what has been added before would take it for a sleep.
  void set_wall(std::string_view text) { zo.virtual_clock.set_wall(at(text) - zo.virtual_clock.now()); }
  Automation add(AutomationWish wish) {
    if (wish.name.empty()) wish.name = "notes";
    if (wish.prompt.empty()) wish.prompt = "do it";
    if (wish.zone.empty()) wish.zone = "UTC";
    const Result<Automation> added = zo.wait(zo->automations.add(zo.owner(), std::move(wish)));
    EXPECT_TRUE(added) << added.error().message << " " << added.error().advice;
    return added ? *added : Automation{};
  }
  Automation find(const std::string& name = "notes") { return *zo.wait(zo->automations.find(zo.owner(), name)); }
  std::vector<Occurrence> history(const std::string& name = "notes") {
    auto all = *zo.wait(zo->automations.history(zo.owner(), name, {}, 200));
    std::ranges::reverse(all);
    return all;
  }
  // "2026-03-01 09:00 succeeded", the oldest first.
  std::vector<std::string> told(const std::string& name = "notes") {
    std::vector<std::string> lines;
    for (const Occurrence& one : history(name)) {
      std::string text = local_text(one.at, Zone());
      lines.push_back(text.substr(0, text.find(" UTC")) + " " + std::string(occurrence_state_name(one.state)));
    }
    return lines;
  }
  std::int64_t open() { return zo.database()->number("SELECT COUNT(*) FROM occurrences WHERE state = 'begun'"); }
  std::int64_t due() { return zo.database()->number("SELECT COUNT(*) FROM automations WHERE paused_at IS NULL AND due_at <= ?", zo.virtual_clock.now()); }
  // All that is due has begun, and ended.
  bool settled() {
    return zo.until([&] { return due() == 0 && open() == 0; });
  }
  bool begun() {
    return zo.until([&] { return due() == 0; });
  }
  // Time passes from one that is due to the next, as on a machine that is always on.
  void live_through(std::int64_t ms) {
    const TimeMs end = zo.virtual_clock.now() + ms;
    for (;;) {
      const TimeMs next = zo.database()->number("SELECT COALESCE(MIN(due_at), 9000000000000) FROM automations WHERE paused_at IS NULL");
      zo.advance(std::max<std::int64_t>(std::min(next, end) - zo.virtual_clock.now(), 0));
      ASSERT_TRUE(settled());
      if (next >= end) return;
    }
  }
  // The process is away for so long.
  void be_away(std::int64_t ms) {
    zo.wait(zo->stop());
    zo.virtual_clock.advance(ms);
    zo.restart();
  }
};

TEST_F(AutomationsTest, StartsARunThatKnowsWhenItWasMeant) {
  set_wall("2026-03-01T08:59:00");
  zo.restart();
  add({.name = "Morning", .every = "every day at 9", .prompt = "say good morning"});
  zo.model.when("say good morning").says("Good morning.");
  EXPECT_EQ(find("Morning").next_at, at("2026-03-01T09:00:00"));
  live_through(2 * kMinute);
  ASSERT_EQ(told("Morning"), (std::vector<std::string>{"2026-03-01 09:00 succeeded"}));
  const Occurrence one = history("Morning").front();
  const auto messages = zo.messages(*one.conversation_id);
  EXPECT_EQ(messages.back().text, "Good morning.");
  EXPECT_EQ(zo.wait(zo->conversations.find(zo.owner(), *one.conversation_id))->title, "Morning");
  EXPECT_NE(to_text(zo.model.seen().back().body).find("It was to run at 2026-03-01 09:00 UTC"), std::string::npos);
  EXPECT_GT(one.tokens, 0);
  EXPECT_EQ(find("Morning").next_at, at("2026-03-02T09:00:00"));
}

// 1, 3: what is still ahead, or has run, does not run at a restart.
TEST_F(AutomationsTest, ARestartBeginsNothingThatIsAheadAndNothingTwice) {
  set_wall("2026-03-01T08:00:00");
  zo.restart();
  add({.every = "every day at 9", .zone = "Asia/Tokyo"});  // midnight in UTC
  add({.name = "other", .every = "every day at 9"});
  live_through(90 * kMinute);
  EXPECT_EQ(told("other").size(), 1u);
  be_away(1'000);
  be_away(1'000);
  ASSERT_TRUE(settled());
  EXPECT_EQ(told().size(), 0u);
  EXPECT_EQ(told("other").size(), 1u);
}

// 2, 4: one that is due while nothing runs here begins late, and the next is where it belongs.
TEST_F(AutomationsTest, OneThatIsDueDuringARestartBeginsLateAndIsSaidToBe) {
  set_wall("2026-03-01T08:59:50");
  zo.restart();
  add({.every = "every day at 9"});
  be_away(80'000);
  ASSERT_TRUE(settled());
  ASSERT_EQ(told(), (std::vector<std::string>{"2026-03-01 09:00 succeeded"}));
  EXPECT_GE(history().front().late_ms, 70'000);
  EXPECT_EQ(find().next_at, at("2026-03-02T09:00:00")) << "no day is left out";
}

// 2: and every one that was missed has a row.
TEST_F(AutomationsTest, EachThatWasMissedHasARowWithAReason) {
  set_wall("2026-03-01T08:00:00");
  zo.restart();
  add({.every = "hourly"});
  add({.name = "strict", .every = "hourly", .catch_up = CatchUp::Skip});
  be_away(3 * kHour + 30 * kMinute);
  ASSERT_TRUE(settled());
  EXPECT_EQ(told(), (std::vector<std::string>{"2026-03-01 09:00 missed", "2026-03-01 10:00 missed", "2026-03-01 11:00 succeeded"}));
  EXPECT_EQ(told("strict"), (std::vector<std::string>{"2026-03-01 09:00 missed", "2026-03-01 10:00 missed", "2026-03-01 11:00 missed"}));
  for (const Occurrence& one : history("strict")) EXPECT_TRUE(one.reason.starts_with("missed: it was noticed ")) << one.reason;
}

TEST_F(AutomationsTest, AllThatWasMissedBeginsOneBehindTheOther) {
  set_wall("2026-03-01T08:00:00");
  zo.restart();
  add({.every = "hourly", .catch_up = CatchUp::All});
  be_away(3 * kHour + 30 * kMinute);
  ASSERT_TRUE(settled());
  EXPECT_EQ(told(), (std::vector<std::string>{"2026-03-01 09:00 succeeded", "2026-03-01 10:00 succeeded", "2026-03-01 11:00 succeeded"}));
}

// 5
TEST_F(AutomationsTest, WithoutAZoneItIsTheMachinesAndSaidToBe) {
  const Result<RulePreview> preview = zo.wait(zo->automations.preview({.every = "every day at 9"}));
  ASSERT_TRUE(preview);
  EXPECT_FALSE(preview->zone.empty());
  EXPECT_EQ(preview->next.size(), 5u);
  EXPECT_EQ(zo.wait(zo->automations.preview({.every = "every day at 9", .zone = "Europe/Berln"})).error().advice, "Europe/Berlin");
}

// 6, 9: whatever ends a run, nothing is left that says "it runs"; and a time limit ends the run before anything else begins.
TEST_F(AutomationsTest, ATimeLimitEndsTheRunAndTheNextBegins) {
  set_wall("2026-03-01T08:59:00");
  zo.restart();
  add({.every = "hourly", .start = "2026-03-01T08:00:00", .run_ms_most = 5 * kMinute});
  zo.model.hangs();
  zo.advance(kMinute);
  ASSERT_TRUE(begun());
  ASSERT_TRUE(zo.until([&] { return zo->agents.working() == 1; }));
  for (int i = 0; i < 70 && open() > 0; ++i) {
    zo.advance(5'000);
    // So long that the store can take a sign of life.
    (void)zo.until([turns = 0]() mutable { return ++turns > 20; });
  }
  ASSERT_TRUE(settled());
  ASSERT_EQ(told(), (std::vector<std::string>{"2026-03-01 09:00 failed"}));
  EXPECT_EQ(history().front().reason, "the run reached its limit of 5 min");
  EXPECT_EQ(zo->agents.working(), 0u);
  live_through(kHour);
  EXPECT_EQ(told().back(), "2026-03-01 10:00 succeeded");
}

// 6, 7, 8: after a crash the same run is found again, by its occurrence.
TEST_F(AutomationsTest, ACrashLeavesNothingStuckAndBeginsNoSecondRun) {
  set_wall("2026-03-01T08:59:00");
  zo.restart();
  add({.every = "hourly", .start = "2026-03-01T08:00:00", .prompt = "talk"});
  zo.model.when("talk").says("a long answer").in_chunks(4).hangs_after(1).times(1).then_says("whole");
  zo.advance(kMinute);
  ASSERT_TRUE(zo.until([&] { return zo->agents.working() == 1; }));
  ASSERT_TRUE(zo.until([&] { return zo.database()->number("SELECT COUNT(*) FROM occurrences WHERE run_id IS NOT NULL") == 1; }));
  be_away(1'000);
  ASSERT_TRUE(settled());
  EXPECT_EQ(told(), (std::vector<std::string>{"2026-03-01 09:00 succeeded"}));
  EXPECT_EQ(zo.database()->number("SELECT COUNT(*) FROM runs"), 1);
  EXPECT_EQ(zo.database()->number("SELECT COUNT(*) FROM jobs"), 0);
}

// 10, 11, 15: clocks that are put forward and back.
TEST_F(AutomationsTest, TheHourOnTheWallStaysThroughEveryChangeOfAClock) {
  set_wall("2026-03-28T00:00:00");
  zo.restart();
  add({.name = "berlin", .every = "every day at 02:30", .zone = "Europe/Berlin"});
  add({.name = "howe", .every = "every day at 01:45", .zone = "Australia/Lord_Howe"});  // put back by half an hour on 4 April, 15:00 UTC
  live_through(10 * kDay);
  EXPECT_EQ(told("berlin"), (std::vector<std::string>{"2026-03-28 01:30 succeeded", "2026-03-29 01:30 succeeded", "2026-03-30 00:30 succeeded", "2026-03-31 00:30 succeeded",
                                                      "2026-04-01 00:30 succeeded", "2026-04-02 00:30 succeeded", "2026-04-03 00:30 succeeded", "2026-04-04 00:30 succeeded",
                                                      "2026-04-05 00:30 succeeded", "2026-04-06 00:30 succeeded"}));
  std::set<std::int64_t> apart;
  const auto all = history("howe");
  for (std::size_t i = 1; i < all.size(); ++i) apart.insert((all[i].at - all[i - 1].at) / kMinute);
  EXPECT_EQ(apart, (std::set<std::int64_t>{24 * 60, 24 * 60 + 30})) << "a time that comes twice is meant once";
}

// 12, 14
TEST_F(AutomationsTest, ElapsedTimeGoesOnThroughTheHourThatComesTwice) {
  set_wall("2026-10-24T23:00:00");
  zo.restart();
  add({.name = "two hours", .every = "every 2 hours", .zone = "Europe/Berlin"});
  add({.name = "minutes", .every = "every 20m", .zone = "Europe/Berlin"});
  live_through(4 * kHour);
  EXPECT_EQ(told("two hours"), (std::vector<std::string>{"2026-10-25 01:00 succeeded", "2026-10-25 03:00 succeeded"}));
  EXPECT_EQ(told("minutes").size(), 12u);
}

// 13
TEST_F(AutomationsTest, AMonthlyOneThatIsSavedAtTheEndOfAMonthLosesNoMonth) {
  set_wall("2026-01-31T23:59:00");
  zo.restart();
  add({.every = "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=9;BYMINUTE=0;BYSECOND=0"});
  EXPECT_EQ(find().next_at, at("2026-02-28T09:00:00"));
  live_through(60 * kDay);
  EXPECT_EQ(told(), (std::vector<std::string>{"2026-02-28 09:00 succeeded", "2026-03-31 09:00 succeeded"}));
}

// 16
TEST_F(AutomationsTest, OneTimeMoreBeginsNowAndMovesNothing) {
  set_wall("2026-03-01T08:00:00");
  zo.restart();
  add({.every = "every day at 9"});
  const Result<Occurrence> extra = zo.wait(zo->automations.run(zo.owner(), "notes"));
  ASSERT_TRUE(extra);
  EXPECT_EQ(extra->cause, Cause::Person);
  ASSERT_TRUE(settled());
  EXPECT_EQ(history().front().state, OccurrenceState::Succeeded);
  EXPECT_EQ(find().next_at, at("2026-03-01T09:00:00"));
  live_through(2 * kHour);
  EXPECT_EQ(history().size(), 2u);
}

// 17: times come whether or not the last has begun, and what is left out has a row.
TEST_F(AutomationsTest, WhileOneWorksTheNextDoesAsItsOverlapSays) {
  for (const Overlap overlap : {Overlap::Skip, Overlap::BufferOne, Overlap::Allow}) {
    const std::string name(overlap_name(overlap));
    add({.name = name, .every = "every 1m", .prompt = name, .overlap = overlap});
    zo.model.when(name).says("slow").held();
  }
  for (int i = 0; i < 3; ++i) {
    zo.advance(kMinute);
    ASSERT_TRUE(begun());
  }
  EXPECT_TRUE(zo.until([&] { return zo->agents.working() == 5; })) << "one, one, and three";
  zo.model.release();
  ASSERT_TRUE(settled());
  const auto states = [&](Overlap overlap) {
    std::string words;
    for (const Occurrence& one : history(std::string(overlap_name(overlap)))) words += std::string(occurrence_state_name(one.state)) + " ";
    return words;
  };
  EXPECT_EQ(states(Overlap::Skip), "succeeded skipped skipped ");
  EXPECT_EQ(states(Overlap::BufferOne), "succeeded succeeded skipped ");
  EXPECT_EQ(states(Overlap::Allow), "succeeded succeeded succeeded ");
}

TEST_F(AutomationsTest, ANewerOneStopsTheOlderWhereThatIsWished) {
  add({.every = "every 1m", .prompt = "work", .overlap = Overlap::CancelPrevious});
  zo.model.when("work").says("slow").held();
  zo.advance(kMinute);
  ASSERT_TRUE(begun());
  ASSERT_TRUE(zo.until([&] { return zo->agents.working() == 1; }));
  zo.advance(kMinute);
  ASSERT_TRUE(begun());
  ASSERT_TRUE(zo.until([&] { return zo.database()->number("SELECT COUNT(*) FROM occurrences WHERE state = 'cancelled'") == 1; }));
  zo.model.release();
  ASSERT_TRUE(settled());
  EXPECT_EQ(history().back().state, OccurrenceState::Succeeded);
}

// 18
TEST_F(AutomationsTest, WhatIsChangedWhileItRunsIsKeptAndLosesNoHistory) {
  set_wall("2026-03-01T08:00:00");
  zo.restart();
  Automation automation = add({.every = "every day at 9"});
  live_through(2 * kHour);
  AutomationWish wish = find().wish;
  wish.every = "every day at 12";
  wish.prompt = "do something else";
  ASSERT_TRUE(zo.wait(zo->automations.edit(zo.owner(), "notes", wish)));
  EXPECT_EQ(find().next_at, at("2026-03-01T12:00:00"));
  be_away(1'000);
  EXPECT_EQ(find().wish.prompt, "do something else");
  EXPECT_EQ(told(), (std::vector<std::string>{"2026-03-01 09:00 succeeded"}));
  ASSERT_TRUE(zo.wait(zo->automations.pause(zo.owner(), "notes", true)));
  be_away(2 * kDay);
  EXPECT_EQ(told().size(), 1u) << "what is paused is not made up for";
  ASSERT_TRUE(zo.wait(zo->automations.pause(zo.owner(), "notes", false)));
  ASSERT_TRUE(settled());
  EXPECT_EQ(told().size(), 1u);
}

// 19
TEST_F(AutomationsTest, ManyAtTheFullHourAreSpreadWhereThatIsWished) {
  set_wall("2026-03-01T08:00:00");
  zo.restart();
  std::set<TimeMs> due;
  for (int i = 0; i < 10; ++i) due.insert(*add({.name = fmt::format("a{}", i), .every = "every day at 9", .jitter_ms = 10 * kMinute}).due_at);
  EXPECT_GE(due.size(), 9u);
  EXPECT_GE(*due.begin(), at("2026-03-01T09:00:00"));
  EXPECT_LT(*due.rbegin(), at("2026-03-01T09:10:00"));
  live_through(90 * kMinute);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(told(fmt::format("a{}", i)), (std::vector<std::string>{"2026-03-01 09:00 succeeded"}));
}

// 20
TEST_F(AutomationsTest, OneThatFailsIsHeldBackAndPausedInTheEnd) {
  add({.every = "every 20s", .prompt = "fail"});
  zo.model.when("fail").fails(401);
  for (int i = 0; i < 3'000 && !find().paused_at; ++i) {
    zo.advance(20'000);
    ASSERT_TRUE(settled());
  }
  const Automation paused = find();
  ASSERT_TRUE(paused.paused_at);
  EXPECT_EQ(paused.failures, 10);
  EXPECT_TRUE(paused.paused_reason.starts_with("paused: it failed 10 times in a row, at last: ")) << paused.paused_reason;
  int failed = 0, skipped = 0;
  for (const Occurrence& one : *zo.wait(zo->automations.history(zo.owner(), "notes", {}, 2'000))) {
    failed += one.state == OccurrenceState::Failed;
    skipped += one.state == OccurrenceState::Skipped;
  }
  EXPECT_GT(skipped, failed);
}

TEST_F(AutomationsTest, AClockThatIsSetBackBeginsNothingTwice) {
  set_wall("2026-03-01T08:00:00");
  zo.restart();
  add({.every = "hourly"});
  live_through(90 * kMinute);
  EXPECT_EQ(told(), (std::vector<std::string>{"2026-03-01 09:00 succeeded"}));
  zo.virtual_clock.set_wall(-kHour);
  zo.advance(20'000);
  live_through(90 * kMinute);  // it is 10:00 once more
  EXPECT_EQ(told(), (std::vector<std::string>{"2026-03-01 09:00 succeeded", "2026-03-01 10:00 succeeded"}));
  zo.virtual_clock.set_wall(3 * kHour);
  zo.advance(20'000);
  ASSERT_TRUE(settled());
  EXPECT_EQ(told().size(), 5u) << "each that was leapt over has a row";
}

// Another process over the same store, with its own queue, agents and clock's keeper.
struct Beside {
  TestComputer& zo;
  Feeds feeds{zo.io.get_executor()};
  Notices notices{feeds, zo.virtual_clock};
  Queue queue{zo.io.get_executor(), zo.virtual_clock, zo.dice, zo->store, notices, "another"};
  Agents agents{zo.io.get_executor(), zo.virtual_clock, zo.dice, zo->store, queue, feeds, notices, zo->models, zo->tools, zo->workspaces, zo->budget, zo->limits};
  Automations automations{zo.io.get_executor(), zo.virtual_clock, zo.dice, zo->store, zo.threads, notices, queue, agents, zo->workspaces, zo->http, zo->mail};

  explicit Beside(TestComputer& computer) : zo(computer) {
    EXPECT_TRUE(zo.wait(queue.start()));
    EXPECT_TRUE(zo.wait(automations.start()));
  }
  ~Beside() {
    zo.wait(queue.stop());
    zo.wait(automations.stop());
    zo.wait(agents.stop());
  }
};

TEST_F(AutomationsTest, TwoSchedulersOverOneStoreBeginEachOnceThroughADayWhoseClockChanges) {
  set_wall("2026-03-28T12:00:30");
  zo.restart();
  add({.name = "elapsed", .every = "every 30m", .zone = "Europe/Berlin", .start = "2026-03-28T13:00:00"});
  add({.name = "wall", .every = "FREQ=DAILY;BYHOUR=0,1,2,3,4,14;BYMINUTE=30;BYSECOND=0", .zone = "Europe/Berlin"});
  // The first alone, both, and the other alone.
  live_through(kDay / 4);
  {
    const Beside other(zo);
    live_through(kDay / 2);
    zo.wait(zo->automations.stop());
    zo.wait(zo->queue.stop());
    live_through(kDay / 4);
  }
  std::vector<std::string> times;
  for (int half = 1; half <= 48; ++half) times.push_back(local_text(at("2026-03-28T12:00:00") + half * 30 * kMinute, Zone()).substr(0, 16) + " succeeded");
  EXPECT_EQ(told("elapsed"), times);
  EXPECT_EQ(told("wall"), (std::vector<std::string>{"2026-03-28 13:30 succeeded", "2026-03-28 23:30 succeeded", "2026-03-29 00:30 succeeded", "2026-03-29 01:30 succeeded",
                                                    "2026-03-29 02:30 succeeded"})) << "02:30 is not shown that night, and meets 03:30";
  EXPECT_EQ(zo.database()->number("SELECT COUNT(*) FROM runs"), 53) << "no occurrence has two runs";
  EXPECT_EQ(zo.database()->number("SELECT COUNT(DISTINCT node) FROM job_history"), 2) << "both have worked";
}

// What tzdata said when the next time was found is not what it says now: it is found anew at the start, and nothing comes twice.
TEST_F(AutomationsTest, AnotherTzdataMovesTheNextTimeAndRepeatsNone) {
  set_wall("2026-03-01T08:00:00");
  zo.restart();
  add({.every = "every day at 9"});
  add({.name = "elapsed", .every = "every 2 hours"});
  live_through(90 * kMinute);
  EXPECT_EQ(told().size(), 1u);
  const std::optional<TimeMs> elapsed = find("elapsed").next_at;
  // As an older one would have it: the zone an hour apart, so that the next comes an hour early; and one that lies where the last was.
  zo.database()->execute("UPDATE automations SET zone_version = '2019a', next_at = next_at - 3600000, due_at = due_at - 3600000 WHERE name = 'notes'");
  zo.database()->execute("UPDATE automations SET zone_version = '2019a' WHERE name = 'elapsed'");
  zo.restart();
  EXPECT_EQ(find().next_at, at("2026-03-02T09:00:00"));
  EXPECT_EQ(find("elapsed").next_at, elapsed);
  zo.database()->execute("UPDATE automations SET zone_version = '2019a', next_at = " + std::to_string(at("2026-03-01T09:00:00")) + " WHERE name = 'notes'");
  zo.restart();
  EXPECT_EQ(find().next_at, at("2026-03-02T09:00:00")) << "the time on the wall that was due already is not due again";
  ASSERT_TRUE(settled());
  live_through(kDay);
  EXPECT_EQ(told(), (std::vector<std::string>{"2026-03-01 09:00 succeeded", "2026-03-02 09:00 succeeded"}));
}

TEST_F(AutomationsTest, OneWhoseZoneIsGoneIsPausedWithTheReason) {
  add({.every = "every 1m"});
  zo.database()->execute("UPDATE automations SET zone = 'Mars/Olympus'");
  zo.advance(kMinute);
  ASSERT_TRUE(begun());
  EXPECT_EQ(find().paused_reason, "paused: there is no time zone 'Mars/Olympus'");
}

TEST_F(AutomationsTest, WhatIsDueAlreadyStaysSoWhenOnlyTheWordsAreChanged) {
  set_wall("2026-03-01T08:59:00");
  zo.restart();
  add({.every = "every day at 9"});
  zo.wait(zo->automations.stop());  // nobody looks at the clock yet
  zo.virtual_clock.set_wall(2 * kMinute);
  AutomationWish wish = find().wish;
  wish.prompt = "otherwise";
  ASSERT_TRUE(zo.wait(zo->automations.edit(zo.owner(), "notes", wish)));
  EXPECT_EQ(find().next_at, at("2026-03-01T09:00:00"));
  EXPECT_EQ(zo.wait(zo->automations.edit(zo.owner(), "notes", wish, 1)).error().code, Code::Conflict) << "that revision is gone";
}

TEST_F(AutomationsTest, OneThatIsCancelledAndThenCutOffEndsAtTheNextStart) {
  add({.every = "every 1m", .prompt = "work"});
  zo.model.when("work").says("slow").held();
  zo.advance(kMinute);
  ASSERT_TRUE(begun());
  ASSERT_TRUE(zo.until([&] { return zo.database()->number("SELECT COUNT(*) FROM occurrences WHERE run_id IS NOT NULL") == 1; }));
  zo.wait(zo->stop());
  zo.database()->execute("UPDATE jobs SET cancel_at = 1 WHERE queue = 'automations'");
  zo.restart();
  ASSERT_TRUE(settled());
  EXPECT_EQ(history().front().state, OccurrenceState::Cancelled);
  EXPECT_EQ(zo.database()->number("SELECT COUNT(*) FROM runs WHERE finished_at IS NULL"), 0);
}

TEST_F(AutomationsTest, ARunOfThePersonsInItsConversationIsNotTaken) {
  zo.model.when("mine").says("slow").held();
  const Started mine = zo.start("mine");
  add({.every = "every 1m", .prompt = "work", .conversation = mine.run.conversation_id});
  zo.advance(kMinute);
  ASSERT_TRUE(begun());
  ASSERT_TRUE(zo.until([&] { return zo.database()->number("SELECT COUNT(*) FROM jobs WHERE queue = 'automations' AND failures = 1") == 1; })) << "it is tried again";
  EXPECT_FALSE(history().front().run_id);
  zo.model.release();
  zo.finish(mine);
  zo.advance(20'000);
  ASSERT_TRUE(settled());
  EXPECT_EQ(history().front().state, OccurrenceState::Succeeded);
  EXPECT_NE(history().front().run_id, mine.run.id);
}

TEST_F(AutomationsTest, ARetryOfOneThatFailedIsAnotherTime) {
  add({.every = "every 1m", .prompt = "fail"});
  zo.model.when("fail").fails(401).times(1).then_says("well");
  zo.advance(kMinute);
  ASSERT_TRUE(settled());
  const Occurrence failed = history().front();
  ASSERT_EQ(failed.state, OccurrenceState::Failed);
  ASSERT_TRUE(zo.wait(zo->jobs.retry(zo.owner(), *failed.job_id)));
  ASSERT_TRUE(settled());
  ASSERT_EQ(history().size(), 2u);
  EXPECT_EQ(history().back().cause, Cause::Person);
}

TEST_F(AutomationsTest, AClockThatWasFarAheadAndIsSetBackSilencesNothing) {
  set_wall("2026-03-01T08:00:00");
  zo.restart();
  add({.every = "hourly", .catch_up = CatchUp::Skip});
  zo.virtual_clock.set_wall(100 * kDay);
  zo.advance(20'000);
  ASSERT_TRUE(settled());
  EXPECT_GT(*find().next_at, at("2026-06-01T00:00:00"));
  zo.virtual_clock.set_wall(-100 * kDay);
  zo.advance(20'000);
  ASSERT_TRUE(zo.until([&] { return zo.database()->number("SELECT next_at FROM automations") < at("2026-03-02T00:00:00"); }));
}

TEST_F(AutomationsTest, ADaysTokensBoundIt) {
  add({.every = "hourly", .tokens_a_day = 1});
  zo.advance(kHour);
  ASSERT_TRUE(settled());
  zo.advance(kHour);
  ASSERT_TRUE(settled());
  EXPECT_EQ(history()[0].state, OccurrenceState::Succeeded);
  EXPECT_EQ(history()[1].state, OccurrenceState::Skipped);
  EXPECT_NE(history()[1].reason.find("tokens today, limit 1"), std::string::npos) << history()[1].reason;
}

TEST_F(AutomationsTest, IsRefusedInWordsWhatIsWrong) {
  const auto said = [&](AutomationWish wish) {
    if (wish.name.empty()) wish.name = "notes";
    const Result<Automation> added = zo.wait(zo->automations.add(zo.owner(), std::move(wish)));
    return added ? std::string() : added.error().message;
  };
  EXPECT_EQ(said({.every = "hourly"}), "there is no prompt: nothing says what is to be done");
  EXPECT_EQ(said({.every = "FREQ=DAILY;UNTIL=20200101", .prompt = "do"}), "this rule never comes again: FREQ=DAILY;UNTIL=20200101");
  EXPECT_EQ(said({.every = "now and then", .prompt = "do"}).substr(0, 10), "the rule: ");
  EXPECT_EQ(said({.every = "hourly", .start = "tomorrow", .prompt = "do"}), "the start 'tomorrow' is no time");
  add({.every = "hourly"});
  EXPECT_EQ(said({.every = "hourly", .prompt = "do"}), "there is an automation 'notes' already");
  ASSERT_TRUE(zo.wait(zo->automations.remove(zo.owner(), "notes")));
  EXPECT_EQ(zo.wait(zo->automations.find(zo.owner(), "notes")).error().code, Code::NotFound);
}

}  // namespace
}  // namespace zo
