#include "model/reply_builder.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace zo {
namespace {

// The deltas as one line of text, so that a test reads as the story that the reader saw.
struct Story {
  std::string text;
  OnDelta listener() {
    return [this](const Delta& delta) { std::visit([this](const auto& d) { add(d); }, delta); };
  }
  void add(const delta::Text& d) { text += fmt::format("'{}' ", d.text); }
  void add(const delta::Reasoning& d) { text += fmt::format("({}) ", d.text); }
  void add(const delta::CallStart& d) { text += fmt::format("{}:{}#{} ", d.index, d.name, d.id); }
  void add(const delta::CallArguments& d) { text += fmt::format("{}+{} ", d.index, d.text); }
  void add(const delta::CallEnd& d) { text += fmt::format("{}. ", d.index); }
  void add(const delta::State&) {}
  void add(const delta::Retrying&) {}
};

struct ReplyBuilderTest : testing::Test {
  Story story;
  ReplyBuilder builder{story.listener()};

  ModelReply finish(std::optional<Finish> finish = {}) {
    return builder.finish(finish, ReplyBuilder::OpenCalls::AreComplete);
  }
};

TEST_F(ReplyBuilderTest, CountsCallsFromZeroWhateverTheProviderCounts) {
  builder.call({.index = 7, .id = "a", .name = "read"});
  builder.call({.index = 3, .id = "b", .name = "list", .arguments = "{}"});
  builder.call({.index = 7, .arguments = R"({"path":)"});
  builder.call({.index = 7, .arguments = R"("x"})"});
  const ModelReply reply = finish();
  EXPECT_EQ(story.text, R"(0:read#a 1:list#b 0+{"path": 0+"x"} 0. 1+{} 1. )");
  EXPECT_EQ(reply.calls, (std::vector<ModelCall>{{"a", "read", R"({"path":"x"})"}, {"b", "list", "{}"}}));
  EXPECT_EQ(reply.finish, Finish::ToolCalls);
}

TEST_F(ReplyBuilderTest, FindsACallByItsIdWhenThereIsNoIndex) {
  builder.call({.id = "a", .name = "read"});
  builder.call({.id = "b", .name = "list"});
  builder.call({.id = "a", .arguments = "[1]"});
  builder.call({.arguments = "[2]"});
  EXPECT_EQ(finish().calls, (std::vector<ModelCall>{{"a", "read", "[1]"}, {"b", "list", "[2]"}}));
}

TEST_F(ReplyBuilderTest, TakesANewIdWithANameAtTheSameIndexForANewCall) {
  builder.call({.index = 0, .id = "a", .name = "read", .arguments = "{}"});
  builder.call({.index = 0, .id = "b", .name = "read", .arguments = "{}"});
  builder.call({.index = 0, .id = "c", .arguments = " "});
  EXPECT_EQ(finish().calls, (std::vector<ModelCall>{{"a", "read", "{}"}, {"b", "read", "{}"}}));
}

TEST_F(ReplyBuilderTest, KeepsTheFirstIdAndName) {
  builder.call({.index = 0, .name = "read"});
  builder.call({.index = 0, .id = "a"});
  builder.call({.index = 0, .id = "", .name = "", .arguments = "{}"});
  builder.call({.index = 0, .id = "z", .arguments = ""});
  finish();
  EXPECT_EQ(story.text, "0:read#a 0+{} 0. ");
}

TEST_F(ReplyBuilderTest, InventsAnIdWhenThereIsNoneOrItIsTaken) {
  builder.call({.index = 0, .id = "call_1", .name = "a"});
  builder.call({.index = 1, .name = "b", .arguments = "{}"});
  builder.call({.index = 2, .id = "call_1", .name = "c", .arguments = "{}"});
  finish();
  EXPECT_EQ(story.text, "0:a#call_1 1:b#call_2 2:c#call_3 0+{} 0. 1+{} 1. 2+{} 2. ");
}

TEST_F(ReplyBuilderTest, TakesBlankArgumentsForAnEmptyObject) {
  builder.call({.index = 0, .id = "a", .name = "now", .arguments = " \n"});
  EXPECT_EQ(finish().calls.at(0).arguments, "{}");
  EXPECT_EQ(story.text, "0:now#a 0+{} 0. ");
}

TEST_F(ReplyBuilderTest, KeepsInvalidArgumentsForTheToolToRefuse) {
  builder.call({.index = 0, .id = "a", .name = "write", .arguments = "{\"path\": oops}"});
  EXPECT_EQ(finish(Finish::ToolCalls).calls.at(0).arguments, "{\"path\": oops}");
}

TEST_F(ReplyBuilderTest, NeverGivesACallThatWasCutOff) {
  builder.call({.index = 0, .id = "a", .name = "read", .arguments = "{}"});
  builder.call({.index = 1, .id = "b", .name = "write", .arguments = "{\"path\":\"x"});
  builder.call({.index = 2, .id = "c", .name = "now"});
  const ModelReply reply = finish(Finish::Length);
  EXPECT_EQ(reply.calls, (std::vector<ModelCall>{{"a", "read", "{}"}}));
  EXPECT_EQ(reply.finish, Finish::Length);
  EXPECT_EQ(story.text, "0:read#a 1:write#b 1+{\"path\":\"x 2:now#c 0+{} 0. ");
}

TEST_F(ReplyBuilderTest, TellsNothingOfACallWithoutAName) {
  builder.call({.index = 0, .id = "a", .arguments = "{}"});
  const ModelReply reply = finish(Finish::ToolCalls);
  EXPECT_TRUE(reply.calls.empty());
  EXPECT_EQ(reply.finish, Finish::Stop);
  EXPECT_EQ(story.text, "");
}

TEST_F(ReplyBuilderTest, CorrectsAFinishThatItsCallsContradict) {
  builder.call({.index = 0, .id = "a", .name = "now"});
  EXPECT_EQ(finish(Finish::Stop).finish, Finish::ToolCalls);
}

TEST_F(ReplyBuilderTest, TakesArgumentsThatComeAgainOnce) {
  builder.call({.index = 0, .id = "a", .name = "read", .arguments = R"({"path":)"});
  builder.call({.index = 0, .arguments = R"({"path":"x)"});
  builder.call({.index = 0, .arguments = R"({"path":"x"})"});
  builder.call({.index = 0, .arguments = R"({"path":"x"})"});
  builder.call({.index = 1, .id = "b", .name = "list", .arguments = "{}"});
  builder.call({.index = 1, .arguments = R"({"all":)"});
  builder.call({.index = 1, .arguments = "true}"});
  EXPECT_EQ(finish().calls, (std::vector<ModelCall>{{"a", "read", R"({"path":"x"})"}, {"b", "list", R"({"all":true})"}}));
  EXPECT_EQ(story.text, R"(0:read#a 0+{"path": 0+"x 0+"} 1:list#b 1+{"all": 1+true} 0. 1. )");
}

TEST_F(ReplyBuilderTest, ANameThatComesAgainBeforeItsPiecesBeginsACallUnlessNothingFollows) {
  for (const char* word : {"one", "two"}) {
    builder.call({.index = 0, .name = "shell", .arguments = ""});
    builder.call({.index = 0, .arguments = R"({"command":)"});
    builder.call({.index = 0, .arguments = std::string("\"") + word + "\"}"});
  }
  builder.call({.index = 0, .name = "shell", .arguments = ""});
  EXPECT_EQ(finish().calls, (std::vector<ModelCall>{{"call_0", "shell", R"({"command":"one"})"}, {"call_1", "shell", R"({"command":"two"})"}}));
}

TEST_F(ReplyBuilderTest, ANameThatComesAgainWithNothingBehindItIsNoCallWhereverItStands) {
  for (const std::int64_t index : {0, 1}) {
    builder.call({.index = index, .name = "shell", .arguments = index == 0 ? R"({"command":"one"})" : R"({"command":"two"})"});
    EXPECT_EQ(builder.call({.index = index, .name = "shell", .arguments = ""}), static_cast<std::size_t>(2 * index + 1));
  }
  EXPECT_EQ(finish().calls, (std::vector<ModelCall>{{"call_0", "shell", R"({"command":"one"})"}, {"call_1", "shell", R"({"command":"two"})"}}));
  EXPECT_EQ(builder.call_id(1), "");
}

TEST_F(ReplyBuilderTest, ANameThatComesAgainAtTheSameIndexBeginsACall) {
  builder.call({.index = 0, .name = "shell", .arguments = R"({"command":"one"})"});
  builder.call({.index = 0, .name = "shell", .arguments = R"({"command":"two"})"});
  EXPECT_EQ(finish().calls, (std::vector<ModelCall>{{"call_0", "shell", R"({"command":"one"})"}, {"call_1", "shell", R"({"command":"two"})"}}));
}

TEST_F(ReplyBuilderTest, NoticesAnAnswerThatNeverEnds) {
  for (int i = 0; i < 17; ++i) builder.text(std::string(limits::MiB, 'x'));
  EXPECT_TRUE(builder.too_long());
}

}  // namespace
}  // namespace zo
