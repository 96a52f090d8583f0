// Calls that a person is asked about: the run waits, holds nothing, and goes on with the answer.
#include <gtest/gtest.h>

#include <filesystem>

#include "rig/probe_tool.h"
#include "rig/test_computer.h"

namespace zo {
namespace {

struct Waiting : testing::Test {
  TestComputer zo;
  ProbeTool* probe = nullptr;

  Waiting() { set_up(true); }

  // Whatever probe is asked to do, a person is asked first.
  void set_up(bool asks) {
    probe = &ProbeTool::add_to(zo->tools);
    if (asks) zo.wait(zo->policies.set(zo.owner(), {.id = {}, .token = {}, .tool = "probe", .bound = "", .verdict = PolicyVerdict::Ask}));
  }
  // Another server on the same home.
  void restart(bool asks = true) {
    zo.restart();
    set_up(asks);
  }

  RunState state(const RunId& run) { return zo.wait(zo->agents.find(zo.owner(), run))->state; }
  bool waits(const RunId& run) {
    return zo.until([&] { return zo->agents.working() == 0; }) && state(run) == RunState::Waiting;
  }
  Approval asked_about(const ToolCall& call) {
    const auto all = zo.wait(zo->agents.approvals(zo.owner(), {}));
    const auto found = std::ranges::find(*all, call.id, &Approval::tool_call_id);
    return found != all->end() ? *found : Approval{};
  }
  Result<Approval> answer(const ToolCall& call, PersonsAnswer what, std::string note = "") {
    const Approval approval = asked_about(call);
    return zo.wait(zo->agents.answer(zo.owner(), approval.id, {what, approval.hash, std::move(note)}));
  }
  std::vector<ToolCall> calls(const Started& started) {
    for (const Message& message : zo.messages(started.run.conversation_id))
      if (!message.tool_calls.empty()) return message.tool_calls;
    return {};
  }
  std::string durable(const RunId& run) {
    std::string kinds;
    std::int64_t last = 0;
    for (const RunEventPtr& event : zo.events(run)) {
      EXPECT_GT(event->number, last);
      last = event->number;
      if (event->durable) kinds += std::string(kind_of(event->what)) + " ";
    }
    return kinds;
  }
};

TEST_F(Waiting, ARunWaitsForAPersonAndHoldsNothing) {
  zo.model.calls("probe", {{"word", "a"}}).then_says("{tool}");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  EXPECT_EQ(zo->feeds.size(), 0u);
  EXPECT_EQ(probe->ran["a"], 0);
  EXPECT_EQ(zo.database()->number("SELECT COUNT(*) FROM jobs WHERE state = 'blocked' AND lease_until_at IS NULL"), 1);
  EXPECT_EQ(calls(started).at(0).state, CallState::Asked);
  EXPECT_EQ(durable(started.run.id), "run_started message_placed message run_waiting ");
  EXPECT_EQ(zo.wait(zo->conversations.find(zo.owner(), started.run.conversation_id))->active_run_id, started.run.id);
}

// What may have told the outside something and was cut off is not made again without a person.
TEST_F(Waiting, ACallThatMayHaveReachedTheOutsideIsNotRepeatedUnasked) {
  const auto cut_off = [&](std::string egress) {
    zo.model.when("send " + egress).calls("shell", {{"command", "echo sent >> sent.txt; sleep 600"}}).then_calls("shell", {{"command", "echo again >> sent.txt"}}).then_says("It said {tool}");
    RunRequest request{.person = zo.owner(), .text = "send " + egress, .egress = egress};
    const Started started = *zo.wait(zo->agents.start(std::move(request)));
    EXPECT_TRUE(zo.until([&] { return std::filesystem::exists(zo.workspace() + "/sent.txt"); }));
    restart(false);
    return started;
  };
  const Started started = cut_off("open-public");
  ASSERT_TRUE(waits(started.run.id));
  const auto all = zo.wait(zo->agents.approvals(zo.owner(), {}));
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ(all->front().reason, AskReason::Repeat);
  EXPECT_EQ(question_of(all->front()), "An earlier shell was cut off, and whether it reached the outside is not known. Now it wants to run: echo again >> sent.txt");
  ASSERT_TRUE(zo.wait(zo->agents.answer(zo.owner(), all->front().id, {PersonsAnswer::Yes, all->front().hash, ""})));
  EXPECT_EQ(zo.finish(started).story(), "user · tool shell unknown · tool shell ok · assistant It said [no output]");
  ASSERT_TRUE(zo.wait(zo.files().remove("sent.txt")));
  // Nothing was told to anybody where there is no way out.
  EXPECT_EQ(zo.finish(cut_off("off")).story(), "user · tool shell unknown · tool shell ok · assistant It said [no output]");
}

TEST_F(Waiting, AYesRunsTheCallOnceAndTheRunGoesOn) {
  zo.model.calls("probe", {{"word", "a"}}).then_says("It said {tool}");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  ASSERT_TRUE(answer(calls(started).at(0), PersonsAnswer::Yes));
  const Told told = zo.finish(started);
  EXPECT_EQ(told.story(), "user · tool probe ok · assistant It said ran a");
  EXPECT_EQ(probe->ran["a"], 1);
  EXPECT_EQ(durable(started.run.id), "run_started message_placed message run_waiting run_resumed tool_finished message run_finished ");
  EXPECT_EQ(answer(calls(started).at(0), PersonsAnswer::Yes).error().code, Code::Conflict);
}

TEST_F(Waiting, ANoIsToldToTheModelAndNothingRuns) {
  zo.model.calls("probe", {{"word", "a"}}).then_says("{tool}");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  ASSERT_TRUE(answer(calls(started).at(0), PersonsAnswer::No));
  EXPECT_EQ(zo.finish(started).story(), "user · tool probe refused · assistant The person said no. It was not run.");
  EXPECT_EQ(probe->ran["a"], 0);
}

TEST_F(Waiting, TheRunGoesOnWhenNothingIsAskedAnyMore) {
  zo.model.calls("probe", {{"word", "a"}}).and_calls("shell", {{"command", "echo b"}}).and_calls("probe", {{"word", "c"}}).then_says("done");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  EXPECT_EQ(calls(started).at(1).state, CallState::Ok) << "what needs no answer has run meanwhile";
  ASSERT_TRUE(answer(calls(started).at(2), PersonsAnswer::No));
  EXPECT_EQ(state(started.run.id), RunState::Waiting);
  ASSERT_TRUE(answer(calls(started).at(0), PersonsAnswer::Yes));
  EXPECT_EQ(zo.finish(started).story(), "user · tool probe ok · tool shell ok · tool probe refused · assistant done");
}

TEST_F(Waiting, AnAnswerThatComesWhileOtherCallsWorkNeedsNoWaiting) {
  zo.model.calls("probe", {{"word", "a"}}).and_calls("shell", {{"command", "while [ ! -e go ]; do :; done"}}).then_says("done");
  const Started started = zo.start("do it");
  ASSERT_TRUE(zo.until([&] { return zo.database()->number("SELECT COUNT(*) FROM tool_calls") == 2; }));
  ASSERT_TRUE(answer(calls(started).at(0), PersonsAnswer::Yes));
  ASSERT_TRUE(zo.wait(zo.files().write("go", "")));
  EXPECT_EQ(zo.finish(started).story(), "user · tool probe ok · tool shell ok · assistant done");
  EXPECT_EQ(durable(started.run.id).find("run_waiting"), std::string::npos);
}

TEST_F(Waiting, OutlivesARestartAndIsAnsweredAfterIt) {
  zo.model.when("do it").calls("probe", {{"word", "a"}}).then_says("done");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  restart();
  EXPECT_EQ(state(started.run.id), RunState::Waiting);
  EXPECT_EQ(zo->agents.working(), 0u);
  ASSERT_TRUE(answer(calls(started).at(0), PersonsAnswer::Yes));
  EXPECT_EQ(zo.finish(started).story(), "user · tool probe ok · assistant done");
}

TEST_F(Waiting, AnAnswerThatACrashCutOffFromItsRunIsNotLost) {
  zo.model.when("do it").calls("probe", {{"word", "a"}}).then_says("done");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  zo.wait(zo->queue.stop());  // which would hand it out
  zo.database()->execute("UPDATE tool_calls SET state = 'pending', answer = 'yes'");
  zo.database()->execute("UPDATE approvals SET state = 'allowed'");
  zo.database()->execute("UPDATE jobs SET state = 'ready', waits_for = '', freed_by = 'answer'");
  restart();
  EXPECT_EQ(zo.finish(started).story(), "user · tool probe ok · assistant done");
}

TEST_F(Waiting, ACallThatWasDecidedBeforeACrashIsDecidedAgain) {
  zo.model.when("do it").calls("probe", {{"word", "a"}}).then_says("done");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  zo.wait(zo->queue.stop());  // which would hand it out
  // As a crash leaves a call that was to run and had not begun, when nobody was asked yet.
  zo.database()->execute("UPDATE tool_calls SET state = 'pending'");
  zo.database()->execute("UPDATE runs SET state = 'running'");
  zo.database()->execute("UPDATE jobs SET state = 'ready', waits_for = '', freed_by = 'loss'");
  restart();
  ASSERT_TRUE(waits(started.run.id));
  EXPECT_EQ(probe->ran["a"], 0) << "a rule that holds now is asked now";
  EXPECT_EQ(calls(started).at(0).state, CallState::Asked);
}

TEST_F(Waiting, ACallThatMayNotRunAfterACrashFailsWithTheReason) {
  zo.model.when("do it").calls("probe", {{"word", "a"}}).then_says("{tool}");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  zo.wait(zo->queue.stop());  // which would hand it out
  zo.database()->execute("UPDATE tool_calls SET state = 'pending', answer = 'yes'");
  zo.database()->execute("UPDATE runs SET tools = 'shell'");
  zo.database()->execute("UPDATE jobs SET state = 'ready', waits_for = '', freed_by = 'answer'");
  restart();
  EXPECT_EQ(zo.finish(started).story(), "user · tool probe failed · assistant this token may not use 'probe'");
}

TEST_F(Waiting, CanBeCancelled) {
  zo.model.calls("probe", {{"word", "a"}});
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  EXPECT_EQ(zo.wait(zo->agents.cancel(zo.owner(), started.run.id))->state, RunState::Cancelled);
  EXPECT_EQ(calls(started).at(0).state, CallState::Cancelled);
  EXPECT_EQ(answer(calls(started).at(0), PersonsAnswer::Yes).error().code, Code::Conflict);
  EXPECT_EQ(durable(started.run.id), "run_started message_placed message run_waiting tool_finished run_finished ");
  EXPECT_TRUE(zo.wait(zo->conversations.remove(zo.owner(), started.run.conversation_id)));
}

TEST_F(Waiting, AMessageSaidMeanwhileIsAnsweredAfterwards) {
  zo.model.calls("probe", {{"word", "a"}}).then_says("done");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  const Started second = zo.start("and quickly", started.run.conversation_id);
  EXPECT_TRUE(second.queued);
  EXPECT_FALSE(zo.wait(zo->conversations.remove(zo.owner(), started.run.conversation_id))) << "its run has not ended";
  ASSERT_TRUE(answer(calls(started).at(0), PersonsAnswer::Yes));
  EXPECT_EQ(zo.finish(started).story(), "user · tool probe ok · user · assistant done");
}

TEST_F(Waiting, SomebodyElsesAnswerIsNone) {
  zo.model.calls("probe", {{"word", "a"}});
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  const PersonId stranger = PersonId::make(zo.dice, 1);
  const Approval approval = asked_about(calls(started).at(0));
  EXPECT_EQ(zo.wait(zo->agents.answer(stranger, approval.id, {PersonsAnswer::Yes, approval.hash, ""})).error().code, Code::NotFound);
  EXPECT_EQ(state(started.run.id), RunState::Waiting);
}

TEST_F(Waiting, WhatThePersonSaysWithANoReachesTheModel) {
  zo.model.calls("probe", {{"word", "a"}}).then_says("{tool}");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  ASSERT_TRUE(answer(calls(started).at(0), PersonsAnswer::No, "use b instead"));
  EXPECT_EQ(zo.finish(started).story(), "user · tool probe refused · assistant The person said no. It was not run. They say: use b instead");
}

TEST_F(Waiting, AnAnswerIsToWhatWasShownAndCountsOnce) {
  zo.model.calls("probe", {{"word", "a"}}).then_says("done");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  const Approval asked = asked_about(calls(started).at(0));
  EXPECT_EQ(asked.arguments, R"({"word":"a"})");
  const auto say = [&](std::string hash) { return zo.wait(zo->agents.answer(zo.owner(), asked.id, {PersonsAnswer::Yes, std::move(hash), ""})); };
  EXPECT_EQ(say(approval_hash("probe", R"({"word":"b"})", "")).error().code, Code::Conflict) << "about something else";
  EXPECT_EQ(state(started.run.id), RunState::Waiting);
  ASSERT_TRUE(say(asked.hash));
  EXPECT_EQ(say(asked.hash).error().code, Code::Conflict) << "said again";
  zo.finish(started);
  EXPECT_EQ(probe->ran["a"], 1);
}

TEST_F(Waiting, ACallThatIsNotWhatWasAllowedDoesNotRun) {
  zo.model.when("do it").calls("probe", {{"word", "a"}}).then_says("{tool}");
  const Started started = zo.start("do it");
  ASSERT_TRUE(waits(started.run.id));
  zo.database()->execute(R"(UPDATE tool_calls SET arguments = '{"word":"b"}')");
  ASSERT_TRUE(answer(calls(started).at(0), PersonsAnswer::Yes));
  EXPECT_EQ(zo.finish(started).story(), "user · tool probe failed · assistant what a person allowed is not what this call would do now. It was not run.");
  EXPECT_TRUE(probe->ran.empty());
}

TEST(WaitingForLong, AQuestionThatNobodyAnswersExpiresAndTheModelIsTold) {
  TestComputer zo(TestComputer::Time::Virtual);
  ProbeTool::add_to(zo->tools);
  zo.wait(zo->policies.set(zo.owner(), {.id = {}, .token = {}, .tool = "probe", .bound = "", .verdict = PolicyVerdict::Ask}));
  zo.model.calls("probe", {{"word", "a"}}).then_says("{tool}");
  const Started started = zo.start("do it");
  ASSERT_TRUE(zo.until([&] { return zo->agents.working() == 0; }));
  const Approval asked = zo.wait(zo->agents.approvals(zo.owner(), {ApprovalState::Asked, {}}))->at(0);
  zo.advance(limits::kApprovalMs);
  ASSERT_TRUE(zo.until([&] { return zo.database()->number("SELECT COUNT(*) FROM runs WHERE finished_at IS NULL") == 0; }));
  EXPECT_EQ(zo.finish(started).story(), "user · tool probe refused · assistant Nobody answered within 24 h 0 min whether to allow it. It was not run.");
  EXPECT_EQ(zo.wait(zo->agents.find_approval(zo.owner(), asked.id))->state, ApprovalState::Expired);
  EXPECT_EQ(zo.wait(zo->agents.answer(zo.owner(), asked.id, {PersonsAnswer::Yes, asked.hash, ""})).error().code, Code::Conflict);
}

TEST_F(Waiting, WhereNobodyCanBeAskedItDoesNotRun) {
  zo.model.calls("probe", {{"word", "a"}}).then_says("{tool}");
  RunRequest request{.person = zo.owner(), .text = "do it"};
  request.refuses_asks = true;
  EXPECT_EQ(zo.finish(*zo.wait(zo->agents.start(std::move(request)))).story(),
            "user · tool probe failed · assistant A person would have to allow this, and cannot be asked from here. It was not run.");
}

TEST_F(Waiting, ACommandThatFailsForWantOfTheNetworkIsAskedAboutAndRunsAgain) {
  zo.model.calls("shell", {{"command", "echo begun >> log; curl -sS http://nowhere.invalid/"}}).then_says("{tool}");
  const Started started = zo.start("get it");
  ASSERT_TRUE(waits(started.run.id));
  const ToolCall call = calls(started).at(0);
  EXPECT_EQ(call.state, CallState::Asked);
  const Approval asked = asked_about(call);
  EXPECT_EQ(question_of(asked), "This command wants the network: nowhere.invalid");
  EXPECT_EQ(durable(started.run.id), "run_started message_placed message tool_asked run_waiting ");
  ASSERT_TRUE(answer(call, PersonsAnswer::Yes));
  const std::string story = zo.finish(started).story();
  EXPECT_TRUE(story.find("nowhere.invalid") != story.npos) << story;
  EXPECT_EQ(zo.wait(zo.files().read("log"))->bytes, "begun\nbegun\n");
  EXPECT_EQ(zo.wait(zo->agents.approvals(zo.owner(), {}))->size(), 1u) << "a host that was allowed is not asked about again";
}

TEST_F(Waiting, ANoToTheNetworkLeavesWhatTheCommandPutOut) {
  zo.model.calls("shell", {{"command", "echo first; curl -s http://nowhere.invalid/"}}).then_says("{tool}");
  const Started started = zo.start("get it");
  ASSERT_TRUE(waits(started.run.id));
  ASSERT_TRUE(answer(calls(started).at(0), PersonsAnswer::No));
  const std::string story = zo.finish(started).story();
  EXPECT_TRUE(story.find("first\n") != story.npos && story.ends_with("The person did not allow the network: nowhere.invalid.")) << story;
}

}  // namespace
}  // namespace zo
