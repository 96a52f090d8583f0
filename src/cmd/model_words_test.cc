#include "cmd/model_words.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace zo {
namespace {

Json model(std::string_view source, std::string_view state, std::string_view detail) {
  return JsonObject{{"name", "a/b"}, {"source", source}, {"state", state}, {"detail", detail}};
}

TEST(ModelWords, AKeyThatIsSetIsNotAnAnswer) {
  for (const char* state : {"ready", "offered"}) {
    EXPECT_EQ(model_state(model("environment", state, "the key in OPENAI_API_KEY")), "not_asked");
    EXPECT_EQ(model_state_words(model("environment", state, "the key in OPENAI_API_KEY")), "key set, not asked: the key in OPENAI_API_KEY");
    EXPECT_EQ(model_state_words(model("environment", state, "")), "chosen, not asked");
    EXPECT_EQ(model_state_words(model("loopback", state, "")), "chosen, not asked") << "its program has not listed it";
  }
}

TEST(ModelWords, WhatAnswersIsReady) {
  EXPECT_EQ(model_state_words(model("embedded", "ready", "")), "ready");
  EXPECT_EQ(model_state_words(model("loopback", "ready", "at http://127.0.0.1:11434/v1")), "ready: at http://127.0.0.1:11434/v1");
  EXPECT_EQ(model_state_words(model("loopback", "offered", "at http://127.0.0.1:11434/v1")), "found, not chosen: at http://127.0.0.1:11434/v1");
}

TEST(ModelWords, OtherStatesAreSaidAsTheyAre) {
  EXPECT_EQ(model_state_words(model("embedded", "stopped", "needs 2 GB")), "stopped: needs 2 GB");
  EXPECT_EQ(model_state_words(model("embedded", "not_installed", "")), "not installed");
  EXPECT_EQ(model_state_words(model("environment", "failed", "OPENAI_API_KEY is not set")), "failed: OPENAI_API_KEY is not set");
}

}  // namespace
}  // namespace zo
