#include "model/schema_turn.h"

#include "model/chat.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/json.h"

namespace zo {
namespace {

using Role = ModelMessage::Role;

OfferedTool shell() {
  return {.name = "shell", .description = "Run a command.",
          .parameters = R"({"type":"object","properties":{"command":{"type":"string"},"timeout_s":{"type":"integer"}},"required":["command"]})",
          .brief = "shell{command}: run bash"};
}

// As it comes over /v1/chat/completions: without a brief of ours.
OfferedTool weather() {
  return {.name = "get-weather", .description = "The weather of a place. Never of the past.",
          .parameters = R"({"type":"object","properties":{"place":{"type":"string"},"days":{"type":"integer"},"unit":{"enum":["c","f"]},)"
                        R"("deep":{"type":"object"},"more":{"type":"boolean"}},"required":["unit","place","days","deep"]})",
          .brief = "get-weather"};
}

ModelRequest question(std::string text, std::vector<OfferedTool> tools) {
  ModelRequest request{.model = "m"};
  request.messages.push_back({.role = Role::User, .text = std::move(text)});
  request.tools = std::move(tools);
  return request;
}

void add_call(ModelRequest& request, std::string id, std::string arguments, std::string result) {
  request.messages.push_back({.role = Role::Assistant, .calls = {{id, "shell", std::move(arguments)}}});
  request.messages.push_back({.role = Role::Tool, .text = std::move(result), .call_id = id, .call_name = "shell"});
}

Json body(const ModelRequest& request, Turn turn, std::string_view draft = {}) {
  return *parse_json(chat_request_body(turn_request(request, turn, draft), Quirks{}), "body");
}

// The messages from the person's first on, a line each: "role: content".
std::string told(const Json& body, std::size_t from) {
  std::string out;
  const JsonArray& messages = *array_at(body, "messages");
  for (std::size_t i = from; i < messages.size(); ++i)
    out += std::string(*string_at(messages[i], "role")) + ": " + std::string(*string_at(messages[i], "content")) + "\n";
  return out;
}
constexpr std::size_t kFixed = 13;  // messages before the first of the person, where shell is the only tool

TEST(SchemaTurn, ShowsWhatWasDoneAsTheTurnsThatDidIt) {
  ModelRequest request = question("hash é", {shell()});
  add_call(request, "call_1", "{ \"command\": \"l\\u00e9\" }", "");
  request.messages.push_back({.role = Role::Assistant, .text = "Done \"so\"."});
  request.messages.push_back({.role = Role::User, .text = "thanks"});
  EXPECT_EQ(told(body(request, Turn::Choose), kFixed),
            "user: hash é\n"
            "assistant: {\"shell\":{\"command\":\"lé\"}}\n"
            "tool: (no output)\n"
            "assistant: {\"reply\":\"Done \\\"so\\\".\"}\n"
            "user: thanks\n");
}

TEST(SchemaTurn, ParallelCallsOfAnotherModelBecomeOneAfterTheOther) {
  ModelRequest request = question("both", {shell()});
  request.messages.push_back({.role = Role::Assistant, .text = "Looking.", .calls = {{"a", "shell", R"({"command":"x"})"}, {"b", "shell", "oops"}}});
  request.messages.push_back({.role = Role::Tool, .text = "X", .call_id = "a", .call_name = "shell"});
  request.messages.push_back({.role = Role::Tool, .text = "Y", .call_id = "b", .call_name = "shell"});
  EXPECT_EQ(told(body(request, Turn::Choose), kFixed),
            "user: both\nassistant: {\"shell\":{\"command\":\"x\"}}\ntool: X\nassistant: {\"shell\":{\"unparsed\":\"oops\"}}\ntool: Y\n");
}

TEST(SchemaTurn, TheFixedBeginningIsWhatIsReadAhead) {
  ModelRequest request = question("hi", {shell()});
  request.system = "Our long text.";
  request.instructions = "Speak French.";
  const Json asked = body(request, Turn::Choose);
  EXPECT_EQ(told(asked, kFixed), "system: Speak French.\nuser: hi\n");
  const Json warm = *parse_json(chat_request_body(warm_request({shell()}), Quirks{}), "body");
  JsonArray begin = *array_at(asked, "messages");
  begin.resize(kFixed);
  EXPECT_EQ(*array_at(warm, "messages"), begin);
  EXPECT_EQ(integer_at(warm, "max_tokens"), 0);
}

TEST(SchemaTurn, ClientsToolsAreOfferedWithTheArgumentsTheyRequire) {
  const Json asked = body(question("hi", {weather()}), Turn::Choose);
  const std::string system(*string_at(asked.at("messages").at(0), "content"));
  EXPECT_NE(system.find("\n{\"get-weather\":{\"place\":\"…\",\"days\":0,\"unit\":\"c\",\"deep\":{}}} The weather of a place\n"), std::string::npos) << system;
  EXPECT_EQ(system.find("date"), std::string::npos);
  const std::string grammar(*string_at(asked, "grammar"));
  EXPECT_TRUE(grammar.starts_with("root ::= get-weather | reply\n"
                                  "get-weather ::= \"{\\\"get-weather\\\":{\\\"place\\\":\" string \",\\\"days\\\":\" integer \",\\\"unit\\\":\" "
                                  "(\"\\\"c\\\"\" | \"\\\"f\\\"\") \",\\\"deep\\\":\" object \"}}\"\n"))
      << grammar;
  EXPECT_NE(grammar.find("\nvalue ::= "), std::string::npos);
  EXPECT_EQ(told(asked, 1), "user: who wrote Hamlet?\nassistant: {\"reply\":\"William Shakespeare.\"}\nuser: write two lines about tea\n"
                            "assistant: {\"reply\":\"Steam curls from the cup,\\nthe morning slows down.\"}\nuser: hi\n");
}

TEST(SchemaTurn, NamesThatWouldClashInTheGrammarDoNot) {
  const OfferedTool one{.name = "a_b", .parameters = "{}", .brief = "a_b"};
  const OfferedTool two{.name = "a-b", .parameters = "{}", .brief = "a-b"};
  const OfferedTool odd{.name = "string", .parameters = "{}", .brief = "string{x"};
  const OfferedTool reply{.name = "reply", .parameters = "{}", .brief = "reply"};
  const std::string grammar(*string_at(body(question("hi", {one, two, odd, reply}), Turn::Choose), "grammar"));
  EXPECT_TRUE(grammar.starts_with("root ::= a-b | a-b-x | string-x | reply\na-b ::= \"{\\\"a_b\\\":{}}\"\na-b-x ::= \"{\\\"a-b\\\":{}}\"\n")) << grammar;
}

TEST(SchemaTurn, TheChoiceOfToolsIsKept) {
  const auto root = [](std::string choice) {
    ModelRequest request = question("hi", {shell(), weather()});
    request.tool_choice = std::move(choice);
    const std::string grammar(string_at(body(request, Turn::Choose), "grammar").value_or(""));
    return grammar.substr(0, grammar.find('\n'));
  };
  EXPECT_EQ(root("auto"), "root ::= shell | get-weather | reply");
  EXPECT_EQ(root("required"), "root ::= shell | get-weather");
  EXPECT_EQ(root("get-weather"), "root ::= get-weather");
  ModelRequest none = question("hi", {shell()});
  none.tool_choice = "none";
  EXPECT_EQ(first_turn(none), Turn::Plain);
}

TEST(SchemaTurn, WithoutToolsItIsPlainText) {
  ModelRequest request = question("hi", {});
  EXPECT_EQ(first_turn(request), Turn::Plain);
  EXPECT_EQ(told(body(request, Turn::Plain), 0), "user: hi\n");
  request.instructions = "You are a pirate.";
  EXPECT_EQ(told(body(request, Turn::Plain), 0), "system: You are a pirate.\nuser: hi\n");
  request.system = "Our long text.";
  request.instructions.clear();
  EXPECT_EQ(told(body(request, Turn::Plain), 0), "system: You are Zo, an assistant. Answer briefly.\nuser: hi\n");
  EXPECT_FALSE(body(request, Turn::Plain).as_object().contains("grammar"));
}

TEST(SchemaTurn, AFormIsAskedForLast) {
  ModelRequest request = question("hi", {shell()});
  request.response_schema = R"({"type":"object"})";
  EXPECT_EQ(first_turn(request), Turn::Choose);
  const Json formed = body(request, Turn::Object, "It is 7.");
  EXPECT_EQ(told(formed, kFixed), "user: hi\nassistant: {\"reply\":\"It is 7.\"}\n"
                                  "user: Answer with one JSON object that fits this JSON Schema: {\"type\":\"object\"}\n");
  EXPECT_EQ(to_text(formed.at("json_schema")), request.response_schema);
  request.tools.clear();
  EXPECT_EQ(first_turn(request), Turn::Object);
}

TEST(SchemaTurn, KnowsTheLastCallOfThisQuestionOnly) {
  ModelRequest request = question("list", {shell()});
  EXPECT_EQ(last_call(request), "");
  add_call(request, "call_1", R"({ "command" : "ls" })", "a");
  EXPECT_EQ(last_call(request), R"({"shell":{"command":"ls"}})");
  EXPECT_EQ(next_call_id(request), "call_3");
  request.messages.push_back({.role = Role::User, .text = "again"});
  EXPECT_EQ(last_call(request), "");
}

TEST(SchemaTurn, AfterEightCallsOnlyAReplyIsLeft) {
  ModelRequest request = question("list", {shell()});
  for (int i = 0; i < 7; ++i) add_call(request, "call_" + std::to_string(i), "{}", "a");
  EXPECT_EQ(first_turn(request), Turn::Choose);
  add_call(request, "call_7", "{}", "a");
  EXPECT_EQ(first_turn(request), Turn::Reply);
  EXPECT_TRUE(string_at(body(request, Turn::Reply), "grammar")->starts_with("root ::= reply\nreply ::= "));
}

}  // namespace
}  // namespace zo
