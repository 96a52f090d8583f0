#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "agent/event.h"
#include "rig/test_computer.h"

namespace zo {
namespace {

std::string kinds(const std::vector<RunEventPtr>& events) {
  std::string out;
  for (const RunEventPtr& event : events)
    if (const std::string_view kind = kind_of(event->what); kind != "text" && kind != "tool_arguments" && kind != "tool_progress")
      out += std::string(kind) + " ";
  return out;
}

TEST(Agent, Answers) {
  TestComputer zo;
  zo.model.says("Hello.");
  const Told told = zo.ask("Hi!");
  EXPECT_EQ(told.story(), "user · assistant Hello.");
  EXPECT_EQ(told.run.step, 1);
  EXPECT_GT(told.run.output_tokens, 0);
}

TEST(Agent, RunsTheToolThenAnswers) {
  TestComputer zo;
  zo.model.calls("shell", {{"command", "echo noon"}}).then_says("It is {tool}");
  const Told told = zo.ask("What time is it?");
  EXPECT_EQ(told.story(), "user · tool shell ok · assistant It is noon");
  EXPECT_EQ(kinds(zo.events(told.run.id)), "run_started message_placed message tool_finished message run_finished ");
}

TEST(Agent, RunsCallsOfOneStepInParallelAndReportsThemInTheOrderAsked) {
  TestComputer zo;
  zo.model.calls("shell", {{"command", "sleep 0.2; echo first"}}).and_calls("shell", {{"command", "echo second"}}).then_says("done");
  const Told told = zo.ask("two");
  ASSERT_EQ(told.messages.at(1).tool_calls.size(), 2u);
  EXPECT_EQ(told.messages[1].tool_calls[0].output, "first\n");
  const auto& sent = zo.model.seen().at(1).body.at("messages").as_array();
  EXPECT_EQ(sent.at(sent.size() - 2).at("content"), "first\n");
  EXPECT_EQ(sent.at(sent.size() - 1).at("content"), "second\n");
}

TEST(Agent, TellsTheModelWhatWasWrongWithACall) {
  TestComputer zo;
  zo.model.calls("shell", {{"cmd", "date"}}).then_calls("no_such_tool", {}).then_says("sorry");
  EXPECT_EQ(zo.ask("x").story(), "user · tool shell failed · tool no_such_tool failed · assistant sorry");
}

TEST(Agent, KeepsAConversation) {
  TestComputer zo;
  zo.model.says("I will remember 7.").then_says("7");
  const Told first = zo.ask("Remember 7.");
  EXPECT_EQ(zo.ask("Which number?", first.conversation).story(), "user · assistant I will remember 7. · user · assistant 7");
  EXPECT_EQ(zo.model.seen().at(1).body.at("messages").as_array().size(), 4u);
}

TEST(Agent, StopsAtTheLimitOfSteps) {
  TestComputer zo;
  zo.model.when("loop").calls("list_files", {}).times(1000);
  RunRequest request{.person = zo.owner(), .text = "loop", .steps_max = 3};
  const Started started = *zo.wait(zo->agents.start(std::move(request)));
  const Told told = zo.finish(started);
  EXPECT_EQ(told.run.state, RunState::Limited);
  EXPECT_EQ(told.run.error->message, "the run reached its limit of 3 steps");
  EXPECT_EQ(told.run.error->advice, "send another message to go on; zo limit set steps_a_run 6 allows more");
}

TEST(Agent, WhatAPersonHasChosenHoldsForTheRunsThatBegin) {
  TestComputer zo;
  zo.model.when("loop").calls("list_files", {}).times(1000);
  ASSERT_TRUE(zo.wait(zo->limits.set(zo.owner(), Limit::StepsARun, 2)));
  EXPECT_EQ(zo.ask("loop").run.step, 2);
  zo.restart();
  EXPECT_EQ(zo.ask("loop").run.error->message, "the run reached its limit of 2 steps");
  ASSERT_TRUE(zo.wait(zo->limits.set(zo.owner(), Limit::RunsAtOnce, 1)));
  zo.model.when("wait").hangs();
  const Started first = zo.start("wait");
  const Result<Started> second = zo.wait(zo->agents.start({.person = zo.owner(), .text = "and more"}));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), (Error{Code::Exhausted, "1 of your runs work already, limit 1", "wait until one has ended; zo limit set runs_at_once 2 allows more"}));
  zo.wait(zo->agents.cancel(zo.owner(), first.run.id));
}

TEST(Agent, StopsWhenTheBudgetOfTheDayIsUsedUp) {
  TestComputer zo(10);
  zo.model.says("one").then_says("two");
  EXPECT_EQ(zo.ask("Hi").run.state, RunState::Done);
  const Told told = zo.ask("Hi again");
  EXPECT_EQ(told.run.state, RunState::Limited);
  EXPECT_NE(told.run.error->message.find("of 10 tokens"), std::string::npos);
  EXPECT_TRUE(told.run.error->advice.starts_with("it starts anew at midnight UTC; zo limit set tokens_a_day ")) << told.run.error->advice;
  ASSERT_TRUE(zo.wait(zo->limits.set(zo.owner(), Limit::TokensADay, 1'000'000)));
  EXPECT_EQ(zo.ask("And now?").run.state, RunState::Done);
}

TEST(Agent, ACancelEndsTheRunAndKeepsWhatWasSaid) {
  TestComputer zo;
  zo.model.says("a very long answer that never ends").in_chunks(5).hangs_after(4);
  const Started started = zo.start("talk");
  const auto feed = zo.feed(started.run.id);
  ASSERT_TRUE(zo.until([&] { return !zo.said_so_far(started.run.id).empty(); }));
  const std::int64_t cursor = feed->last_number();
  const struct Run run = *zo.wait(zo->agents.cancel(zo.owner(), started.run.id));
  EXPECT_EQ(run.state, RunState::Cancelled);
  const std::vector<Message> messages = zo.messages(started.run.conversation_id);
  EXPECT_EQ(messages.back().finish, "cancelled");
  EXPECT_TRUE(messages.back().text.starts_with("a ver"));
  EXPECT_EQ(std::get<event::MessageSaid>(feed->after(cursor).at(0)->what).message->position, messages.back().position);
  EXPECT_EQ(zo.wait(zo->agents.cancel(zo.owner(), started.run.id))->state, RunState::Cancelled);
}

TEST(Agent, SaysThatTheModelIsSilent) {
  TestComputer zo(TestComputer::Time::Virtual);
  zo.model.hangs();
  const Started started = zo.start("talk");
  const auto feed = zo.feed(started.run.id);
  ASSERT_TRUE(zo.until([&] { return zo.model.seen().size() == 1; }));
  zo.advance(61'000);
  EXPECT_TRUE(zo.until([&] {
    return std::ranges::any_of(feed->after(0), [](const RunEventPtr& e) {
      const auto* state = std::get_if<event::ModelState>(&e->what);
      return state != nullptr && state->text.starts_with("openai has said nothing for 1 min");
    });
  }));
  zo.wait(zo->agents.cancel(zo.owner(), started.run.id));
}

TEST(Agent, StopsAtTheLimitOfTime) {
  TestComputer zo(TestComputer::Time::Virtual);
  zo.model.says("a very long answer").in_chunks(5).hangs_after(2);
  const Started started = zo.start("talk");
  const auto feed = zo.feed(started.run.id);
  ASSERT_TRUE(zo.until([&] { return !zo.said_so_far(started.run.id).empty(); }));
  zo.advance(limits::kRunMs);
  const Told told = zo.finish(started);
  EXPECT_EQ(told.run.state, RunState::Limited);
  EXPECT_EQ(told.run.error->message, "the run reached its limit of 1 h");
  EXPECT_EQ(told.messages.back().finish, "cut");
}

TEST(Agent, RenewsTheLeaseOfARunThatTakesLong) {
  TestComputer zo(TestComputer::Time::Virtual);
  zo.model.says("slow").hangs_after(0);
  const Started started = zo.start("talk");
  const auto lease = [&] { return zo.database()->number("SELECT lease_until_at FROM jobs WHERE id = ?", started.run.id); };
  const std::int64_t first = lease();
  zo.advance(limits::kJobRenewMs);
  EXPECT_TRUE(zo.until([&] { return lease() == first + limits::kJobRenewMs; }));
  zo.wait(zo->agents.cancel(zo.owner(), started.run.id));
}

TEST(Agent, ARunWhoseLeaseWasLostChangesNothingMore) {
  TestComputer zo(TestComputer::Time::Virtual);
  zo.model.says("slow").hangs_after(0);
  const Started started = zo.start("talk");
  zo.database()->execute("UPDATE runs SET attempt = attempt + 1; UPDATE jobs SET attempt = attempt + 1, node = 'another'");
  zo.advance(limits::kJobRenewMs);
  const Told told = zo.finish(started);
  EXPECT_EQ(told.run.state, RunState::Running);  // it is the other's now
  EXPECT_EQ(told.messages.size(), 1u);
}

TEST(Agent, AnEndThatCouldNotBeStoredIsToldAndStoredLater) {
  TestComputer zo(TestComputer::Time::Virtual);
  zo.model.fails(401).then_says("Better.");
  const Started first = zo.start("one");
  zo.database()->execute("ALTER TABLE conversations RENAME TO gone");
  const auto feed = zo.feed(first.run.id);
  // The end is tried again after a second, or sooner.
  const auto in_time = [&](const std::function<bool()>& holds) {
    return zo.until([&] {
      if (zo.virtual_clock.wakes_within(1'000)) zo.virtual_clock.advance(1'000);
      return holds();
    });
  };
  ASSERT_TRUE(in_time([&] { return feed->closed(); }));
  EXPECT_TRUE(std::holds_alternative<event::RunFinished>(feed->after(0).back()->what));
  EXPECT_EQ(zo.database()->number("SELECT COUNT(*) FROM runs WHERE state = 'running'"), 1);
  zo.database()->execute("ALTER TABLE gone RENAME TO conversations");
  ASSERT_TRUE(in_time([&] { return zo->agents.working() == 0; }));
  EXPECT_EQ(zo.ask("two", first.run.conversation_id).story(), "user · user · assistant Better.");
}

TEST(Agent, ACancelKillsTheCommand) {
  TestComputer zo;
  zo.model.calls("shell", {{"command", "printf 'one\\rso\\033[1m far\\n'; sleep 600"}});
  const Started started = zo.start("sleep");
  ASSERT_TRUE(zo.until([&] { return zo.feed(started.run.id)->last_number() >= 8; }));
  EXPECT_EQ(zo.wait(zo->agents.cancel(zo.owner(), started.run.id))->state, RunState::Cancelled);
  const ToolCall call = zo.messages(started.run.conversation_id).back().tool_calls.at(0);
  EXPECT_EQ(call.state, CallState::Cancelled);
  EXPECT_EQ(call.output, "so far\n") << "what it had put out is kept";
  EXPECT_EQ(call.output_bytes, 15) << "as it came";
  EXPECT_TRUE(kinds(zo.events(started.run.id)).ends_with("message tool_finished run_finished "));
}

TEST(Agent, TheWholeOutputOfAStoppedCommandIsKept) {
  TestComputer zo;
  zo.model.calls("shell", {{"command", "seq 1 20000; sleep 0.5; touch all; sleep 600"}});
  const Started started = zo.start("count");
  ASSERT_TRUE(zo.until([&] { return std::filesystem::exists(zo.workspace() + "/all"); }));
  zo.wait(zo->agents.cancel(zo.owner(), started.run.id));
  const ToolCall call = zo.messages(started.run.conversation_id).back().tool_calls.at(0);
  EXPECT_EQ(call.output_bytes, 108'894);
  EXPECT_LT(call.output.size(), 17'000u);
  const Result<std::string> whole = zo.wait(zo->conversations.output(zo.owner(), call.id));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->size(), 108'894u);
  EXPECT_TRUE(whole->ends_with("\n19999\n20000\n"));
}

TEST(Agent, AMessageThatArrivesMidRunIsQueuedIntoIt) {
  TestComputer zo;
  zo.model.calls("shell", {{"command", "sleep 0.5"}}).then_says("both seen");
  const Started first = zo.start("one");
  ASSERT_TRUE(zo.until([&] { return !zo.model.seen().empty(); }));
  const Started second = zo.start("two", first.run.conversation_id);
  EXPECT_TRUE(second.queued);
  EXPECT_EQ(second.run.id, first.run.id);
  EXPECT_EQ(second.message.state, MessageState::Queued);
  EXPECT_EQ(zo.finish(first).story(), "user · tool shell ok · user · assistant both seen");
}

TEST(Agent, AQueuedMessageIsAnsweredEvenIfItCameDuringTheLastStep) {
  TestComputer zo;
  zo.model.says("first").held().then_says("second");
  const Started first = zo.start("one");
  ASSERT_TRUE(zo.until([&] { return !zo.model.seen().empty(); }));
  EXPECT_TRUE(zo.start("two", first.run.conversation_id).queued);
  zo.model.release();
  EXPECT_EQ(zo.finish(first).story(), "user · assistant first · user · assistant second");
}

TEST(Agent, AQueuedMessageCanBeTakenBackUntilItIsPlaced) {
  TestComputer zo;
  zo.model.says("first").held();
  const Started first = zo.start("one");
  ASSERT_TRUE(zo.until([&] { return !zo.model.seen().empty(); }));
  const Started second = zo.start("two", first.run.conversation_id);
  EXPECT_TRUE(zo.wait(zo->conversations.remove_queued(zo.owner(), first.run.conversation_id, second.message.id)));
  zo.model.release();
  EXPECT_EQ(zo.finish(first).story(), "user · assistant first");
  EXPECT_EQ(zo.wait(zo->conversations.remove_queued(zo.owner(), first.run.conversation_id, second.message.id)).error().code, Code::Conflict);
}

TEST(Agent, TheSameKeyGivesTheSameRun) {
  TestComputer zo;
  zo.model.says("once");
  RunRequest request{.person = zo.owner(), .text = "Hi", .client_key = "k1"};
  const Started first = *zo.wait(zo->agents.start(request));
  zo.finish(first);
  const Started again = *zo.wait(zo->agents.start(request));
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.run.id, first.run.id);
  EXPECT_EQ(zo.model.seen().size(), 1u);
}

TEST(Agent, AnEditReplacesWhatCameAfter) {
  TestComputer zo;
  zo.model.says("one").then_says("two").then_says("new");
  const Told first = zo.ask("first");
  const Told second = zo.ask("second", first.conversation);
  const Started edited = *zo.wait(zo->agents.edit({.person = zo.owner(), .conversation = first.conversation, .text = "changed"}, first.messages[0].id));
  const Told told = zo.finish(edited);
  EXPECT_EQ(told.story(), "user · assistant new");
  EXPECT_EQ(told.messages[0].text, "changed");
  EXPECT_EQ(second.messages.size(), 4u);
}

TEST(Agent, ANewAnswerReplacesTheOld) {
  TestComputer zo;
  zo.model.calls("list_files", {}).then_says("bad").then_says("good");
  const Told first = zo.ask("first");
  const Started again = *zo.wait(zo->agents.regenerate({.person = zo.owner(), .conversation = first.conversation}, first.messages.back().id));
  EXPECT_EQ(zo.finish(again).story(), "user · assistant good");
}

TEST(Agent, AFailedProviderEndsTheRunWithItsReason) {
  TestComputer zo;
  zo.model.fails(401, R"({"error":{"message":"no such key"}})");
  const Told told = zo.ask("Hi");
  EXPECT_EQ(told.run.state, RunState::Failed);
  EXPECT_NE(told.run.error->message.find("401"), std::string::npos) << told.run.error->message;
}

TEST(Agent, ResumesAfterARestartWithoutRepeatingACallWhoseOutcomeIsUnknown) {
  TestComputer zo;
  zo.model.when("append").calls("shell", {{"command", "echo line >> log.txt; sleep 600"}}).then_says("It said: {tool}");
  const Started started = zo.start("append");
  ASSERT_TRUE(zo.until([&] {
    std::error_code none_yet;
    return std::filesystem::file_size(zo.workspace() + "/log.txt", none_yet) == 5;
  }));
  zo.restart();
  const Told told = zo.finish(started);
  EXPECT_TRUE(told.story().starts_with("user · tool shell unknown · assistant It said: [outcome unknown] ZoClone stopped while this call worked.")) << told.story();
  EXPECT_EQ(zo.wait(zo.files().read("log.txt"))->bytes, "line\n");
  EXPECT_EQ(told.run.attempt, 1);
  const std::vector<RunEventPtr> events = zo.events(started.run.id);
  EXPECT_NE(kinds(events).find("tool_finished step_restarted"), std::string::npos) << kinds(events);
  for (std::size_t i = 1; i < events.size(); ++i) EXPECT_LT(events[i - 1]->number, events[i]->number);
}

TEST(Agent, ResumesAStepThatWasCutWhileTheModelSpoke) {
  TestComputer zo;
  zo.model.when("talk").says("partial words that hang").in_chunks(4).hangs_after(3).times(1).then_says("whole answer");
  const Started started = zo.start("talk");
  const auto feed = zo.feed(started.run.id);
  ASSERT_TRUE(zo.until([&] { return !zo.said_so_far(started.run.id).empty(); }));
  const std::int64_t cursor = feed->last_number();
  zo.restart();
  const Told told = zo.finish(started);
  EXPECT_TRUE(told.messages.back().role == Message::Role::Assistant);
  EXPECT_EQ(told.run.state, RunState::Done) << (told.run.error ? told.run.error->message : "");
  const std::string since = kinds(zo.events(started.run.id, cursor));
  EXPECT_TRUE(since.starts_with("step_restarted")) << since;
}

TEST(Agent, AReaderThatComesLateGetsTheWholeText) {
  TestComputer zo;
  std::string text;
  for (int i = 0; text.size() < 290'000; ++i) text += fmt::format("{} ", i);
  text.resize(290'000);
  zo.model.says(text + "never said").in_chunks(100).hangs_after(2'901);  // the role is an event, too
  const Started started = zo.start("talk");
  ASSERT_TRUE(zo.until([&] { return zo.said_so_far(started.run.id) == text; }));
  ASSERT_GT(zo.feed(started.run.id)->held_after(), 3) << "the first deltas are gone";

  const std::unique_ptr<Watcher> watcher = *zo.wait(zo->agents.watch(zo.owner(), started.run.id, 3));
  const std::vector<RunEventPtr> first = *zo.wait(watcher->next());
  ASSERT_EQ(first.size(), 1u) << kinds(first);
  ASSERT_EQ(kinds(first), "message_partial ");
  EXPECT_EQ(std::get<event::MessagePartial>(first[0]->what).text, text);

  ASSERT_TRUE(zo.wait(zo->agents.cancel(zo.owner(), started.run.id)));
  std::vector<RunEventPtr> rest;
  while (rest.empty() || !std::holds_alternative<event::RunFinished>(rest.back()->what))
    for (RunEventPtr& event : *zo.wait(watcher->next())) rest.push_back(std::move(event));
  ASSERT_EQ(rest.size(), 2u) << "no delta comes twice";
  ASSERT_EQ(kinds(rest), "message run_finished ");
  EXPECT_EQ(std::get<event::MessageSaid>(rest[0]->what).message->text, text);
}

TEST(Agent, LeavesOutTheOldestTurnsVisibly) {
  TestComputer zo;
  std::optional<ConversationId> conversation;
  for (int i = 0; i < 5; ++i) {
    const Told told = zo.ask(std::string(90'000, 'a'), conversation);
    conversation = told.conversation;
    EXPECT_EQ(told.run.state, RunState::Done);
    if (i == 4) EXPECT_NE(kinds(zo.events(told.run.id)).find("context_trimmed"), std::string::npos);
  }
  EXPECT_LT(zo.model.seen().back().body.at("messages").as_array().size(), 10u);
}

TEST(Agent, SubAgentsWorkInParallelAndAnswerInOrder) {
  TestComputer zo;
  zo.model.when("fan out").calls("spawn_agents", {{"prompts", {"say one", "say two"}}}).then_says("{tool}");
  zo.model.when("say one").says("1").held();
  zo.model.when("say two").says("2");
  const Started started = zo.start("fan out");
  const auto second_is_done = [&] { return zo.database()->number("SELECT COUNT(*) FROM runs WHERE state = 'done'") > 0; };
  ASSERT_TRUE(zo.until(second_is_done));
  zo.model.release();
  const Told told = zo.finish(started);
  EXPECT_EQ(told.messages.back().text, "## agent 1\n1\n\n## agent 2\n2");
  EXPECT_EQ(told.messages[1].tool_calls.at(0).children.size(), 2u);
  EXPECT_EQ(zo.wait(zo->conversations.list(zo.owner(), "", "", 10))->items.size(), 1u);
  EXPECT_TRUE(zo.wait(zo->conversations.remove(zo.owner(), told.conversation)));
}

TEST(Agent, WhatSubAgentsLeftForTheOwnersToolsIsToldOfTheRunThatAskedThem) {
  TestComputer zo;
  zo.model.when("fan out").calls("spawn_agents", {{"prompts", {"make one", "make two"}}}).then_says("made");
  zo.model.when("make one").calls("write_file", {{"path", "one/.envrc"}, {"content", "export A=1\n"}}).then_says("one");
  zo.model.when("make two").says("two");
  const Told told = zo.ask("fan out");
  const std::vector<LeftFile> left = *zo.wait(zo->agents.left(zo.owner(), told.run.id));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].path, "one/.envrc");
  EXPECT_EQ(left[0].diff, "--- one/.envrc\n+++ one/.envrc\n@@ -0,0 +1,1 @@\n+export A=1\n");
  EXPECT_EQ(told.messages[1].tool_calls.at(0).left.size(), 1u);
}

TEST(Agent, WhatSeveralCallsLeftIsToldByPath) {
  std::vector<LeftFile> left;
  add_left(left, {{"a/.envrc", "+1\n"}, {"b/.envrc", "+2\n"}});
  add_left(left, {{"a/.envrc", "-1\n"}, {"b/.envrc", "+2\n"}, {"c/.envrc", std::string(limits::MiB, '+'), true}});
  ASSERT_EQ(left.size(), 3u);
  EXPECT_EQ(left[0].diff, "+1\n-1\n");
  EXPECT_EQ(left[1].diff, "+2\n");
  EXPECT_EQ(left[2].diff, "");
  EXPECT_TRUE(left[2].removed);
}

TEST(Agent, TellsOfSubAgentsWhileTheyWork) {
  TestComputer zo;
  zo.model.when("fan out").calls("spawn_agents", {{"prompts", {"say one", "say two"}}});
  zo.model.when("say one").hangs();
  zo.model.when("say two").hangs();
  const Started started = zo.start("fan out");
  const std::unique_ptr<Watcher> watcher = *zo.wait(zo->agents.watch(zo.owner(), started.run.id, 0));
  std::vector<std::string> children;
  while (children.size() < 2) {
    const std::vector<RunEventPtr> batch = *zo.wait(watcher->next());
    ASSERT_FALSE(batch.empty());
    for (const RunEventPtr& event : batch)
      if (const auto* started_call = std::get_if<event::ToolStarted>(&event->what)) children = started_call->children;
  }
  EXPECT_EQ(zo.wait(zo->agents.find(zo.owner(), RunId::stored(children[0])))->state, RunState::Running);
  zo.wait(zo->agents.cancel(zo.owner(), started.run.id));
}

TEST(Agent, ACancelEndsTheSubAgentsAndBeginsNoMore) {
  TestComputer zo;
  zo.model.when("fan out").calls("spawn_agents", {{"prompts", {"wait 1", "wait 2", "wait 3", "wait 4", "wait 5", "wait 6"}}});
  zo.model.when("wait").hangs();
  const Started started = zo.start("fan out");
  ASSERT_TRUE(zo.until([&] { return zo.model.seen().size() == 1 + limits::kCallsAtOnce; }));
  EXPECT_EQ(zo.wait(zo->agents.cancel(zo.owner(), started.run.id))->state, RunState::Cancelled);
  EXPECT_EQ(zo->agents.working(), 0u);
  EXPECT_EQ(zo.model.seen().size(), 1 + limits::kCallsAtOnce);
}

TEST(Agent, TheSameKeyIsForOneMessage) {
  TestComputer zo;
  zo.model.says("once");
  RunRequest request{.person = zo.owner(), .text = "Hi", .client_key = "k1"};
  zo.finish(*zo.wait(zo->agents.start(request)));
  request.text = "Ho";
  EXPECT_EQ(zo.wait(zo->agents.start(request)).error().code, Code::Conflict);
}

TEST(Agent, AnAnswerThatDoesNotFitTheSchemaIsMendedOnce) {
  TestComputer zo;
  zo.model.says("seven").then_says(R"({"number": 7})");
  RunRequest request{.person = zo.owner(), .text = "a number"};
  request.response_schema = R"({"type":"object","properties":{"number":{"type":"number"}},"required":["number"]})";
  const Told told = zo.finish(*zo.wait(zo->agents.start(std::move(request))));
  EXPECT_EQ(told.story(), "user · assistant {\"number\": 7}");
  EXPECT_EQ(zo.wait(zo->budget.spent_today(zo.owner()))->tokens, told.run.input_tokens + told.run.output_tokens);
  EXPECT_GT(told.run.input_tokens, 1'500);  // of both questions
}

TEST(Agent, AChatTokenCannotSpeakIntoARunWithMoreTools) {
  TestComputer zo;
  zo.model.says("slow").held();
  const Started first = zo.start("one");
  RunRequest request{.person = zo.owner(), .conversation = first.run.conversation_id, .text = "two", .tools = Allowance::from_text("none")};
  EXPECT_EQ(zo.wait(zo->agents.start(std::move(request))).error().code, Code::Conflict);
  zo.model.release();
  zo.finish(first);
}

TEST(Agent, AToolThatTheTokenMayNotUseIsSaidSo) {
  TestComputer zo;
  zo.model.calls("shell", {{"command", "id"}}).and_calls("no_such", {}).then_says("{tool}");
  RunRequest request{.person = zo.owner(), .text = "who are you?", .tools = Allowance::from_text("read_file")};
  const Told told = zo.finish(*zo.wait(zo->agents.start(std::move(request))));
  const std::vector<ToolCall>& calls = told.messages.at(1).tool_calls;
  EXPECT_EQ(calls.at(0).output, "this token may not use 'shell'");
  EXPECT_TRUE(calls.at(1).output.starts_with("there is no tool 'no_such'; the tools are: ")) << calls.at(1).output;
}

TEST(Agent, ARestartEndsTheRunsOfATokenThatWereToStop) {
  TestComputer zo;
  zo.model.when("wait").hangs();
  const auto start = [&] {
    const NewToken made = *zo.wait(zo->accounts.create_token(owner_at_machine(zo.owner()), {"bot", TokenScope::Chat, {}, {}}));
    const Started started = *zo.wait(zo->agents.start({.person = zo.owner(), .token = made.info.id, .text = "wait"}));
    return std::pair(made.info.id, started.run.id);
  };
  const auto [stopped, its_run] = start();
  const auto [revoked, that_goes_on] = start();
  ASSERT_TRUE(zo.wait(zo->accounts.revoke(zo.owner(), stopped, ItsRuns::Stop)));
  ASSERT_TRUE(zo.wait(zo->accounts.revoke(zo.owner(), revoked)));
  zo.restart();
  ASSERT_TRUE(zo.until([&] { return zo->agents.working() == 1; }));
  EXPECT_EQ(zo.wait(zo->agents.find(zo.owner(), its_run))->state, RunState::Cancelled);
  EXPECT_EQ(zo.wait(zo->agents.find(zo.owner(), that_goes_on))->state, RunState::Running);
}

TEST(Agent, ARunCountsWhatOthersHaveSpentMeanwhile) {
  TestComputer zo(20'000);
  ScriptedStep costly{.text = "done", .prompt_tokens = 30'000};
  zo.model.when("fan out").calls("spawn_agents", {{"prompts", {"spend"}}}).then_says("and on");
  zo.model.when("spend").add(costly);
  const Told told = zo.ask("fan out");
  EXPECT_EQ(told.run.state, RunState::Limited);
  EXPECT_TRUE(told.run.error && told.run.error->message.starts_with("today's budget is used up")) << told.story();
}

}  // namespace
}  // namespace zo
