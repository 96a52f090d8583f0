// What a run has seen: it only grows, goes with what is said, down to sub-agents and up again.
#include <gtest/gtest.h>

#include "rig/probe_tool.h"
#include "rig/test_computer.h"

namespace zo {
namespace {

struct TaintTest : testing::Test {
  TestComputer zo;
  ProbeTool* probe = &ProbeTool::add_to(zo->tools);

  TaintTest() {
    probe->brings("web", Seen::Web);
    probe->brings("mine", Seen::Private);
  }
  std::string of(const RunId& run) { return zo.wait(zo->agents.find(zo.owner(), run))->taint.text(); }
};

TEST(Taint, IsASetThatOnlyGrows) {
  Taint taint;
  EXPECT_TRUE(taint.empty());
  taint |= Seen::Private;
  taint |= Seen::Web;
  taint |= Taint();
  EXPECT_EQ(taint.text(), "web,private");
  EXPECT_EQ(Taint::from_text("private, web"), taint);
  EXPECT_EQ(Taint::from_text("from the future").text(), "web") << "what is not known is trusted least";
}

TEST_F(TaintTest, ARunKeepsWhatItsCallsBroughtIn) {
  zo.model.calls("probe", {{"word", "web"}}).then_calls("probe", {{"word", "mine"}}).then_says("done");
  const Told told = zo.ask("look");
  EXPECT_EQ(of(told.run.id), "web,private");
  EXPECT_TRUE(told.messages[1].taint.has(Seen::Web)) << "its call's result stands in it";
  EXPECT_FALSE(told.messages[0].taint.has(Seen::Web));
  EXPECT_EQ(told.messages.back().taint.text(), "web,private");
  EXPECT_TRUE(probe->taints["mine"].has(Seen::Web)) << "a call knows what was seen before it";
}

TEST_F(TaintTest, ALaterRunHasSeenWhatItIsShownOfItsConversation) {
  zo.model.calls("probe", {{"word", "web"}}).then_says("done").then_says("again");
  const Told first = zo.ask("look");
  const Told second = zo.ask("and now?", first.conversation);
  EXPECT_EQ(of(second.run.id), "web");
  zo.model.then_says("fresh");
  EXPECT_EQ(of(zo.ask("something else").run.id), "");
}

TEST_F(TaintTest, ASubAgentThatReadTheWebTaintsItsParent) {
  zo.model.when("fan out").calls("spawn_agents", {{"prompts", {"read", "rest"}}}).then_says("done");
  zo.model.when("read").calls("probe", {{"word", "web"}}).then_says("read it");
  zo.model.when("rest").says("rested");
  const Told told = zo.ask("fan out");
  EXPECT_EQ(of(told.run.id), "web");
  const std::vector<std::string>& children = told.messages[1].tool_calls.at(0).children;
  EXPECT_EQ(of(RunId::stored(children.at(0))), "web");
  EXPECT_EQ(of(RunId::stored(children.at(1))), "");
}

TEST_F(TaintTest, ASubAgentInheritsWhatItsParentHasSeen) {
  zo.model.when("fan out").calls("probe", {{"word", "mine"}}).then_calls("spawn_agents", {{"prompts", {"say it"}}}).then_says("done");
  zo.model.when("say it").calls("probe", {{"word", "tell"}}).then_says("told");
  const Told told = zo.ask("fan out");
  EXPECT_TRUE(probe->taints["tell"].has(Seen::Private));
}

TEST_F(TaintTest, OutlivesARestart) {
  zo.model.when("look").calls("probe", {{"word", "web"}}).then_says("partial words that hang").in_chunks(4).hangs_after(3).times(1);
  zo.model.when("look").then_says("whole");
  const Started started = zo.start("look");
  ASSERT_TRUE(zo.until([&] { return !zo.said_so_far(started.run.id).empty(); }));
  zo.restart();
  EXPECT_EQ(of(started.run.id), "web");
  zo.wait(zo->agents.cancel(zo.owner(), started.run.id));
}

}  // namespace
}  // namespace zo
