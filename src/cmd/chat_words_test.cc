#include "cmd/chat_words.h"

#include <gtest/gtest.h>

namespace zo {
namespace {

TEST(ChatWords, ACommandIsOneWordBehindASlash) {
  EXPECT_EQ(read_chat_line("/model openai/gpt-5-mini ").command, "/model");
  EXPECT_EQ(read_chat_line("/model openai/gpt-5-mini ").rest, "openai/gpt-5-mini");
  EXPECT_EQ(read_chat_line("/stop").command, "/stop");
  EXPECT_EQ(read_chat_line("/attach my notes.txt").rest, "my notes.txt");
}

TEST(ChatWords, EverythingElseIsAMessage) {
  EXPECT_EQ(read_chat_line(" hello / there ").command, "");
  EXPECT_EQ(read_chat_line(" hello / there ").rest, "hello / there");
  EXPECT_EQ(read_chat_line("/etc/passwd is what?").rest, "/etc/passwd is what?");
}

TEST(ChatWords, AMistypedCommandIsNotSent) {
  const ChatLine line = read_chat_line("/hepl me");
  EXPECT_EQ(line.command, "");
  EXPECT_EQ(line.rest, "");
  EXPECT_EQ(line.error, "there is no command '/hepl'; try: /help");
}

TEST(ChatWords, TabCompletesAsFarAsItIsClear) {
  EXPECT_EQ(completion("/mo"), "del");
  EXPECT_EQ(completion("/"), "");
  EXPECT_EQ(completion("/s"), "top");
  EXPECT_EQ(completion("/at"), "tach");
  EXPECT_EQ(completion("/al"), "") << "/allow, /always";
  EXPECT_EQ(completion("/stop"), "");
  EXPECT_EQ(completion("/x"), "");
  EXPECT_EQ(completion("mo"), "");
}

}  // namespace
}  // namespace zo
