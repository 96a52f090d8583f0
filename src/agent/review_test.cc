#include "agent/review.h"

#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <deque>

#include "agent/agents.h"
#include "agent/answer.h"
#include "base/text.h"
#include "testing/dial_policies.h"
#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/temp_folder.h"
#include "tool/workspace_tools.h"

namespace zo {
namespace {

TEST(Review, KnowsWhichFilesAQuestionAsksFor) {
  const auto made = [](std::string_view question) { return join(files_to_make(question), " "); };
  EXPECT_EQ(made("Write a Python script primes.py that prints 3.5, run it."), "primes.py");
  EXPECT_EQ(made("Convert people.json to people.csv, please"), "people.json people.csv");
  EXPECT_EQ(made("Erstelle notizen.md und speichere alles in out/plan.txt."), "notizen.md out/plan.txt");
  for (const char* none : {"How many words are in minutes.txt?", "Delete old.log.", "Write to anna@example.com about example.com", "Write a poem.", "",
                           "Make it e.g. shorter, at 3.5 pages", "Write two sentences about the U.S. economy", "Tell me about node.js as a beginner",
                           "Write a reminder for 5 p.m."})
    EXPECT_EQ(made(none), "") << none;
}

TEST(Review, KnowsAClaim) {
  for (const char* claim : {"I deleted old.csv.", "I have successfully moved the files.", "The files were renamed.", "notes.md has been created."}) EXPECT_TRUE(claims_effect(claim)) << claim;
  for (const char* none : {"It is 7.", "Which file do you mean?", "Whiskers moved softly in the night.", "Nothing was changed.", "I have not deleted it.", "I cannot delete it.", "There is no file old.csv.", ""}) EXPECT_FALSE(claims_effect(none)) << none;
}

// Says one text after the other, as a model that writes blocks.
class Script final : public Provider {
 public:
  std::deque<std::string> says;
  std::vector<ModelRequest> asked;

  std::string_view name() const override { return "local"; }
  Task<std::vector<ModelInfo>> models(PersonId) override { co_return std::vector<ModelInfo>{}; }
  Task<Result<ModelProfile>> profile(PersonId, std::string) override { co_return ModelProfile{.name = "local/small", .tool_calls = ToolCalls::Blocks}; }
  Task<Result<ModelReply>> stream(ModelRequest request, OnDelta on_delta) override {
    asked.push_back(std::move(request));
    ModelReply reply{.text = says.front()};
    says.pop_front();
    on_delta(delta::Text{reply.text});
    reply.usage = {10, 5, 0};
    co_return reply;
  }
};

struct Reviewed : testing::Test {
  asio::io_context io{1};
  FakeClock clock{io.get_executor(), 1'795'000'000'000};
  SeededDice dice{1};
  TempFolder folder;
  Threads threads{"test", 1};
  PersonId person = PersonId::stored("01J00000000000000000000000");
  std::unique_ptr<Store> store = *Store::open({.path = folder / "zo.db", .backup_folder = folder / "backup"});
  Feeds feeds{io.get_executor()};
  Notices notices{feeds, clock};
  NobodyDials policy;
  HttpClient http{io.get_executor(), &policy};
  Script model;
  Workspaces workspaces{threads};
  TaintedFiles tainted;
  Tools tools;
  KeySource keys{{}};
  Models models{clock, dice, http, *store, notices, keys, model, ModelEnvironment{}};
  Limits limits{*store};
  Budget budget{*store, clock, limits};
  Queue queue{io.get_executor(), clock, dice, *store, notices, "host"};
  Agents agents{io.get_executor(), clock, dice, *store, queue, feeds, notices, models, tools, workspaces, budget, limits};

  void SetUp() override {
    workspaces.add(person, *Workspace::open(folder / "zo"));
    add_file_tools(tools, workspaces, tainted);
    auto add = [this](Transaction& tx) -> Result<> {
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'Ada', 1)", person);
      return {};
    };
    ASSERT_TRUE(run(io, store->write(add)));
  }
  void TearDown() override { run(io, agents.stop()); }

  std::string ask(std::string text, std::deque<std::string> says) {
    model.says = std::move(says);
    const Result<Started> started = run(io, agents.start({.person = person, .text = std::move(text)}));
    const auto watcher = run(io, agents.watch(person, started->run.id, 0));
    AnswerReader answer(**watcher);
    EXPECT_TRUE(run(io, answer.finish()));
    EXPECT_TRUE(model.says.empty());
    return answer.final_text();
  }
  std::string last_told() const { return model.asked.back().messages.back().text; }
};

TEST_F(Reviewed, AReplyThatLeavesAnAskedForFileUnmadeIsNotTaken) {
  EXPECT_EQ(ask("Write primes.py", {"I wrote primes.py.", "```file primes.py\nprint(2)\n```", "Now it is there."}), "Now it is there.");
  EXPECT_TRUE(model.asked[1].grammar.starts_with("root ::= \"```file primes.py\\n\" line+ \"```\"\n")) << model.asked[1].grammar;
  EXPECT_EQ(model.asked[1].messages.back().text, "primes.py is not there yet. Make it now.");
  EXPECT_EQ(read_whole_file(folder / "zo/primes.py"), "print(2)\n");
}

TEST_F(Reviewed, OnlyOnce) {
  EXPECT_EQ(ask("Write primes.tar.gz", {"Done.", "```file other\nx\n```", "I packed primes.tar.gz."}), "I packed primes.tar.gz.");
  EXPECT_TRUE(model.asked[1].grammar.starts_with("root ::= read-file | file | edit-file | list-files | search-files\n")) << "a block, whichever";
}

TEST_F(Reviewed, AFileThatWasNotLookedAtIs) {
  run(io, workspaces.of(person)->get().write("report.txt", "The library closes."));
  EXPECT_EQ(ask("Summarise report.txt in one sentence.", {"It is about weather.", "```read_file\n{\"path\":\"report.txt\"}\n```", "The library closes."}), "The library closes.");
  EXPECT_EQ(model.asked[1].messages.back().text, "You have not looked at report.txt. Use a block to find out.");
  EXPECT_EQ(model.asked[1].grammar.find("reply ::="), std::string::npos);
  EXPECT_EQ(ask("What is a report.txt.gz?", {"A packed file."}), "A packed file.");
}

TEST_F(Reviewed, WhatWasMovedOrIsMissingIsNotMadeAnew) {
  run(io, workspaces.of(person)->get().write("final.md", "text"));
  EXPECT_EQ(ask("Save draft.md as final.md", {"```read_file\n{\"path\":\"final.md\"}\n```", "There is no draft.md here."}), "There is no draft.md here.");
}

TEST_F(Reviewed, ARefusedReplyIsNeverToldToWhoeverReads) {
  model.says = {"I wrote primes.py.", "```file primes.py\nprint(2)\n```", "Now it is there."};
  const Result<Started> started = run(io, agents.start({.person = person, .text = "Write primes.py"}));
  const auto watcher = run(io, agents.watch(person, started->run.id, 0));
  std::string told;
  for (;;) {
    const auto batch = run(io, (*watcher)->next());
    if (batch->empty()) break;
    for (const RunEventPtr& event : *batch)
      if (const auto* text = std::get_if<event::Text>(&event->what)) told += text->text;
  }
  EXPECT_EQ(told, "Now it is there.");
}

TEST_F(Reviewed, AClaimWithoutAnEffectIsNotTaken) {
  EXPECT_EQ(ask("Please delete the old one.", {"I deleted old.csv.", "Which one do you mean?"}), "Which one do you mean?");
  EXPECT_EQ(last_told(), "Nothing has been done yet. Do it now, or ask me what is unclear, or say why it cannot be done.");
}

TEST(Review, CompletesAReplyThatNamesNothingOfWhatWasFound) {
  Message question{.role = Message::Role::User, .text = "List my songs"};
  Message found{.role = Message::Role::Assistant};
  found.tool_calls.push_back({.name = "shell", .state = CallState::Ok, .output = "./a.mp3\n./b.mp3\n"});
  const auto added = [&](std::string_view reply) { return what_was_found(std::vector<Message>{question, found}, reply); };
  EXPECT_EQ(added("You have two songs."), "\n\n```\n./a.mp3\n./b.mp3\n```");
  EXPECT_EQ(added("You have `a.mp3` and another."), "");
  found.tool_calls[0].output = "1237 app.log";
  EXPECT_EQ(added("app.log has 1,237 lines."), "");
  found.tool_calls[0].output = "2\n3\n5\n7";
  EXPECT_EQ(added("It prints the primes below 50."), "\n\n```\n2\n3\n5\n7\n```");
  question.text = "Tidy up";
  EXPECT_EQ(added("Done."), "");
  question.text = "What is here?";
  found.tool_calls[0].output = "[no output]";
  EXPECT_EQ(added("Nothing."), "");
}

TEST_F(Reviewed, AClaimThatIsHeldToIsNotPassedOn) {
  EXPECT_EQ(ask("Please delete the old one.", {"I deleted old.csv.", "I have deleted old.csv."}), kNotDone);
  EXPECT_EQ(ask("Please delete the old one.", {"I deleted old.csv.", "I will do it now."}), kNotDone);
  EXPECT_EQ(ask("Please delete the old one.", {"I deleted old.csv.", "I could not find it."}), "I could not find it.");
}

TEST_F(Reviewed, ATextThatStillStandsSomewhereIsTold) {
  run(io, workspaces.of(person)->get().write("a.md", "teh tea"));
  run(io, workspaces.of(person)->get().write("docs/b.txt", "teh cup"));
  Message question{.role = Message::Role::User, .text = "Correct 'teh' to 'the' everywhere"};
  Message done{.role = Message::Role::Assistant};
  done.tool_calls.push_back({.name = "shell", .arguments = R"({"command":"sed -i 's/teh/the/g' *.md"})", .state = CallState::Ok});
  EXPECT_EQ(replaced_texts(std::vector{question, done}), std::vector<std::string>{"teh"});
  done.tool_calls[0].arguments = R"x({"code":"text.replace(\"teh\", 'the')"})x";
  EXPECT_EQ(replaced_texts(std::vector{question, done}), std::vector<std::string>{"teh"});
  done.tool_calls[0].state = CallState::Failed;
  EXPECT_TRUE(replaced_texts(std::vector{question, done}).empty());

  done.tool_calls[0].state = CallState::Ok;
  Reviewer reviewer(workspaces, person);
  ModelRequest request{.messages = {{.text = question.text}}};
  run(io, reviewer.prepare(request));
  std::string reply = "I corrected all of them.";
  EXPECT_EQ(run(io, reviewer.object(std::vector{question, done}, reply)), "'teh' still stands in a.md. Use another block, or say why it cannot be done.");
  run(io, workspaces.of(person)->get().write("a.md", "the tea"));
  EXPECT_EQ(run(io, reviewer.object(std::vector{question, done}, reply)), std::nullopt);
  EXPECT_EQ(reply, "I corrected all of them.\n\n('teh' still stands in docs/b.txt.)");
}

TEST_F(Reviewed, AClaimAfterWhichNoFileHasChangedIsNotTaken) {
  run(io, workspaces.of(person)->get().write("notes.txt", "tea"));
  const std::string look = "```read_file\n{\"path\":\"notes.txt\"}\n```";
  EXPECT_EQ(ask("Add milk to notes.txt", {look, "I added milk to notes.txt.", "```file notes.txt\ntea\nmilk\n```", "I added milk."}), "I added milk.");
  EXPECT_EQ(ask("Add salt to notes.txt", {look, "I added salt to notes.txt.", "I added salt."}), "I added salt.\n\n(No file has changed.)");
}

TEST_F(Reviewed, NamesThatNeedQuotesAreToldSo) {
  run(io, workspaces.of(person)->get().write("My notes.txt", "one"));
  EXPECT_EQ(ask("How long is My notes.txt?", {"```read_file\n{\"path\":\"My notes.txt\"}\n```", "One word."}), "One word.");
  EXPECT_EQ(model.asked[0].messages.back().text, "How long is My notes.txt?\n[in bash: 'My notes.txt']");
}

TEST_F(Reviewed, TalkIsTakenAsItIs) {
  for (const char* talk : {"who wrote Hamlet?", "hi", "Write two lines about tea"}) EXPECT_EQ(ask(talk, {"It was written long ago."}), "It was written long ago.");
}

}  // namespace
}  // namespace zo
