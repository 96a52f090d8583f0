// Nothing is ever silent, and no answer of a provider leaves a conversation that cannot go on.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "rig/probe_tool.h"
#include "rig/test_computer.h"

namespace zo {
namespace {

std::string ending(std::string_view finish, std::string_view delta = "{}") {
  return fmt::format("data: {{\"choices\":[{{\"index\":0,\"delta\":{},\"finish_reason\":\"{}\"}}]}}\n\ndata: [DONE]\n\n", delta, finish);
}

struct NoAnswer : testing::Test {
  TestComputer zo;

  // What became of it, in words; and that the next question is answered.
  std::string told(std::string_view question = "hi") {
    const Told told = zo.ask(std::string(question));
    zo.model.when("and now?").says("here");
    EXPECT_TRUE(zo.ask("and now?", told.conversation).story().ends_with("assistant here")) << "the conversation goes on";
    return told.run.error ? told.run.error->message : told.story();
  }
};

TEST_F(NoAnswer, AnEmptyAnswerIsAskedForOnceMore) {
  zo.model.sends(ending("stop")).then_says("Hello.");
  EXPECT_EQ(told(), "user · assistant Hello.");
}

TEST_F(NoAnswer, IsSaidInWords) {
  zo.model.sends(ending("stop")).sends(ending("stop"));
  EXPECT_EQ(told(), "openai/scripted answered nothing, twice");
  zo.model.sends(ending("stop", R"({"reasoning_content":"hm"})")).sends(ending("stop", R"({"reasoning_content":"hm"})"));
  EXPECT_EQ(told(), "openai/scripted only thought, and answered nothing, twice");
  zo.model.sends(ending("length", R"({"reasoning_content":"hm"})"));
  EXPECT_EQ(told(), "openai/scripted used all its tokens for thinking");
  zo.model.sends(ending("content_filter", R"({"content":"So f"})"));
  EXPECT_EQ(told(), "the filter of openai/scripted held the answer back");
  zo.model.sends(ending("error", R"({"content":"So f"})"));
  EXPECT_EQ(told(), "openai/scripted broke off its answer (error)");
}

TEST_F(NoAnswer, ACallThatWasCutOffIsToldToTheModel) {
  const std::string cut = ending("length", R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"shell","arguments":"{\"command\": \"echo "}}]})");
  zo.model.sends(cut).then_says("In pieces.");
  EXPECT_EQ(told(), "user · assistant In pieces.");
  const Json& asked = zo.model.seen().at(1).body.at("messages").as_array().back();
  EXPECT_NE(text_at(asked, "content").find("Your call of shell was cut off"), std::string::npos);
  zo.model.sends(cut).sends(cut).sends(cut);
  EXPECT_EQ(told(), "the calls of openai/scripted were cut off at its token limit again and again");
}

TEST_F(NoAnswer, TheSameCallWithTheSameResultIsToldAndThenEndsTheRun) {
  ProbeTool::add_to(zo->tools);
  for (const char* said : {"round", "the same call three times"}) zo.model.when(said).calls("probe", {{"word", "a"}}).times(1'000);
  const Told run = zo.ask("round");
  EXPECT_EQ(run.run.error->message, "openai/scripted made the same call 5 times, with the same result each time");
  EXPECT_EQ(run.run.step, 5);
  EXPECT_EQ(run.run.state, RunState::Limited);
  const Json& asked = zo.model.seen().at(3).body.at("messages").as_array().back();
  EXPECT_NE(text_at(asked, "content").find("the same call three times"), std::string::npos) << to_text(asked);
}

TEST_F(NoAnswer, TooLongMeansThatTheOldestTurnsAreLeftOutAndTheQuestionIsAskedOnceMore) {
  const ConversationId conversation = zo.ask(std::string(13'000, 'a')).conversation;
  zo.ask(std::string(13'000, 'b'), conversation);
  zo.model.fails(400, R"({"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."}})").then_says("It fits.");
  const Told third = zo.ask("c", conversation);
  EXPECT_TRUE(third.story().ends_with("user · assistant It fits.")) << third.story();
  EXPECT_LT(to_text(zo.model.seen().back().body).size(), 8'192u * 3);
  EXPECT_TRUE(zo.ask("d", conversation).story().ends_with("assistant ok")) << "the window is known now";
  EXPECT_EQ(zo.wait(zo->models.resolve(zo.owner(), ""))->context_tokens, 8'192);
}

TEST_F(NoAnswer, WhatWasQueuedIntoARunThatAPersonStopsIsAnsweredByTheNext) {
  zo.model.hangs().then_says("Both heard.");
  const Started first = zo.start("wait");
  ASSERT_TRUE(zo.until([&] { return !zo.model.seen().empty(); }));
  ASSERT_TRUE(zo.start("beside", first.run.conversation_id).queued);
  ASSERT_TRUE(zo.wait(zo->agents.cancel(zo.owner(), first.run.id)));
  ASSERT_TRUE(zo.until([&] { return zo.model.seen().size() == 2 && zo->agents.working() == 0; }));
  const std::string story = zo.ask("and then?", first.run.conversation_id).story();
  EXPECT_NE(story.find("user · assistant Both heard."), std::string::npos) << story;
}

TEST_F(NoAnswer, TokensThatNobodyCountedAreEstimatedAndCount) {
  zo.model.sends(ending("stop", R"({"content":"Hello there"})"));
  const Told told = zo.ask("hi");
  EXPECT_GT(told.run.input_tokens, 0);
  EXPECT_GT(told.run.output_tokens, 0);
  EXPECT_TRUE(told.messages.back().usage->is_estimated);
}

}  // namespace
}  // namespace zo
