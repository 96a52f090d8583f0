#include "model/messages.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/json.h"

namespace zo {
namespace {

using Role = ModelMessage::Role;

const Speaker kSpeaker{.provider = "anthropic", .model = "claude-x", .host = "api.anthropic.com", .key_advice = "set ANTHROPIC_API_KEY and start again"};
const Quirks kQuirks = quirks_of("https://api.anthropic.com/v1");

Result<ModelReply> read(std::initializer_list<std::string_view> events) {
  const auto parser = messages_parser(kSpeaker, [](const Delta&) {});
  for (std::string_view event : events) ZO_OK(parser->feed({.kind = "message", .data = std::string(event)}));
  return parser->finish(ReplyParser::Body::Ended);
}

std::string messages_of(const ModelRequest& request, const Quirks& quirks = kQuirks) {
  return to_text(parse_json(messages_request_body(request, quirks, 1'000), "body")->at("messages"));
}

TEST(MessagesRequest, IsPlainForAPlainQuestionAndMarksWhatMayBeCached) {
  ModelRequest request{.model = "claude-x", .system = "Be brief."};
  request.messages = {{.role = Role::User, .text = "Hi"}};
  EXPECT_EQ(messages_request_body(request, kQuirks, 1'000),
            R"({"model":"claude-x","max_tokens":1000,"stream":true,)"
            R"("system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],)"
            R"("messages":[{"role":"user","content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]}]})");
}

TEST(MessagesRequest, CarriesToolsLimitsAndASchema) {
  ModelRequest request{.model = "claude-x"};
  request.messages = {{.role = Role::User, .text = "Hi"}};
  request.tools = {{.name = "clock", .description = "Tells the time.", .parameters = R"({"type":"object"})"}};
  request.tool_choice = "required";
  request.response_schema = R"({"type":"object"})";
  request.tokens_max = 50;
  request.temperature = 1.5;
  request.stop = {"END"};
  EXPECT_EQ(messages_request_body(request, kQuirks, 1'000),
            R"({"model":"claude-x","max_tokens":50,"stream":true,)"
            R"("tool_choice":{"type":"any"},)"
            R"("messages":[{"role":"user","content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]}],)"
            R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}},)"
            R"("temperature":1E0,"stop_sequences":["END"],)"
            R"("tools":[{"name":"clock","description":"Tells the time.","input_schema":{"type":"object"},)"
            R"("cache_control":{"type":"ephemeral"}}]})");
}

TEST(MessagesRequest, PutsAllResultsOfATurnIntoTheNextUserTurnBeforeAnyText) {
  ModelRequest request{.model = "claude-x"};
  request.messages = {
      {.role = Role::User, .text = "Do both"},
      {.role = Role::Assistant, .text = "Yes.", .calls = {{"a:1", "read", R"({"p":1})"}, {"b", "list", "oops"}}},
      {.role = Role::Tool, .text = "one", .call_id = "a:1"},
      {.role = Role::Tool, .text = "no", .call_id = "b", .is_error = true},
      {.role = Role::User, .text = "And hurry"},
      {.role = Role::User, .text = " "},
  };
  EXPECT_EQ(messages_of(request),
            R"([{"role":"user","content":[{"type":"text","text":"Do both"}]},)"
            R"({"role":"assistant","content":[{"type":"text","text":"Yes."},)"
            R"({"type":"tool_use","id":"call_0","name":"read","input":{"p":1}},)"
            R"({"type":"tool_use","id":"b","name":"list","input":{"unparsed":"oops"}}]},)"
            R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"call_0","content":"one"},)"
            R"({"type":"tool_result","tool_use_id":"b","content":"no","is_error":true},)"
            R"j({"type":"text","text":"And hurry\n\n(no text)","cache_control":{"type":"ephemeral"}}]}])j");
}

const std::string kQuestion = R"([{"role":"user","content":[{"type":"text","text":"a"}]},)";
const std::string kResult = R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"b","cache_control":{"type":"ephemeral"}}]}])";

TEST(Messages, SendsThinkingBackUnchangedAndInOrder) {
  const auto reply = read(
      {R"({"type":"message_start","message":{"id":"m","usage":{"input_tokens":1}}})",
       R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm","estimated_tokens":3}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}})",
       R"({"type":"content_block_stop","index":0})",
       R"({"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"eHh4"}})",
       R"({"type":"content_block_stop","index":1})",
       R"({"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}})",
       R"({"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"So:"}})",
       R"({"type":"content_block_stop","index":2})",
       R"({"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"t1","name":"clock","input":{}}})",
       R"({"type":"content_block_stop","index":3})",
       R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}})", R"({"type":"message_stop"})"});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->text, "So:");
  EXPECT_EQ(reply->reasoning, "Hm");

  ModelRequest request{.model = "claude-x"};
  request.messages = {{.text = "a"}, {.role = Role::Assistant, .text = reply->text, .calls = reply->calls, .opaque = reply->opaque}, {.role = Role::Tool, .text = "b", .call_id = "t1"}};
  EXPECT_EQ(messages_of(request),
            kQuestion + R"({"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"c2ln"},)"
            R"({"type":"redacted_thinking","data":"eHh4"},{"type":"text","text":"So:"},)"
            R"({"type":"tool_use","id":"t1","name":"clock","input":{}}]},)" + kResult);
  EXPECT_EQ(messages_of(request, quirks_of("https://other.example")),
            kQuestion + R"({"role":"assistant","content":[{"type":"text","text":"So:"},)"
            R"({"type":"tool_use","id":"t1","name":"clock","input":{}}]},)" + kResult);
}

TEST(Messages, KeepsEveryFieldOfABlockThatItDoesNotKnow) {
  const auto reply = read(
      {R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"clock","input":{},"caller":{"type":"direct"}}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}})",
       R"({"type":"content_block_stop","index":0})", R"({"type":"message_delta","delta":{"stop_reason":"tool_use"}})",
       R"({"type":"message_stop"})"});
  ASSERT_TRUE(reply);
  ModelRequest request{.model = "claude-x"};
  request.messages = {{.text = "a"}, {.role = Role::Assistant, .text = reply->text, .calls = reply->calls, .opaque = reply->opaque}, {.role = Role::Tool, .text = "b", .call_id = "t1"}};
  EXPECT_EQ(messages_of(request),
            kQuestion + R"({"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"clock","input":{"a":1},"caller":{"type":"direct"}}]},)" + kResult);
}

TEST(Messages, KeepsNothingOpaqueOfAPlainAnswer) {
  const auto reply = read({R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}})",
                           R"({"type":"content_block_stop","index":0})",
                           R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})"});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->text, "Hi");
  EXPECT_EQ(reply->opaque, "");
}

TEST(Messages, NeverMakesACallOfABlockThatWasNotClosed) {
  const auto reply = read(
      {R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"write","input":{}}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}})",
       R"({"type":"message_delta","delta":{"stop_reason":"max_tokens"}})", R"({"type":"message_stop"})"});
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->calls.empty());
  EXPECT_EQ(reply->finish, Finish::Length);
}

TEST(Messages, CountsCachedTokensAsInput) {
  const auto reply = read(
      {R"({"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":100,"cache_creation_input_tokens":20}}})",
       R"({"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":7}})"});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->usage, (Usage{125, 7, 100}));
  EXPECT_EQ(reply->finish, Finish::Refusal);
}

TEST(Messages, ReadsAnAnswerThatIsNoStream) {
  const auto parser = messages_parser(kSpeaker, [](const Delta&) {});
  ASSERT_TRUE(parser->feed_whole(
      R"({"id":"m","type":"message","model":"claude-x","content":[{"type":"thinking","thinking":"Hm","signature":"c2ln"},)"
      R"({"type":"text","text":"Yes."},{"type":"tool_use","id":"t1","name":"add","input":{"a":1}}],)"
      R"("stop_reason":"tool_use","usage":{"input_tokens":2,"output_tokens":3}})"));
  const auto reply = parser->finish(ReplyParser::Body::Ended);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->text, "Yes.");
  EXPECT_EQ(reply->reasoning, "Hm");
  EXPECT_EQ(reply->calls, (std::vector<ModelCall>{{"t1", "add", R"({"a":1})"}}));
  EXPECT_EQ(reply->usage, (Usage{2, 3, 0}));
}

TEST(Messages, SaysThatTheProviderIsOverloaded) {
  const Error error = read({R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"}).error();
  EXPECT_EQ(error, (Error{Code::Unavailable, "anthropic is overloaded: Overloaded", ""}));
}

}  // namespace
}  // namespace zo
