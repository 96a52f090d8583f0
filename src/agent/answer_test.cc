#include "agent/answer.h"

#include <gtest/gtest.h>

#include "rig/test_computer.h"

namespace zo {
namespace {

struct Read {
  std::string text;
  bool done = false;
  std::string error;
};

Task<Read> read_answer(TestComputer& zo, Started started, AnswerWish wish) {
  const auto watcher = co_await zo->agents.watch(zo.owner(), started.run.id, 0);
  AnswerReader answer(**watcher, wish);
  Read read;
  for (;;) {
    const auto parts = co_await answer.next();
    if (!parts || parts->empty()) break;
    for (const AnswerPart& part : *parts) read.text += part.text;
  }
  read.done = answer.done();
  read.error = answer.error().message;
  co_return read;
}

TEST(Answer, OfAQueuedMessageBeginsWhenItIsTakenIn) {
  TestComputer zo;
  zo.model.says("to the first").held().then_says("to the second");
  const Started first = zo.start("one");
  ASSERT_TRUE(zo.until([&] { return !zo.model.seen().empty(); }));
  const Started second = zo.start("two", first.run.conversation_id);
  ASSERT_TRUE(second.queued);
  zo.model.release();
  EXPECT_EQ(zo.wait(read_answer(zo, second, {question_of(second)})).text, "to the second");
  EXPECT_EQ(zo.wait(read_answer(zo, first, {question_of(first)})).text, "to the first\n\nto the second");
}

TEST(Answer, OfAMessageThatWasTakenBackIsAnError) {
  TestComputer zo;
  zo.model.says("to the first").held();
  const Started first = zo.start("one");
  ASSERT_TRUE(zo.until([&] { return !zo.model.seen().empty(); }));
  const Started second = zo.start("two", first.run.conversation_id);
  ASSERT_TRUE(zo.wait(zo->conversations.remove_queued(zo.owner(), first.run.conversation_id, second.message.id)));
  zo.model.release();
  const Read read = zo.wait(read_answer(zo, second, {question_of(second)}));
  EXPECT_EQ(read.text, "");
  EXPECT_FALSE(read.done);
  EXPECT_NE(read.error.find("taken back"), std::string::npos) << read.error;
}

TEST(Answer, ThatMustBeOneObjectIsOnlyThatObject) {
  TestComputer zo;
  zo.model.says("I will look.").and_calls("list_files", {}).then_says("seven").in_chunks(2).then_says(R"({"number": 7})").in_chunks(4);
  RunRequest request{.person = zo.owner(), .text = "a number"};
  request.response_schema = R"({"type":"object","properties":{"number":{"type":"number"}},"required":["number"]})";
  const Started started = *zo.wait(zo->agents.start(std::move(request)));
  EXPECT_EQ(zo.wait(read_answer(zo, started, {{}, AnswerWish::Text::Whole})).text, R"({"number": 7})");
}

}  // namespace
}  // namespace zo
