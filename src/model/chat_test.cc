#include "model/chat.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/json.h"

namespace zo {
namespace {

using Role = ModelMessage::Role;

const Speaker kSpeaker{.provider = "openai", .model = "gpt-x", .host = "api.openai.com", .key_advice = "set OPENAI_API_KEY and start again"};

Result<ModelReply> read(std::initializer_list<std::string_view> chunks, Speaker speaker = kSpeaker) {
  const auto parser = chat_parser(std::move(speaker), [](const Delta&) {});
  for (std::string_view chunk : chunks) ZO_OK(parser->feed({.kind = "message", .data = std::string(chunk)}));
  return parser->finish(ReplyParser::Body::Ended);
}

ModelRequest small_request() {
  ModelRequest request{.model = "gpt-x", .system = "Be brief."};
  request.messages = {{.role = Role::User, .text = "What time is it?"}};
  return request;
}

OfferedTool clock_tool() {
  return {.name = "clock", .description = "Tells the time.", .parameters = R"({"type":"object","properties":{}})"};
}

TEST(ChatRequest, IsPlainForAPlainQuestion) {
  EXPECT_EQ(chat_request_body(small_request(), quirks_of("https://api.groq.com/openai/v1")),
            R"({"model":"gpt-x","messages":[{"role":"system","content":"Be brief."},)"
            R"({"role":"user","content":"What time is it?"}],"stream":true,"stream_options":{"include_usage":true}})");
}

TEST(ChatRequest, CarriesCallsResultsToolsAndLimits) {
  ModelRequest request = small_request();
  request.messages.push_back({.role = Role::Assistant, .calls = {{"call_1", "clock", "{}"}, {"call_2", "clock", "{oops"}}});
  request.messages.push_back({.role = Role::Tool, .text = "noon", .call_id = "call_1", .call_name = "clock"});
  request.messages.push_back({.role = Role::Tool, .text = "bad", .call_id = "call_2", .call_name = "clock", .is_error = true});
  request.tools = {clock_tool()};
  request.tool_choice = "clock";
  request.tokens_max = 100;
  request.temperature = 0.5;
  request.stop = {"END"};
  EXPECT_EQ(chat_request_body(request, quirks_of("https://api.openai.com/v1")),
            R"({"model":"gpt-x","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What time is it?"},)"
            R"({"role":"assistant","content":null,"tool_calls":[)"
            R"({"id":"call_1","type":"function","function":{"name":"clock","arguments":"{}"}},)"
            R"({"id":"call_2","type":"function","function":{"name":"clock","arguments":"{\"unparsed\":\"{oops\"}"}}]},)"
            R"({"role":"tool","tool_call_id":"call_1","content":"noon"},{"role":"tool","tool_call_id":"call_2","content":"bad"}],)"
            R"("stream":true,"stream_options":{"include_usage":true},)"
            R"("tool_choice":{"type":"function","function":{"name":"clock"}},)"
            R"("max_completion_tokens":100,"temperature":5E-1,"stop":["END"],)"
            R"("tools":[{"type":"function","function":{"name":"clock","description":"Tells the time.",)"
            R"("parameters":{"type":"object","properties":{}}}}]})");
}

TEST(ChatRequest, AsksForAnObjectByItsSchemaStrictlyWhereTheSchemaIsStrict) {
  ModelRequest request = small_request();
  request.response_schema = R"({"type":"object","properties":{"a":{"type":"string"}}})";
  EXPECT_NE(chat_request_body(request, {}).find(
                R"("response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object",)"
                R"("properties":{"a":{"type":"string"}}}}})"), std::string::npos);
  request.response_schema =
      R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false})";
  EXPECT_NE(chat_request_body(request, {}).find(R"("strict":true)"), std::string::npos);
}

TEST(ChatRequest, TellsTheSchemaInWordsToAServerThatKnowsNone) {
  ModelRequest request = small_request();
  request.response_schema = R"({"type":"object"})";
  const std::string body = chat_request_body(request, {.response_schema = false});
  EXPECT_EQ(body.find("response_format"), std::string::npos);
  EXPECT_NE(body.find(R"(JSON Schema:\n{\"type\":\"object\"})"), std::string::npos);
}

TEST(ChatRequest, RenamesIdsThatAServerWouldRefuse) {
  ModelRequest request = small_request();
  for (int turn = 0; turn < 2; ++turn) {
    request.messages.push_back({.role = Role::Assistant, .calls = {{"clock:0", "clock", "{}"}}});
    request.messages.push_back({.role = Role::Tool, .text = "noon", .call_id = "clock:0"});
  }
  const auto body = parse_json(chat_request_body(request, quirks_of("https://api.mistral.ai/v1")), "body");
  const JsonArray& messages = body->at("messages").as_array();
  EXPECT_EQ(messages[2].at("tool_calls").at(0).at("id"), "c00000000");
  EXPECT_EQ(messages[3].at("tool_call_id"), "c00000000");
  EXPECT_EQ(messages[4].at("tool_calls").at(0).at("id"), "c00000001");
  EXPECT_EQ(messages[5].at("tool_call_id"), "c00000001");
}

TEST(Chat, SendsOpaqueFieldsBackUnchangedToTheHostThatSentThem) {
  const auto reply = read(
      {R"({"choices":[{"index":0,"delta":{"reasoning_content":"Hm","extra_content":{"google":{"thought_signature":"c2ln"}}}}]})",
       R"({"choices":[{"index":0,"delta":{"reasoning_content":"m."}}]})",
       R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"clock","arguments":"{}"},)"
       R"("extra_content":{"google":{"thought_signature":"YWJj"}}}]},"finish_reason":"tool_calls"}]})", "[DONE]"});
  ASSERT_TRUE(reply);
  ModelRequest request = small_request();
  request.messages.push_back({.role = Role::Assistant, .text = reply->text, .calls = reply->calls, .opaque = reply->opaque});
  const auto turn = [&](std::string_view base) {
    return to_text(parse_json(chat_request_body(request, quirks_of(base)), "body")->at("messages").at(2));
  };
  EXPECT_EQ(turn("https://api.openai.com/v1"),
            R"({"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function",)"
            R"("function":{"name":"clock","arguments":"{}"},"extra_content":{"google":{"thought_signature":"YWJj"}}}],)"
            R"("reasoning_content":"Hmm.","extra_content":{"google":{"thought_signature":"c2ln"}}})");
  EXPECT_EQ(turn("https://other.example/v1"),
            R"({"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function",)"
            R"("function":{"name":"clock","arguments":"{}"}}]})");
}

TEST(Chat, KeepsEveryFieldThatItDoesNotKnow) {
  const auto reply = read(
      {R"({"choices":[{"delta":{"role":"assistant","content":"a","channel":"final","novel":{"signature":"c2","list":[1]},"none":null}}]})",
       R"({"choices":[{"delta":{"content":"b","channel":"final","novel":{"signature":"ln","list":[2]},"tool_calls":[{"index":0,"id":"a",)"
       R"("type":"function","function":{"name":"clock","arguments":"{}"},"seal":"YWJj"}]},"finish_reason":"tool_calls"}]})"});
  ASSERT_TRUE(reply);
  const Json opaque = *parse_json(reply->opaque, "opaque");
  EXPECT_EQ(to_text(opaque.at("message")), R"({"channel":"final","novel":{"signature":"c2ln","list":[1,2]}})");
  EXPECT_EQ(to_text(opaque.at("calls")), R"({"a":{"seal":"YWJj"}})");
}

TEST(Chat, JoinsTheFragmentsOfABlockOfReasoningDetails) {
  const auto reply = read(
      {R"({"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.text","text":"Sho","index":0,"signature":""}]}}]})",
       R"({"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.text","text":"rt.","index":0}]}}]})",
       R"({"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.text","index":0,"signature":"c2ln"}]}}]})",
       R"({"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.encrypted","data":"x","index":1}]}}]})",
       R"({"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.encrypted","data":"y","index":1}]},"finish_reason":"stop"}]})"});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->reasoning, "Short.");
  EXPECT_EQ(to_text(parse_json(reply->opaque, "opaque")->at("message")),
            R"({"reasoning_details":[{"type":"reasoning.text","text":"Short.","index":0,"signature":"c2ln"},)"
            R"({"type":"reasoning.encrypted","data":"x","index":1},{"type":"reasoning.encrypted","data":"y","index":1}]})");
}

TEST(Chat, ReadsAnAnswerThatIsNoStream) {
  const auto parser = chat_parser(kSpeaker, [](const Delta&) {});
  ASSERT_TRUE(parser->feed_whole(
      R"({"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Noon.","tool_calls":[)"
      R"({"id":"a","type":"function","function":{"name":"clock","arguments":"{}"}}]},"finish_reason":"tool_calls"}],)"
      R"("usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})"));
  const auto reply = parser->finish(ReplyParser::Body::Ended);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->text, "Noon.");
  EXPECT_EQ(reply->calls, (std::vector<ModelCall>{{"a", "clock", "{}"}}));
  EXPECT_EQ(reply->usage, (Usage{3, 2, 0}));
}

TEST(Chat, RefusesJsonThatIsNoAnswer) {
  const auto parser = chat_parser(kSpeaker, [](const Delta&) {});
  EXPECT_EQ(parser->feed_whole(R"({"hello":"world"})").error().message,
            "openai/gpt-x sent what is not an answer: JSON without choices");
}

TEST(Chat, ReadsTheOlderShapesOfTheDialect) {
  EXPECT_EQ(read({R"({"choices":[{"delta":{"function_call":{"name":"clock","arguments":"{\"a\":"}}}]})",
                  R"({"choices":[{"delta":{"function_call":{"arguments":"1}"}},"finish_reason":"function_call"}]})"})->calls,
            (std::vector<ModelCall>{{"call_0", "clock", R"({"a":1})"}}));
  EXPECT_EQ(read({R"({"choices":[{"delta":{"refusal":"I will not."},"finish_reason":"stop"}]})"})->finish, Finish::Refusal);
  const auto parts = read({R"({"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},)"
                           R"({"type":"text","text":"Yes"}]},"finish_reason":"stop"}]})"});
  EXPECT_EQ(parts->text, "Yes");
  EXPECT_EQ(parts->reasoning, "Hm");
}

TEST(Chat, TakesAFinishThatItDoesNotKnowForStop) {
  EXPECT_EQ(read({R"({"choices":[{"delta":{"content":"x"},"finish_reason":"eos"}]})"})->finish, Finish::Stop);
}

std::string text_chunk(std::string_view text) { return to_text(JsonObject{{"choices", JsonArray{JsonObject{{"delta", JsonObject{{"content", text}}}}}}}); }

// "(thinking) answer" of a text that comes in pieces of each size.
std::string thought(std::string_view text) {
  std::string first;
  for (const std::size_t size : {1u, 2u, 7u, 1000u}) {
    const auto parser = chat_parser(kSpeaker, [](const Delta&) {});
    for (std::size_t at = 0; at < text.size(); at += size) EXPECT_TRUE(parser->feed({.kind = "message", .data = text_chunk(text.substr(at, size))}));
    EXPECT_TRUE(parser->feed({.kind = "message", .data = R"({"choices":[{"delta":{},"finish_reason":"stop"}]})"}));
    const auto reply = parser->finish(ReplyParser::Body::Ended);
    const std::string told = "(" + reply->reasoning + ") " + reply->text;
    if (first.empty()) first = told;
    EXPECT_EQ(told, first) << "in pieces of " << size;
  }
  return first;
}

TEST(Chat, KnowsThinkingInItsRealForms) {
  EXPECT_EQ(thought("<think>Hm</think>\n\nHello!"), "(Hm) Hello!");
  EXPECT_EQ(thought("<thinking>Hm</thinking>Hello!"), "(Hm) Hello!");
  EXPECT_EQ(thought("\n<reasoning>Hm</reasoning>Hello!"), "(Hm) Hello!");
  EXPECT_EQ(thought("The user says hi.\n</think>\n\nHello!"), "(The user says hi.\n) Hello!");
  EXPECT_EQ(thought("Okay, capital. </think>\n\nParis."), "(Okay, capital. ) Paris.");
  EXPECT_EQ(thought("The user says hi.</think>Hello!"), "(The user says hi.) Hello!");
  EXPECT_EQ(thought("<think>The answer is 4."), "() The answer is 4.") << "never closed: it is the answer";
  EXPECT_EQ(thought("The tag `</think>` ends it."), "() The tag `</think>` ends it.");
  EXPECT_EQ(thought("Write the </think> tag."), "() Write the </think> tag.");
  EXPECT_EQ(thought("```\n</think>\n```\nThat is how."), "() ```\n</think>\n```\nThat is how.");
  EXPECT_EQ(thought("a < b, and <thin"), "() a < b, and <thin");
  for (const char* prose : {"Reasoning models wrap their thoughts in <think>...</think> tags before they answer.", "Use `<think>ideas</think>` in the template.",
                            "The block ends with </think>\nThen comes the answer."})
    EXPECT_EQ(thought(prose), std::string("() ") + prose);
}

TEST(Chat, SaysThatItsProviderBrokeOff) {
  EXPECT_EQ(read({R"({"choices":[{"delta":{"content":"Half"},"finish_reason":"error"}]})"}).error().message, "openai/gpt-x broke off its answer (error)");
  EXPECT_EQ(read({R"({"choices":[{"delta":{},"finish_reason":"error","error":{"code":502,"message":"upstream died"}}]})"}).error().message, "openai failed (502): upstream died");
  EXPECT_EQ(read({R"({"choices":[{"delta":{"content":"x"},"finish_reason":"network_error"}]})"}).error().code, Code::Unavailable);
}

TEST(Chat, SaysWhoSentABrokenLine) {
  EXPECT_EQ(read({"{oops"}).error(), (Error{Code::Corrupt, "openai/gpt-x sent what is not an answer: the event is not JSON: syntax error", ""}));
}

TEST(Chat, SaysThatAnAnswerWasCutOff) {
  const Error error = read({R"({"choices":[{"delta":{"content":"Once upon"}}]})"}).error();
  EXPECT_EQ(error.code, Code::Unavailable);
  EXPECT_EQ(error.message, "openai/gpt-x stopped in the middle of its answer (stream_truncated)");
}

}  // namespace
}  // namespace zo
