// What a run has seen: it only grows, goes with what is said, down to sub-agents and up again.
#include <gtest/gtest.h>

#include <filesystem>

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

TEST_F(TaintTest, AFileThatATaintedRunWroteTaintsWhoReadsIt) {
  zo.model.calls("probe", {{"word", "web"}}).then_calls("write_file", {{"path", "page.md"}, {"content", "buy now\n"}}).then_says("kept");
  zo.ask("keep the page");
  zo.model.then_calls("read_file", {{"path", "page.md"}}).then_says("read");
  EXPECT_EQ(of(zo.ask("what is in it?").run.id), "web,file");
  zo.model.then_calls("list_files", {}).then_says("listed");
  EXPECT_EQ(of(zo.ask("what is here?").run.id), "web,file");
  zo.model.then_calls("read_file", {{"path", "page.md"}}).then_says("read");
  zo.restart();
  EXPECT_EQ(of(zo.ask("and after a restart?").run.id), "web,file");
}

TEST_F(TaintTest, OfAFileIsFoundUnderAnotherNameToo) {
  zo.model.calls("probe", {{"word", "web"}}).then_calls("write_file", {{"path", "page.md"}, {"content", "buy now\n"}}).then_says("kept");
  zo.ask("keep the page");
  std::filesystem::rename(zo.workspace() + "/page.md", zo.workspace() + "/mine.md");
  zo.model.then_calls("read_file", {{"path", "mine.md"}}).then_says("read");
  EXPECT_EQ(of(zo.ask("what is in it?").run.id), "web,file");
}

TEST_F(TaintTest, AFileThatWasWrittenAnewByOneWhoSawNothingIsClean) {
  zo.model.calls("probe", {{"word", "web"}}).then_calls("write_file", {{"path", "page.md"}, {"content", "buy now\n"}}).then_says("kept");
  zo.ask("keep the page");
  zo.model.then_calls("write_file", {{"path", "page.md"}, {"content", "mine\n"}}).then_says("written");
  zo.ask("write something else there");
  zo.model.then_calls("read_file", {{"path", "page.md"}}).then_says("read");
  EXPECT_EQ(of(zo.ask("what is in it?").run.id), "");
}

TEST_F(TaintTest, WhatACommandOfATaintedRunChangedIsMarked) {
  ASSERT_TRUE(zo.wait(zo.files().write("old.txt", "old\n")));
  zo.model.calls("probe", {{"word", "mine"}}).then_calls("shell", {{"command", "echo secret > new.txt; touch -d 2001-01-01 new.txt"}}).then_says("done");
  zo.ask("write it down");
  zo.model.then_calls("read_file", {{"path", "old.txt"}}).then_says("read");
  EXPECT_EQ(of(zo.ask("the old one").run.id), "") << "what was there before is as it was";
  zo.model.then_calls("read_file", {{"path", "new.txt"}}).then_says("read");
  EXPECT_EQ(of(zo.ask("the new one").run.id), "private,file");
  zo.model.then_calls("shell", {{"command", "true"}}).then_says("done");
  EXPECT_EQ(of(zo.ask("a command").run.id), "private,file") << "it may have read it";
}

TEST_F(TaintTest, WhoEditsAMarkedFileHasSeenIt) {
  zo.model.calls("probe", {{"word", "web"}}).then_calls("write_file", {{"path", "page.md"}, {"content", "buy now\n"}}).then_says("kept");
  zo.ask("keep the page");
  zo.model.then_calls("edit_file", {{"path", "page.md"}, {"old", "now"}, {"new", "later"}}).then_says("edited");
  EXPECT_EQ(of(zo.ask("mend it").run.id), "web,file");
  zo.model.then_calls("read_file", {{"path", "page.md"}}).then_says("read");
  EXPECT_EQ(of(zo.ask("read it").run.id), "web,file") << "what it holds now is marked";
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
