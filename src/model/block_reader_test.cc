#include "model/block_reader.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"

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

std::vector<CallForm> forms() {
  const std::string parameters = R"({"type":"object","properties":{"place":{"type":"string"}},"required":["place"]})";
  const SmallForm shell{.blocks = {{.word = "bash", .body = "command"}, {.word = "python", .body = "command", .before = "python3 <<'E'\n", .after = "\nE"}}};
  const SmallForm table{.blocks = {{.word = "sql", .head = "save_as", .head_needed = false, .body = "query"}}};
  const SmallForm file{.blocks = {{.word = "file", .head = "path", .body = "content", .after = "\n"}}};
  return call_forms({{.name = "shell", .small = shell}, {.name = "query_table", .small = table}, {.name = "write_file", .small = file},
                     {.name = "weather", .parameters = parameters, .small = SmallForm{}}});
}

Seen read(std::string_view turn, std::size_t cut, std::string again = {}) {
  Seen seen;
  BlockReader reader(forms(), into(seen), "c", std::move(again));
  for (std::size_t i = 0; i < turn.size(); i += cut) reader.feed(turn.substr(i, cut));
  EXPECT_TRUE(reader.whole()) << turn;
  if (reader.is_call()) EXPECT_EQ(reader.call().arguments, seen.arguments);
  return seen;
}

TEST(BlockReader, ReadsEachFormHoweverItIsCut) {
  const std::vector<std::pair<std::string, std::string>> turns{
      {"```bash\nls -l\n```", R"(start 0 c shell · end{"command":"ls -l"})"},
      {"```bash\ncat <<'E'\n\"é\\\n\nE\n```", R"(start 0 c shell · end{"command":"cat <<'E'\n\"é\\\n\nE"})"},
      {"```python\nprint(7)\n```", R"(start 0 c shell · end{"command":"python3 <<'E'\nprint(7)\nE"})"},
      {"```sql\nSELECT 1\n```", R"(start 0 c query_table · end{"query":"SELECT 1"})"},
      {"```sql old.csv\nSELECT 1\n```", R"(start 0 c query_table · end{"save_as":"old.csv","query":"SELECT 1"})"},
      {"```file my notes.txt\na\n\n```", R"(start 0 c write_file · end{"path":"my notes.txt","content":"a\n\n"})"},
      {"```file empty.txt\n```", R"(start 0 c write_file · end{"path":"empty.txt","content":""})"},
      {"```weather\n{\"place\":\"Köln\"}\n```", R"(start 0 c weather · end{"place":"Köln"})"},
      {"It is 7.\n```bash\nls\n```", "It is 7.\n```bash\nls\n```"},
      {"`a` is é 🦊", "`a` is é 🦊"}};
  for (const auto& [turn, told] : turns)
    for (std::size_t cut = 1; cut <= turn.size(); ++cut) {
      const Seen seen = read(turn, cut);
      EXPECT_EQ(seen.story + seen.arguments + seen.text, told) << cut;
      EXPECT_TRUE(seen.whole_points) << turn << cut;
    }
}

TEST(BlockReader, TellsTheTextOfAReplyAsItArrives) {
  Seen seen;
  BlockReader reader(forms(), into(seen), "c", "");
  reader.feed("Good mor");
  EXPECT_EQ(seen.text, "Good mor");
  reader.feed("ning \xc3");
  EXPECT_EQ(seen.text, "Good morning ");
  EXPECT_FALSE(reader.whole());
  reader.feed("\xa9");
  EXPECT_EQ(reader.reply(), "Good morning é");
  EXPECT_TRUE(reader.whole());
}

// Each line of a block begins with another character than the fence's.
RC_GTEST_PROP(BlockReader, EveryBodyComesOutAsItWasWritten, (const std::vector<std::uint8_t>& bytes, std::uint8_t cut)) {
  std::string body = "x" + to_valid_utf8(std::string(bytes.begin(), bytes.end()));
  std::ranges::replace(body, '`', '\'');
  const ModelCall call{"c", "shell", to_text(JsonObject{{"command", body}})};
  const Seen seen = read(written_call(forms(), call), cut % 7 + 1U);
  RC_ASSERT(string_at(*parse_json(seen.arguments, "arguments"), "command") == body);
  RC_ASSERT(seen.story == "start 0 c shell · end");
}

TEST(BlockReader, TellsNothingOfACallThatIsOnlyRepeated) {
  const std::string call = "```bash\nls\n```";
  for (std::size_t cut = 1; cut <= call.size(); ++cut) {
    Seen seen;
    BlockReader reader(forms(), into(seen), "c", call);
    for (std::size_t i = 0; i < call.size(); i += cut) reader.feed(std::string_view(call).substr(i, cut));
    EXPECT_TRUE(reader.repeats());
    EXPECT_EQ(seen.story + seen.arguments, "");
  }
  const Seen other = read("```bash\nls -l\n```", 1, call);
  EXPECT_EQ(other.story + other.arguments, R"(start 0 c shell · end{"command":"ls -l"})");
}

TEST(BlockReader, KnowsWhatWasCutOffFromWhatIsWrong) {
  Seen seen;
  BlockReader cut(forms(), into(seen), "c", "");
  cut.feed("```bash\nl");
  EXPECT_TRUE(cut.is_call() && !cut.whole());
  for (const char* wrong : {"", "``", "```ruby\nputs 1\n```"}) {
    BlockReader reader(forms(), into(seen), "c", "");
    reader.feed(wrong);
    EXPECT_FALSE(reader.whole() || reader.is_call()) << wrong;
  }
}

}  // namespace
}  // namespace zo
