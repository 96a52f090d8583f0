#include "model/turn_reader.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "model/chat.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

// What a reader of the deltas has seen.
struct Seen {
  std::string story;
  std::string text;
  std::string arguments;
  bool whole_points = true;

  void operator()(const delta::Text& d) {
    text += d.text;
    whole_points = whole_points && is_valid_utf8(d.text);
  }
  void operator()(const delta::CallStart& d) { story += fmt::format("start {} {} {} · ", d.index, d.id, d.name); }
  void operator()(const delta::CallArguments& d) {
    arguments += d.text;
    whole_points = whole_points && is_valid_utf8(d.text);
  }
  void operator()(const delta::CallEnd&) { story += "end"; }
  void operator()(const auto&) { story += "other"; }
};

OnDelta into(Seen& seen) {
  return [&seen](Delta delta) { std::visit(seen, delta); };
}

Seen read(std::string_view turn, std::size_t cut, std::string again = {}) {
  Seen seen;
  TurnReader reader(into(seen), "call_1", std::move(again));
  for (std::size_t i = 0; i < turn.size(); i += cut) reader.feed(turn.substr(i, cut));
  EXPECT_TRUE(reader.whole());
  return seen;
}

// The recorded stream, cut into single bytes, through the dialect and the reader.
Seen replay(const std::string& name) {
  const std::string bytes = read_whole_file(std::string(ZO_SOURCE_DIR) + "/tests/streams/" + name);
  Seen seen;
  TurnReader reader(into(seen), "call_1", "");
  const auto parser = chat_parser({.provider = "local", .model = "m", .host = "", .key_variable = "", .base_variable = ""}, [&](Delta delta) {
    if (const auto* text = std::get_if<delta::Text>(&delta)) reader.feed(text->text);
  });
  SseParser lines;
  std::vector<SseEvent> events;
  for (const char byte : bytes) EXPECT_TRUE(lines.feed(std::string_view(&byte, 1), events));
  for (const SseEvent& event : events) EXPECT_TRUE(parser->feed(event));
  EXPECT_TRUE(parser->finish());
  EXPECT_TRUE(reader.whole());
  return seen;
}

TEST(TurnReader, ReadsRecordedTurns) {
  const Seen call = replay("local-call.sse");
  EXPECT_EQ(call.story + call.arguments + call.text, R"(start 0 call_1 shell · end{"command":"sha256sum notes.txt"})");
  const Seen reply = replay("local-reply.sse");
  EXPECT_EQ(reply.story + reply.arguments + reply.text, "Paris.");
}

TEST(TurnReader, TellsTheTextOfAReplyAsItArrives) {
  Seen seen;
  TurnReader reader(into(seen), "call_1", "");
  reader.feed(R"({"reply":"Good)");
  EXPECT_EQ(seen.text, "Good");
  reader.feed(R"( mor\)");
  EXPECT_EQ(seen.text, "Good mor");
  reader.feed(R"(nning"})");
  EXPECT_EQ(seen.text, "Good mor\nning");
  EXPECT_TRUE(reader.whole());
}

TEST(TurnReader, UnescapesWhateverWayTheBytesAreCut) {
  const std::string turn = R"({"reply":"a\"\\\/\b\f\n\r\t é 🦊 \u00e9 \ud83e\udd8a \uD83E x \udd8a \ud83e\n"})";
  const std::string text = "a\"\\/\b\f\n\r\t é 🦊 é 🦊 \xef\xbf\xbd x \xef\xbf\xbd \xef\xbf\xbd\n";
  for (std::size_t cut = 1; cut <= turn.size(); ++cut) {
    const Seen seen = read(turn, cut);
    EXPECT_EQ(seen.text, text) << cut;
    EXPECT_TRUE(seen.whole_points) << cut;
  }
}

RC_GTEST_PROP(TurnReader, EveryTextComesOutAsItWentIn, (const std::vector<std::uint8_t>& bytes, std::uint8_t cut)) {
  const std::string text = to_valid_utf8(std::string(bytes.begin(), bytes.end()));
  const Seen seen = read(to_text(JsonObject{{"reply", text}}), cut % 7 + 1U);
  RC_ASSERT(seen.text == text);
  RC_ASSERT(seen.whole_points);
}

RC_GTEST_PROP(TurnReader, EveryArgumentComesOutAsItWasWritten, (const std::vector<std::uint8_t>& bytes, std::uint8_t cut)) {
  const std::string text = to_valid_utf8(std::string(bytes.begin(), bytes.end()));
  const std::string arguments = to_text(JsonObject{{"a", text}, {"b", JsonArray{1, JsonObject{{"c", "}"}}}}});
  const Seen seen = read(R"({"tool":)" + arguments + "}", cut % 7 + 1U);
  RC_ASSERT(seen.arguments == arguments);
  RC_ASSERT(seen.story == "start 0 call_1 tool · end");
}

TEST(TurnReader, TellsNothingOfACallThatIsOnlyRepeated) {
  const std::string call = R"({"shell":{"command":"ls"}})";
  for (std::size_t cut = 1; cut <= call.size(); ++cut) {
    Seen seen;
    TurnReader reader(into(seen), "call_1", call);
    for (std::size_t i = 0; i < call.size(); i += cut) reader.feed(std::string_view(call).substr(i, cut));
    EXPECT_TRUE(reader.repeats());
    EXPECT_EQ(seen.story + seen.arguments, "");
  }
  const Seen other = read(R"({"shell":{"command":"ls -l"}})", 1, call);
  EXPECT_EQ(other.story + other.arguments, R"(start 0 call_1 shell · end{"command":"ls -l"})");
}

TEST(TurnReader, KnowsWhatWasCutOffFromWhatIsWrong) {
  Seen seen;
  TurnReader cut(into(seen), "call_1", "");
  cut.feed(R"({"shell":{"command":"l)");
  EXPECT_TRUE(cut.is_call() && !cut.whole() && !cut.broken());
  for (const char* wrong : {"Sure!", R"({"reply":7})", R"({"shell":"ls"})", R"({"reply":"a"x)", R"({"reply":"\u00g0"})"}) {
    TurnReader reader(into(seen), "call_1", "");
    reader.feed(wrong);
    EXPECT_TRUE(reader.broken()) << wrong;
  }
}

}  // namespace
}  // namespace zo
