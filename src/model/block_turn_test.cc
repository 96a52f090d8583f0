#include "model/block_turn.h"

#include "model/block_examples.h"
#include "model/chat.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/json.h"

namespace zo {
namespace {

using Role = ModelMessage::Role;

OfferedTool shell() {
  const SmallForm small{.blocks = {{.word = "bash", .body = "command", .body_shown = "commands", .brief = "runs bash"},
                                   {.word = "python", .body = "command", .body_shown = "code", .before = "python3 <<'E'\n", .after = "\nE", .brief = "runs Python"}}};
  return {.name = "shell", .description = "Run a command.", .parameters = "{}", .small = small};
}

OfferedTool write_file() {
  return {.name = "write_file", .parameters = "{}",
          .small = SmallForm{.blocks = {{.word = "file", .head = "path", .head_shown = "NAME", .body = "content", .body_shown = "content", .after = "\n", .brief = "writes a file"}}}};
}

OfferedTool list_files() {
  return {.name = "list_files", .parameters = R"({"type":"object","properties":{"path":{"type":"string"}}})",
          .small = SmallForm{.brief = "lists a folder", .arguments = {"path"}, .instead = "shell"}};
}

// As it comes over /v1/chat/completions.
OfferedTool weather() {
  return {.name = "get-weather", .description = "The weather of a place. Never of the past.",
          .parameters = R"({"type":"object","properties":{"place":{"type":"string"},"days":{"type":"integer"},"unit":{"enum":["c","f"]},)"
                        R"("deep":{"type":"object"},"more":{"type":"boolean"}},"required":["unit","place","days","deep"]})",
          .small = SmallForm{}};
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

std::string all_told(const Json& body) {
  std::string out;
  for (const Json& message : *array_at(body, "messages")) out += std::string(*string_at(message, "role")) + ": " + std::string(*string_at(message, "content")) + "\n";
  return out;
}

// What stands behind the fixed beginning, a message after the other: "role: content".
std::string told(const Json& body, const ModelRequest& request) {
  const std::string fixed = all_told(*parse_json(chat_request_body(warm_request(request.tools), Quirks{}), "warm"));
  const std::string all = all_told(body);
  EXPECT_TRUE(all.starts_with(fixed)) << all;
  return all.substr(std::min(fixed.size(), all.size()));
}

std::string grammar_of(const ModelRequest& request, Turn turn = Turn::Choose) { return text_at(body(request, turn), "grammar"); }

TEST(BlockTurn, ShowsWhatWasDoneAsTheTurnsThatDidIt) {
  ModelRequest request = question("hash é", {shell()});
  add_call(request, "call_1", "{ \"command\": \"l\\u00e9\" }", "");
  add_call(request, "call_2", R"({"command":"python3 <<'E'\nprint(7)\nE"})", "7");
  request.messages.push_back({.role = Role::Assistant, .text = "Done \"so\"."});
  request.messages.push_back({.role = Role::User, .text = "thanks"});
  EXPECT_EQ(told(body(request, Turn::Choose), request),
            "user: hash é\nassistant: ```bash\nlé\n```\ntool: [no output]\nassistant: ```python\nprint(7)\n```\ntool: 7\n"
            "assistant: Done \"so\".\nuser: thanks\n");
}

TEST(BlockTurn, AToolWhoseErrorsSayHowIsTriedAgainOnce) {
  OfferedTool mending = shell();
  mending.small->mends = true;
  ModelRequest request = question("try", {mending});
  add_call(request, "call_1", R"({"command":"x"})", "no such column");
  request.messages.back().is_error = true;
  EXPECT_EQ(first_turn(request), Turn::Call);
  request.tools.push_back(write_file());
  EXPECT_TRUE(grammar_of(request, Turn::Call).starts_with("root ::= bash | python\n")) << "that tool";
  request.tools.pop_back();
  add_call(request, "call_2", R"({"command":"y"})", "no such column");
  request.messages.back().is_error = true;
  EXPECT_EQ(first_turn(request), Turn::Choose) << "twice is enough";
  request.tools = {shell()};
  request.messages.resize(3);
  EXPECT_EQ(first_turn(request), Turn::Choose);
}

TEST(BlockTurn, AFileThatMustBeMadeIsMadeByItsName) {
  const auto root = [](std::string file, std::vector<OfferedTool> tools) {
    ModelRequest request = question("make it", std::move(tools));
    request.must_make = std::move(file);
    EXPECT_EQ(first_turn(request), Turn::Call);
    const std::string grammar = grammar_of(request, Turn::Call);
    return grammar.substr(0, grammar.find('\n'));
  };
  const OfferedTool table{.name = "query_table", .parameters = "{}", .small = SmallForm{.blocks = {{.word = "sql", .head = "save_as", .head_needed = false, .body = "query"}}}};
  EXPECT_EQ(root("a b.py", {shell(), table, write_file()}), "root ::= \"```file a b.py\\n\" line+ \"```\"");
  EXPECT_EQ(root("a.csv", {shell(), table, write_file()}), "root ::= \"```sql a.csv\\n\" line+ \"```\"");
  EXPECT_EQ(root("a.csv", {shell(), write_file()}), "root ::= \"```file a.csv\\n\" line+ \"```\"");
  EXPECT_EQ(root("a.tar.gz", {shell(), write_file()}), "root ::= bash | python | file");
}

TEST(BlockTurn, CallsThatAnotherModelMadeAreShownAsItsOwn) {
  ModelRequest request = question("both", {shell(), write_file()});
  request.messages.push_back({.role = Role::Assistant, .text = "Looking.", .calls = {{"a", "read_file", R"({"path":"x"})"}, {"b", "shell", "oops"}, {"c", "write_file", R"({"path":"n","content":"one"})"}}});
  for (const char* id : {"a", "b", "c"}) request.messages.push_back({.role = Role::Tool, .text = "R", .call_id = id});
  EXPECT_EQ(told(body(request, Turn::Choose), request),
            "user: both\nassistant: ```read_file\n{\"path\":\"x\"}\n```\ntool: R\nassistant: ```shell\n{\"unparsed\":\"oops\"}\n```\ntool: R\n"
            "assistant: ```file n\none\n```\ntool: R\n");
}

TEST(BlockTurn, TheFixedBeginningIsWhatIsReadAhead) {
  ModelRequest request = question("hi", {shell()});
  request.system = "Our long text.";
  request.instructions = "Speak French.";
  EXPECT_EQ(told(body(request, Turn::Choose), request), "system: Speak French.\nuser: hi\n");
  EXPECT_EQ(warm_request(request.tools).tokens_max, 0);
}

TEST(BlockTurn, OffersEachToolInItsForm) {
  const ModelRequest request = question("hi", {shell(), write_file(), list_files()});
  const std::string system = text_at(body(request, Turn::Choose).at("messages").at(0), "content");
  EXPECT_NE(system.find("```bash\ncommands\n```\nruns bash.\n```python\ncode\n```\nruns Python.\n```file NAME\ncontent\n```\nwrites a file.\n"), std::string::npos) << system;
  EXPECT_EQ(system.find("list_files"), std::string::npos) << "the shell does for it";
  EXPECT_EQ(grammar_of(request), "root ::= bash | python | file | reply\n"
                                 "bash ::= \"```bash\\n\" line+ \"```\"\npython ::= \"```python\\n\" line+ \"```\"\n"
                                 "file ::= \"```file \" name \"\\n\" line* \"```\"\n"
                                 "name ::= [^\\n`]+\nline ::= ([^`\\n] [^\\n]*)? \"\\n\"\nreply ::= [^`{\\n ] any*\nany ::= [^\\x00]\n");
  const std::string alone = grammar_of(question("hi", {list_files()}));
  EXPECT_TRUE(alone.starts_with("root ::= list-files | reply\nlist-files ::= \"```list_files\\n{\\\"path\\\":\" string \"}\\n```\"\n")) << alone;
}

TEST(BlockTurn, ExamplesUseOnlyWhatIsOffered) {
  const std::string alone = all_told(body(question("hi", {list_files()}), Turn::Choose));
  EXPECT_NE(alone.find("Hamlet"), std::string::npos);
  EXPECT_EQ(alone.find("```bash"), std::string::npos);
  for (const Example& example : block_examples())
    for (const ExampleStep& step : example.steps) EXPECT_TRUE(step.word == "bash" || step.word == "python" || step.word == "file" || step.word == "sql" || step.word == "automation") << step.word;
}

// A tool that is for few questions costs the others nothing: the beginning stays as it is, byte for byte.
TEST(BlockTurn, WhatIsForFewQuestionsIsOfferedWhereThePersonSpeaksOfIt) {
  OfferedTool later{.name = "later", .description = "Does it later.", .parameters = R"({"type":"object","properties":{"when":{"type":"string"}},"required":["when"]})", .small = SmallForm{.phrases = {"every day"}}};
  const std::string without = all_told(body(question("list every file", {list_files(), later}), Turn::Choose));
  EXPECT_EQ(without, all_told(body(question("list every file", {list_files()}), Turn::Choose)));
  EXPECT_EQ(grammar_of(question("list every file", {list_files(), later})), grammar_of(question("list every file", {list_files()})));
  const std::string with = all_told(body(question("Every day list files", {list_files(), later}), Turn::Choose));
  EXPECT_NE(with.find("There are more blocks:\n```later\n"), std::string::npos) << with;
  EXPECT_NE(grammar_of(question("Every day list files", {list_files(), later})).find("later"), std::string::npos);
  const auto same = static_cast<std::size_t>(std::ranges::mismatch(with, without).in1 - with.begin());
  EXPECT_GE(same + 16, without.find("list every file")) << "what the server has read already, up to who says it";
}

TEST(BlockTurn, ClientsToolsAreOfferedWithTheArgumentsTheyRequire) {
  const ModelRequest request = question("hi", {weather()});
  const std::string system = text_at(body(request, Turn::Choose).at("messages").at(0), "content");
  EXPECT_NE(system.find("\n```get-weather\n{\"place\":\"…\",\"days\":0,\"unit\":\"c\",\"deep\":{}}\n```\nThe weather of a place.\n"), std::string::npos) << system;
  const std::string grammar = grammar_of(request);
  EXPECT_TRUE(grammar.starts_with("root ::= get-weather | reply\n"
                                  "get-weather ::= \"```get-weather\\n{\\\"place\\\":\" string \",\\\"days\\\":\" integer \",\\\"unit\\\":\" "
                                  "(\"\\\"c\\\"\" | \"\\\"f\\\"\") \",\\\"deep\\\":\" object \"}\\n```\"\n"))
      << grammar;
  EXPECT_NE(grammar.find("\nvalue ::= "), std::string::npos);
}

TEST(BlockTurn, NamesThatWouldClashInTheGrammarDoNot) {
  const auto named = [](std::string name) { return OfferedTool{.name = std::move(name), .parameters = "{}", .small = SmallForm{}}; };
  const std::string grammar = grammar_of(question("hi", {named("a_b"), named("a-b"), named("string"), named("reply")}));
  EXPECT_TRUE(grammar.starts_with("root ::= a-b | a-b-x | string-x | reply-x | reply\na-b ::= \"```a_b\\n{}\\n```\"\na-b-x ::= \"```a-b\\n{}\\n```\"\n")) << grammar;
}

TEST(BlockTurn, TheChoiceOfToolsIsKept) {
  const auto asked = [](std::string choice) {
    ModelRequest request = question("hi", {shell(), weather()});
    request.tool_choice = std::move(choice);
    return request;
  };
  const auto root = [&](std::string choice) {
    const ModelRequest request = asked(std::move(choice));
    const std::string grammar = grammar_of(request, first_turn(request));
    return grammar.substr(0, grammar.find('\n'));
  };
  EXPECT_EQ(root("auto"), "root ::= bash | python | get-weather | reply");
  EXPECT_EQ(root("required"), "root ::= bash | python | get-weather");
  EXPECT_EQ(root("get-weather"), "root ::= get-weather");
  EXPECT_EQ(first_turn(asked("none")), Turn::Plain);
}

TEST(BlockTurn, WithoutToolsItIsPlainText) {
  ModelRequest request = question("hi", {});
  EXPECT_EQ(first_turn(request), Turn::Plain);
  EXPECT_EQ(all_told(body(request, Turn::Plain)), "user: hi\n");
  request.instructions = "You are a pirate.";
  EXPECT_EQ(all_told(body(request, Turn::Plain)), "system: You are a pirate.\nuser: hi\n");
  request.system = "Our long text.";
  request.instructions.clear();
  EXPECT_EQ(all_told(body(request, Turn::Plain)), "system: You are Zo, an assistant. Answer briefly.\nuser: hi\n");
  EXPECT_FALSE(body(request, Turn::Plain).as_object().contains("grammar"));
}

TEST(BlockTurn, AFormIsAskedForLast) {
  ModelRequest request = question("hi", {shell()});
  request.response_schema = R"({"type":"object"})";
  EXPECT_EQ(first_turn(request), Turn::Choose);
  const Json formed = body(request, Turn::Object, "It is 7.");
  EXPECT_EQ(told(formed, request), "user: hi\nassistant: It is 7.\nuser: Answer with one JSON object that fits this JSON Schema: {\"type\":\"object\"}\n");
  EXPECT_EQ(to_text(formed.at("json_schema")), request.response_schema);
  request.tools.clear();
  EXPECT_EQ(first_turn(request), Turn::Object);
}

TEST(BlockTurn, KnowsTheLastCallOfThisQuestionOnly) {
  ModelRequest request = question("list", {shell()});
  EXPECT_EQ(last_call(request), "");
  add_call(request, "call_1", R"({ "command" : "ls" })", "a");
  EXPECT_EQ(last_call(request), "```bash\nls\n```");
  EXPECT_EQ(next_call_id(request), "call_3");
  request.messages.push_back({.role = Role::User, .text = "again"});
  EXPECT_EQ(last_call(request), "");
}

TEST(BlockTurn, AfterEightCallsOnlyAReplyIsLeft) {
  ModelRequest request = question("list", {shell()});
  for (int i = 0; i < 7; ++i) add_call(request, "call_" + std::to_string(i), "{}", "a");
  EXPECT_EQ(first_turn(request), Turn::Choose);
  add_call(request, "call_7", "{}", "a");
  EXPECT_EQ(first_turn(request), Turn::Reply);
  EXPECT_EQ(grammar_of(request, Turn::Reply), "root ::= reply\nreply ::= [^`{\\n ] any*\nany ::= [^\\x00]\n");
}

}  // namespace
}  // namespace zo
