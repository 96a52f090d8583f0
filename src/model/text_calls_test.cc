// Calls in the notation of a model's own template: both directions.
#include "model/text_calls.h"

#include <gtest/gtest.h>

namespace zo {
namespace {

const std::vector<OfferedTool> kTools{
    {.name = "shell", .description = "", .parameters = R"({"type":"object","properties":{"command":{"type":"string"},"time_s":{"type":"integer"}},"required":["command"]})"},
    {.name = "read_file", .description = "", .parameters = R"({"type":"object","properties":{"path":{"type":"string"}},"required":["path"]})"}};

// What is shown, and the calls: "text | shell {…}". Cut into pieces of each size: always the same.
std::string told(std::string_view answer) {
  std::string first;
  for (const std::size_t size : {1u, 3u, 1000u}) {
    TextCalls calls(kTools);
    std::string out;
    for (std::size_t at = 0; at < answer.size(); at += size) out += calls.feed(answer.substr(at, size));
    const TextCalls::Rest rest = calls.finish();
    if (rest.calls.empty()) out += rest.text;
    for (const ModelCall& call : rest.calls) out += " | " + call.name + " " + call.arguments;
    if (first.empty()) first = out;
    EXPECT_EQ(out, first) << "in pieces of " << size;
  }
  return first;
}

TEST(TextCalls, AreReadInEveryNotation) {
  EXPECT_EQ(told("<tool_call>\n{\"name\": \"shell\", \"arguments\": {\"command\": \"date\"}}\n</tool_call>"), " | shell {\"command\":\"date\"}");
  EXPECT_EQ(told("Let me look.\n<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"ls\"}}</tool_call>\n<tool_call>{\"name\":\"read_file\",\"arguments\":{\"path\":\"a\"}}</tool_call>"),
            "Let me look.\n | shell {\"command\":\"ls\"} | read_file {\"path\":\"a\"}");
  EXPECT_EQ(told("<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"date\"}}"), " | shell {\"command\":\"date\"}");
  EXPECT_EQ(told("<function=shell>{\"command\":\"date\"}</function>"), " | shell {\"command\":\"date\"}");
  EXPECT_EQ(told("<tool_call>\n<function=shell>\n<parameter=command>\nls -l\n</parameter>\n<parameter=time_s>5</parameter>\n</function>\n</tool_call>"), " | shell {\"command\":\"ls -l\",\"time_s\":5}");
  EXPECT_EQ(told("{\"name\": \"shell\", \"arguments\": {\"command\": \"date\"}}"), " | shell {\"command\":\"date\"}");
  EXPECT_EQ(told("{\"name\":\"shell\",\"parameters\":{\"command\":\"date\"}}"), " | shell {\"command\":\"date\"}");
  EXPECT_EQ(told("{\"name\":\"functions.shell\",\"arguments\":\"{\\\"command\\\":\\\"date\\\"}\"}"), " | shell {\"command\":\"date\"}");
  EXPECT_EQ(told("[TOOL_CALLS][{\"name\":\"shell\",\"arguments\":{\"command\":\"date\"}}]"), " | shell {\"command\":\"date\"}");
  EXPECT_EQ(told("[TOOL_CALLS]shell[ARGS]{\"command\":\"date\"}"), " | shell {\"command\":\"date\"}");
  EXPECT_EQ(told("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>shell\n```json\n{\"command\":\"date\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"), " | shell {\"command\":\"date\"}");
  EXPECT_EQ(told("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>shell<｜tool▁sep｜>{\"command\":\"date\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"), " | shell {\"command\":\"date\"}");
}

TEST(TextCalls, StandBehindCodeToo) {
  EXPECT_EQ(told("Run it:\n```ls -l```\n<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"ls\"}}</tool_call>"), "Run it:\n```ls -l```\n | shell {\"command\":\"ls\"}");
  EXPECT_EQ(told("```\nls\n```\n<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"ls\"}}</tool_call>"), "```\nls\n```\n | shell {\"command\":\"ls\"}");
}

TEST(TextCalls, WhatMerelyMentionsThemStaysAText) {
  for (const char* text : {
           "The parser looks for the `<tool_call>` tag.", "<tool_call> is the tag of Hermes models.", "Write:\n<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"x\"}}</tool_call>\nand it runs.",
           "```\n<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"x\"}}</tool_call>\n```", "{\"name\": \"shell\", \"arguments\": {}}", "{\"name\": \"other\", \"arguments\": {\"command\": \"x\"}}",
           "{\"name\": \"Ann\", \"age\": 3}", "{\"a\": 1}", "```json\n{\"a\": 1}\n```", "<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"x\",\"colour\":1}}</tool_call>", "{", "", "no",
           "An example:\n```xml\n<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"x\"}}</tool_call>", "```json\n{\"name\":\"shell\",\"arguments\":{\"command\":\"x\"}}\n```",
           "<function=shell>\n<parameter=command>\nhalf of",
           "Like so:\n\n    <tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"x\"}}</tool_call>", "~~~\n<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"x\"}}</tool_call>",
           "````md\n```\n<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"x\"}}</tool_call>"})
    EXPECT_EQ(told(text), text);
}

TEST(TextCalls, WhatTheTokenLimitCutOffIsNone) {
  for (const char* text : {"<function=shell>\n<parameter=command>\necho whole\n</parameter>\n", "<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"x\"}}", "<tool_call>{\"name\":\"sh",
                           "[TOOL_CALLS]shell[ARGS]{\"command\":\"echo half", "{\"name\":\"shell\",\"arguments\":{\"command\":\"echo ha"}) {
    TextCalls calls(kTools);
    EXPECT_EQ(calls.feed(text), "");
    const TextCalls::Rest rest = calls.finish(true);
    EXPECT_TRUE(rest.calls.empty() && rest.is_cut) << text;
  }
}

TEST(TextCalls, WithoutToolsEverythingIsText) {
  TextCalls calls({});
  EXPECT_EQ(calls.feed("{\"name\":\"shell\""), "{\"name\":\"shell\"");
}

TEST(OfferedName, IsKnownInWhateverFormItComes) {
  const std::vector<OfferedTool>& names = kTools;
  for (const char* form : {"shell", "functions.shell", "shell<|channel|>commentary", "Shell", "default_api:shell", " shell "}) EXPECT_EQ(offered_name(form, names), "shell");
  EXPECT_EQ(offered_name("read-file", names), "read_file");
  EXPECT_EQ(offered_name("shells", names), "shells");
}

}  // namespace
}  // namespace zo
