// Whatever a conversation went through, what goes out is valid for the strict reading of each dialect and template.
#include "model/turns.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "base/dice.h"
#include "base/text.h"
#include "model/chat.h"
#include "model/messages.h"

namespace zo {
namespace {

using Role = ModelMessage::Role;

// A history as failures, edits, queued messages, cut answers and clients make them: any role behind any other.
std::vector<ModelMessage> random_history(Dice& dice) {
  std::vector<ModelMessage> history;
  std::vector<ModelCall> calls;
  int number = 0;
  const std::uint64_t length = dice.below(12);
  for (std::uint64_t i = 0; i < length; ++i) {
    ModelMessage message;
    const std::uint64_t kind = dice.below(8);
    if (kind < 3) message.text = dice.below(6) == 0 ? " " : fmt::format("question {}", i);
    if (kind == 3) message = {.role = Role::System, .text = "be brief"};
    if (kind == 4 || kind == 5) {
      message = {.role = Role::Assistant, .text = dice.below(3) == 0 ? "" : fmt::format("answer {}", i)};
      for (std::uint64_t call = dice.below(4); call > 0; --call) message.calls.push_back({fmt::format("call/{}", dice.below(3) == 0 ? number : ++number), "shell", R"({"command":"date"})"});
      if (dice.below(4) == 0) message.opaque = R"({"dialect":"chat","host":"h","model":"m","message":{"reasoning_content":"x"}})";
      calls = message.calls;
    }
    if (kind > 5) {
      const bool known = !calls.empty() && dice.below(5) != 0;
      message = {.role = Role::Tool, .text = dice.below(5) == 0 ? "" : "output", .call_id = known ? calls.back().id : "nobody", .call_name = "shell"};
      if (known) calls.pop_back();
    }
    history.push_back(std::move(message));
  }
  return history;
}

std::string content_of(const Json& turn) { return text_at(turn, "content"); }

// What OpenAI refuses: a result without its call, a call without its result, a turn without anything.
std::string why_not_openai(const JsonArray& turns) {
  std::set<std::string> open;
  for (const Json& turn : turns) {
    const std::string role = text_at(turn, "role");
    if (role == "tool") {
      if (open.erase(text_at(turn, "tool_call_id")) == 0) return "a result without its call";
      continue;
    }
    if (!open.empty()) return "a call without its result";
    if (const JsonArray* calls = array_at(turn, "tool_calls")) {
      for (const Json& call : *calls)
        if (!open.insert(text_at(call, "id")).second) return "an id twice";
    } else if (content_of(turn).empty()) {
      return "an empty turn";
    }
  }
  return open.empty() ? "" : "a call without its result at the end";
}

// Gemma and Qwen: a person and the model in turns, the system before them and nowhere else. `strict`: Mistral and Gemma want that behind
// results, too; `system`: whether there may be one at all.
std::string why_not_template(const JsonArray& turns, bool strict, bool system, bool tools) {
  std::string last = "start";
  for (const Json& turn : turns) {
    const std::string role = text_at(turn, "role");
    if (role == "system") {
      if (last != "start" || !system) return "a system's turn behind " + last;
    } else if (role == "user") {
      if (last == "user" || (strict && last == "tool")) return "a person's turn behind " + last;
    } else if (role == "assistant") {
      if (last != "user" && last != "tool") return "the model's turn behind " + last;
      if (!tools && find(turn, "tool_calls") != nullptr) return "a call where there are no tools";
    } else {
      if (!tools) return "a result where there are no tools";
      if (last != "assistant" && last != "tool") return "a result behind " + last;
    }
    last = role;
  }
  return last == "user" || last == "tool" ? "" : "the end asks nothing";
}

// Anthropic: user and assistant in turns, results first and all of them, no blank text.
std::string why_not_messages(const JsonArray& turns) {
  std::string last = "assistant";
  std::set<std::string> open;
  for (const Json& turn : turns) {
    const std::string role = text_at(turn, "role");
    if (role == last) return "two turns of " + role;
    last = role;
    const JsonArray& content = turn.at("content").as_array();
    if (content.empty()) return "an empty turn";
    bool text_seen = false;
    for (const Json& block : content) {
      const std::string type = text_at(block, "type");
      if (type == "text" && trim(text_at(block, "text")).empty()) return "blank text";
      if (type == "text") text_seen = true;
      if (type == "tool_use" && !open.insert(text_at(block, "id")).second) return "an id twice";
      if (type == "tool_result" && text_seen) return "a result behind text";
      if (type == "tool_result" && open.erase(text_at(block, "tool_use_id")) == 0) return "a result without its call";
    }
    if (role == "user" && !open.empty()) return "a call without its result";
  }
  return last == "user" && open.empty() ? "" : "the end asks nothing";
}

TEST(Turns, AreValidForEachStrictReadingWhateverTheHistoryWas) {
  constexpr int kHistories = 10'000;
  SeededDice dice(20'261'127);
  Quirks plain{.host = "h"};
  Quirks mistral = plain;
  mistral.user_after_tool = false;
  mistral.call_id_chars = 9;
  Quirks gemma = plain;
  gemma.tools = gemma.system_role = gemma.user_after_tool = gemma.kept_fields = false;
  Quirks llama = plain;
  llama.parallel_calls = false;
  for (int i = 0; i < kHistories; ++i) {
    ModelRequest request{.model = "m", .system = dice.below(4) == 0 ? "" : "You are Zo.", .messages = random_history(dice)};
    request.tools = {{.name = "shell", .description = "Runs a command.", .parameters = R"({"type":"object","properties":{}})"}};
    const auto turns = [&](const Quirks& quirks) { return parse_json(chat_request_body(request, quirks), "the request")->at("messages").as_array(); };
    const JsonArray openai = turns(plain);
    ASSERT_EQ(why_not_openai(openai), "") << to_text(Json(openai));
    ASSERT_EQ(why_not_template(openai, false, true, true), "") << "Qwen: " << to_text(Json(openai));
    const JsonArray strict = turns(mistral);
    ASSERT_EQ(why_not_openai(strict), "") << to_text(Json(strict));
    ASSERT_EQ(why_not_template(strict, true, true, true), "") << "Mistral: " << to_text(Json(strict));
    const JsonArray bare = turns(gemma);
    ASSERT_EQ(why_not_template(bare, true, false, false), "") << "Gemma: " << to_text(Json(bare));
    const JsonArray single = turns(llama);
    ASSERT_EQ(why_not_openai(single), "") << to_text(Json(single));
    for (const Json& turn : single)
      if (const JsonArray* calls = array_at(turn, "tool_calls")) ASSERT_EQ(calls->size(), 1u);
    const JsonArray messages = parse_json(messages_request_body(request, plain, 1'000), "the request")->at("messages").as_array();
    ASSERT_EQ(why_not_messages(messages), "") << to_text(Json(messages));
  }
}

std::string told(const std::vector<ModelMessage>& messages) {
  std::string out;
  for (const ModelMessage& message : messages) {
    constexpr std::array<std::string_view, 4> kRoles = {"user", "assistant", "tool", "system"};
    out += fmt::format("{}{}: {}", out.empty() ? "" : " | ", kRoles[static_cast<std::size_t>(message.role)], message.text);
  }
  return out;
}

TEST(Turns, QuestionsThatFollowOneAnotherAreOne) {
  EXPECT_EQ(told(valid_turns({{.text = "a"}, {.text = "b"}}, {})), "user: a\n\nb");
  EXPECT_EQ(told(valid_turns({{.text = "a"}, {.role = Role::Assistant}, {.text = "b"}}, {})), "user: a\n\nb");
}

TEST(Turns, ACallThatWasCutOffGetsAResultAndAQuestionBehindItABridgeWhereOneIsWanted) {
  const std::vector<ModelMessage> history{{.text = "a"}, {.role = Role::Assistant, .calls = {{"1", "shell", "{}"}}}, {.text = "b"}};
  EXPECT_EQ(told(valid_turns(history, {})), "user: a | assistant:  | tool: [there is no result: the call was cut off] | user: b");
  Quirks strict;
  strict.user_after_tool = false;
  EXPECT_EQ(told(valid_turns(history, strict)), "user: a | assistant:  | tool: [there is no result: the call was cut off] | assistant: I see. | user: b");
  Quirks bare;
  bare.tools = false;
  EXPECT_EQ(told(valid_turns(history, bare)), "user: a | assistant: [called shell {}] | user: b");
}

TEST(Turns, WhatAModelSentBesideItsTextGoesBackToThatModelAlone) {
  const auto opaque = [](const std::string& model, bool kept) {
    ModelRequest request{.model = model};
    request.messages = {{.text = "a"}, {.role = Role::Assistant, .text = "b", .opaque = R"({"dialect":"messages","host":"h","model":"one","content":[]})"}, {.text = "c"}};
    Quirks quirks;
    quirks.kept_fields = kept;
    Fitted fitted;
    fit(request, quirks, fitted);
    return !fitted.messages[1].opaque.empty();
  };
  EXPECT_TRUE(opaque("one", true));
  EXPECT_FALSE(opaque("other", true));
  EXPECT_FALSE(opaque("one", false));
}

TEST(Turns, ASchemaIsToldWithTheSimplestWords) {
  ModelRequest request;
  request.tools = {{.name = "t", .description = "", .parameters = R"({"$schema":"x","type":"object","additionalProperties":false,"properties":{"a":{"anyOf":[{"type":"null"},{"type":"string","pattern":"x"}]},"b":{"type":["integer","null"]},"c":{"const":1}},"required":["a"]})"}};
  Quirks quirks;
  quirks.plain_schemas = true;
  Fitted fitted;
  fit(request, quirks, fitted);
  EXPECT_EQ(fitted.tools->at(0).parameters,
            R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"},"c":{"enum":[1]}},"required":["a"]})");
}

}  // namespace
}  // namespace zo
