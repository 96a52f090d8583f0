#include <gtest/gtest.h>
#include <fmt/core.h>

#include <boost/json.hpp>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "testing/run.h"
#include "testing/temp_folder.h"
#include "tool/plain.h"
#include "tool/workspace_tools.h"

namespace zo {
namespace {

struct ToolTest : testing::Test {
  asio::io_context io{1};
  RealClock clock;
  Threads threads{"test", 2};
  Sandbox sandbox{io.get_executor(), clock, threads};
  TempFolder folder;
  const PersonId person = PersonId::stored("01J00000000000000000000000");
  Workspaces workspaces{threads};
  TaintedFiles tainted;
  Limits limits;
  SystemDice dice;
  std::unique_ptr<Store> store = *Store::open({.path = folder / "zo.db"});
  Door door{io.get_executor(), clock, dice, *store};
  WayOut way_out{clock, door};
  Tools tools;
  std::string progress;

  void SetUp() override {
    auto opened = Workspace::open(folder / "zo");
    ASSERT_TRUE(opened) << opened.error().message;
    workspaces.add(person, std::move(*opened));
    add_workspace_tools(tools, workspaces, sandbox, way_out, tainted, limits);
  }

  Result<ToolOutcome> call(std::string_view name, std::string_view arguments) {
    const Allowance all = Allowance::everything();
    const Decision decision = tools.decide({name, arguments, all});
    if (decision.verdict == Decision::Verdict::Refused) return std::unexpected(decision.why);
    ToolContext context{.person = person};
    context.on_progress = [this](std::string_view text) { progress += text; };
    return run(io, tools.find(name)->run(std::move(context), *decision.arguments));
  }
  // The output, or the message of the error.
  std::string says(std::string_view name, std::string_view arguments) {
    const Result<ToolOutcome> outcome = call(name, arguments);
    return outcome ? outcome->output : outcome.error().message;
  }
};

TEST_F(ToolTest, TheShellWorksInTheWorkspace) {
  EXPECT_EQ(says("write_file", R"({"path":"notes.txt","content":"abc"})"), "wrote 'notes.txt', 3 B");
  const Result<ToolOutcome> outcome = call("shell", R"({"command":"sha256sum notes.txt"})");
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->output, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  notes.txt\n");
  EXPECT_TRUE(outcome->ok);
  EXPECT_EQ(outcome->exit_code, 0);
  EXPECT_EQ(outcome->origin, Origin::Tool);
  EXPECT_EQ(progress, outcome->output);
}

TEST_F(ToolTest, TheShellAndTheFileToolsSeeTheSameFiles) {
  EXPECT_EQ(says("shell", R"({"command":"mkdir d && echo from-the-shell > d/x && chmod 600 d/x"})"), "[no output]");
  EXPECT_EQ(says("read_file", R"({"path":"d/x"})"), "from-the-shell\n");
  EXPECT_EQ(says("edit_file", R"({"path":"d/x","old":"shell","new":"tools"})"), "replaced 1 place in 'd/x'");
  EXPECT_EQ(says("shell", R"({"command":"cat d/x; echo more >> d/x; stat -c %a d/x"})"), "from-the-tools\n600\n");
}

TEST_F(ToolTest, WhatThePersonDeletedIsOutOfReach) {
  Files& files = workspaces.of(person)->get();
  EXPECT_EQ(says("write_file", R"({"path":"notes.txt","content":"abc"})"), "wrote 'notes.txt', 3 B");
  const std::string id = run(io, files.trash("notes.txt", clock.now()))->id;
  EXPECT_EQ(says("shell", R"({"command":"find . ! -name .zo-trash; ls -A .zo-trash; touch .zo-trash/x; mv .zo-trash y; rm -rf .zo-trash; ln -s .zo-trash way; true"})"),
            ".\ntouch: cannot touch '.zo-trash/x': Read-only file system\nmv: cannot move '.zo-trash' to 'y': Device or resource busy\n"
            "rm: cannot remove '.zo-trash': Device or resource busy\n");
  EXPECT_EQ(says("read_file", R"({"path":"way/)" + id + "\"}"), "there is no 'way/" + id + "' in the workspace");
  EXPECT_EQ(says("read_file", R"({"path":".zo-trash/)" + id + "\"}"), "'.zo-trash/" + id + "' is where deleted files are kept for a while");
  EXPECT_EQ(*run(io, files.restore(id)), "notes.txt");
  EXPECT_EQ(says("shell", R"({"command":"cat notes.txt"})"), "abc");
}

TEST_F(ToolTest, AFailingCommandSaysHowItEnded) {
  const Result<ToolOutcome> outcome = call("shell", R"({"command":"echo no >&2; exit 3"})");
  EXPECT_FALSE(outcome->ok);
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->output, "no\n[exit code 3]");
  EXPECT_EQ(says("shell", R"({"command":"sleep 100","timeout_s":1})"), "[stopped after 1.0 s; timeout_s may be up to 1800]");
  ASSERT_TRUE(run(io, limits.set(person, Limit::CommandTimeMost, 1)));
  EXPECT_EQ(says("shell", R"({"command":"sleep 100","timeout_s":900})"), "[stopped after 1.0 s, the limit; for the person: zo limit set command_time_most 2 allows more]");
}

TEST_F(ToolTest, OutputIsPlainValidText) {
  EXPECT_EQ(says("shell", R"j({"command":"printf '\\033[31mred\\033[0m \\377 \\033]0;title\\007done\\n'"})j"),
            "red \xef\xbf\xbd done\n");
  EXPECT_EQ(says("shell", R"j({"command":"printf '10%%\\r50%%\\r100%%\\nok\\n'"})j"), "100%\nok\n");
  EXPECT_TRUE(is_valid_utf8(says("shell", R"({"command":"head -c 100000 /dev/urandom"})")));
}

TEST_F(ToolTest, ReadFileGoesOnWhereItStopped) {
  EXPECT_EQ(says("shell", R"({"command":"seq 1 100000 > numbers; head -c 3000 /dev/urandom > random; : > empty"})"),
            "[no output]");
  const std::string first = says("read_file", R"({"path":"numbers"})");
  EXPECT_TRUE(first.starts_with("1\n2\n3\n"));
  EXPECT_TRUE(first.ends_with("1000\n[lines 1 to 1000 of 'numbers', 588 kB; it goes on at offset 1001]"))
      << first.substr(first.size() - 100);
  EXPECT_EQ(says("read_file", R"({"path":"numbers","offset":99999,"limit":5})"),
            "99999\n100000\n[lines 99999 to 100000 of 'numbers', 588 kB]");
  EXPECT_EQ(says("read_file", R"({"path":"numbers","offset":200000})"), "['numbers' (588 kB) has no line 200000]");
  const std::string page = says("read_file", R"({"path":"numbers","limit":100000})");
  EXPECT_LE(page.size(), limits::kOutputShown);
  EXPECT_TRUE(page.ends_with("\n3434\n[lines 1 to 3434 of 'numbers', 588 kB; it goes on at offset 3435]")) << page.substr(page.size() - 100);
  EXPECT_EQ(says("shell", R"({"command":"{ head -c 20000 /dev/zero | tr '\\0' x; echo; echo end; } > long"})"), "[no output]");
  const std::string cut = says("read_file", R"({"path":"long"})");
  const std::string name(120, 'n');
  EXPECT_EQ(says("shell", R"({"command":"cp long )" + name + R"("})"), "[no output]");
  EXPECT_LE(says("read_file", R"({"path":")" + name + R"("})").size(), limits::kOutputShown);
  EXPECT_TRUE(cut.ends_with("x\n[line 1 of 'long', 20 kB, is cut: it is longer than one page; use the shell for its rest, offset 2 for what "
                            "follows it]")) << cut.substr(cut.size() - 200);
  const Result<ToolOutcome> binary = call("read_file", R"({"path":"random"})");
  EXPECT_FALSE(binary->ok);
  EXPECT_EQ(binary->output, "'random' is a binary file of 3,000 B: use the shell to look into it");
  EXPECT_EQ(says("read_file", R"({"path":"empty"})"), "['empty' is empty]");
  EXPECT_EQ(call("read_file", R"({"path":"numbers"})")->origin, Origin::File);
  EXPECT_EQ(says("read_file", R"({"path":"../x"})"), "'../x' is outside the workspace " + folder / "zo");
}

TEST_F(ToolTest, EditsShowADiff) {
  says("write_file", R"({"path":"a.txt","content":"one\ntwo\nthree\n"})");
  const Result<ToolOutcome> edit = call("edit_file", R"({"path":"a.txt","old":"two","new":"2"})");
  EXPECT_EQ(edit->diff, "--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
  says("write_file", R"({"path":"b.txt","content":"x x"})");
  EXPECT_EQ(says("edit_file", R"({"path":"b.txt","old":"x","new":"y"})"), "'b.txt' contains that text 2 times");
  EXPECT_EQ(says("edit_file", R"({"path":"b.txt","old":"x","new":"y","all":true})"), "replaced 2 places in 'b.txt'");
}

TEST_F(ToolTest, ListsAndSearches) {
  EXPECT_EQ(says("list_files", ""), "[empty folder]");
  says("write_file", R"({"path":"src/a.py","content":"import os\n"})");
  says("write_file", R"({"path":"b.txt","content":"the os\n"})");
  EXPECT_EQ(says("list_files", "{}"), "src/\nb.txt  7 B\n");
  EXPECT_EQ(says("list_files", R"({"recursive":true})"), "b.txt  7 B\nsrc/\nsrc/a.py  10 B\n");
  EXPECT_EQ(says("search_files", R"({"pattern":"os"})"), "b.txt:1: the os\nsrc/a.py:1: import os\n");
  EXPECT_EQ(says("search_files", R"({"pattern":"os","files":"*.py"})"), "src/a.py:1: import os\n");
  EXPECT_EQ(says("search_files", R"({"pattern":"none"})"), "[not found in 2 files]\n");
}

TEST_F(ToolTest, ANameWithANewlineFakesNoLineAndCanBeRead) {
  says("write_file", R"({"path":"a.txt\nsecret.txt  7 B","content":"found\n"})");
  EXPECT_EQ(says("list_files", "{}"), "\"a.txt\\nsecret.txt  7 B\"  6 B\n");
  EXPECT_EQ(says("search_files", R"({"pattern":"found"})"), "\"a.txt\\nsecret.txt  7 B\":1: found\n");
  EXPECT_EQ(says("read_file", R"({"path":"\"a.txt\\nsecret.txt  7 B\""})"), "found\n");
  EXPECT_EQ(says("read_file", R"({"path":"a.txt\nsecret.txt  7 B"})"), "found\n");
  EXPECT_EQ(says("read_file", R"({"path":"b\nc"})"), "there is no '\"b\\nc\"' in the workspace");
}

TEST_F(ToolTest, WrongArgumentsAreNamedSoThatAModelCanMendThem) {
  EXPECT_EQ(says("shell", "{}"), "tool 'shell': command: a string is needed");
  EXPECT_EQ(says("shell", R"({"command":7})"), "tool 'shell': command: a string is needed, a number came");
  EXPECT_EQ(says("shell", R"({"command":""})"), "tool 'shell': command: must not be empty");
  EXPECT_EQ(says("shell", R"({"command":"x","timeout_s":0})"), "tool 'shell': timeout_s: 0 is below 1");
  EXPECT_EQ(says("shell", R"({"command":"x","timeout_s":1.5})"), "tool 'shell': timeout_s: an integer is needed, a number came");
  EXPECT_EQ(says("shell", R"({"cmd":"x","command":"y"})"), "tool 'shell': cmd: is not known; known are command, timeout_s");
  EXPECT_EQ(says("shell", "[]"), "tool 'shell': arguments: an object is needed, an array came");
  EXPECT_EQ(says("shell", "{\"command\":"), "arguments of tool 'shell' is not JSON: incomplete JSON");
  EXPECT_EQ(says("list_files", R"({"path":null})"), "[empty folder]") << "null is what was left out";
}

TEST_F(ToolTest, ASmallModelsPythonPrintsItsLastValue) {
  const std::vector<OfferedTool> offered = tools.offered(Allowance::everything());
  const ToolBlock& python = offered.at(0).small->blocks.at(1);
  const auto prints = [&](std::string code) {
    const std::string arguments = to_text(JsonObject{{"command", python.before + code + python.after}});
    EXPECT_EQ(tools.find("shell")->summary(*parse_json(arguments, "")), "python3: " + one_line(code, 120));
    return says("shell", arguments);
  };
  EXPECT_EQ(prints("a = [1, 2]\nsum(a)"), "3\n");
  EXPECT_EQ(prints("print('it''s 7')"), "its 7\n");
  EXPECT_EQ(prints("x = 1"), "[no output]");
  EXPECT_NE(prints("1 / 0").find("ZeroDivisionError"), std::string::npos);
}

TEST_F(ToolTest, ACommitNeedsNoName) {
  const Result<ToolOutcome> outcome = call("shell", R"({"command":"mkdir a && cd a && git init -q && touch b && git add . && git commit -qm first && git log --format=%ae"})");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->output, "zo@localhost\n");
}

struct QueryTest : ToolTest {
  void SetUp() override {
    ToolTest::SetUp();
    put("orders.csv", "id,customer,total\nA1,2,30.50\nA2,1,12\nA3,2,7.5\n");
    put("data/customers.csv", "\xef\xbb\xbfnumber;name\n1;Anna Berg\n2;Tom\n");
    put("people.json", R"([{"name":"Ada","age":36},{"name":"Max","city":"Kiel","age":9}])");
    put("names.txt", "Nora\nEmil\nNora\n");
  }
  void put(std::string_view path, std::string_view content) {
    ASSERT_TRUE(call("write_file", to_text(JsonObject{{"path", path}, {"content", content}})));
  }
  std::string query(std::string_view sql, std::string_view save_as = "") { return says("query_table", to_text(JsonObject{{"query", sql}, {"save_as", save_as}})); }
};

TEST_F(QueryTest, FilesAreTables) {
  EXPECT_EQ(query("SELECT SUM(total) FROM orders"), "SUM(total)\n50\n");
  EXPECT_EQ(query("SELECT o.id, c.name FROM orders.csv o JOIN 'data/customers.csv' c ON c.number = o.customer WHERE total > 10;"), "id,name\nA1,Tom\nA2,Anna Berg\n");
  EXPECT_EQ(query("SELECT name FROM people WHERE age > 30"), "name\nAda\n");
  EXPECT_EQ(query("SELECT DISTINCT line FROM names ORDER BY line"), "line\nEmil\nNora\n");
  EXPECT_EQ(query("SELECT total FROM orders WHERE id = 'A1'"), "total\n30.50\n") << "a number is shown as it was written";
  EXPECT_EQ(query("SELECT id FROM orders WHERE id = 'none'"), "id\n[no rows]\n");
  EXPECT_EQ(query("SELECT path, lines, words FROM files WHERE ending = 'txt'"), "path,lines,words\nnames.txt,3,3\n");
}

TEST_F(QueryTest, AResultIsSavedAsItsNameSays) {
  EXPECT_EQ(query("SELECT id, total FROM orders WHERE total > 20", "out/big.csv"), "[wrote out/big.csv, 1 rows; it begins:]\nid,total\nA1,30.50\n");
  EXPECT_EQ(says("read_file", R"({"path":"out/big.csv"})"), "id,total\nA1,30.50\n");
  query("SELECT DISTINCT line FROM names ORDER BY line", "sorted.txt");
  EXPECT_EQ(says("read_file", R"({"path":"sorted.txt"})"), "Emil\nNora\n");
  query("SELECT name, age FROM people", "people.md");
  EXPECT_EQ(says("read_file", R"({"path":"people.md"})"), "| name | age |\n| --- | --- |\n| Ada | 36 |\n| Max | 9 |\n");
  query("SELECT name, city FROM people", "p.json");
  EXPECT_EQ(*parse_json(says("read_file", R"({"path":"p.json"})"), "p"), *parse_json(R"([{"name":"Ada","city":null},{"name":"Max","city":"Kiel"}])", ""));
}

TEST_F(QueryTest, NamesAndValuesAreTakenAsTheyStand) {
  put("prices.csv", "id,price\n1,1.00\n2,2.50\n3,0.0000001\n");
  EXPECT_EQ(query("SELECT id, price FROM prices WHERE id < 3"), "id,price\n1,1.00\n2,2.50\n");
  EXPECT_EQ(query("SELECT COUNT(*) AS n, SUM(price * 3) AS s FROM prices WHERE id < 3"), "n,s\n2,10.5\n");
  EXPECT_EQ(query("SELECT lines FROM files WHERE path = 'names.txt'"), "lines\n3\n") << "a value is no table";
  put("old/people.json", R"([{"name":"Eve"}])");
  put("people.csv", "name\nBob\n");
  EXPECT_EQ(query("SELECT name FROM people.json"), "name\nAda\nMax\n");
  EXPECT_EQ(query("SELECT name FROM 'old/people.json'"), "name\nEve\n");
  put("empty.csv", "");
  EXPECT_EQ(query("SELECT * FROM empty"), "a file could not be read as a table: empty is empty\n[exit code 1]");
  put("big.json", R"([{"n":99999999999999999999}])");
  EXPECT_TRUE(query("SELECT n FROM big").starts_with("a file could not be read as a table: ")) << query("SELECT n FROM big");
  put("date.json", "{");
  EXPECT_EQ(query("SELECT id AS date FROM orders WHERE id = 'A1'"), "date\nA1\n") << "what is not asked is not read";
}

TEST_F(QueryTest, AFileThatWasAskedIsNotWrittenOver) {
  EXPECT_EQ(query("SELECT SUM(total) FROM orders", "orders.csv"), "SUM(total)\n50\n[not saved: orders.csv is one of the tables that were asked]\n");
  EXPECT_TRUE(says("read_file", R"({"path":"orders.csv"})").starts_with("id,customer"));
}

TEST_F(QueryTest, WhatIsWrongIsAnsweredWithWhatThereIs) {
  EXPECT_EQ(query("SELECT * FROM order_list"),
            "no such table: order_list\nthe tables are: orders(id, customer, total); people(name, age, city); customers(number, name); names(line); "
            "files(path, name, folder, ending, size, changed, lines, words)\n[exit code 1]");
  for (const char* sql : {"DELETE FROM orders", "ATTACH 'x' AS y", "SELECT 1; SELECT 2", "PRAGMA writable_schema = 1"})
    EXPECT_EQ(query(sql), "only one SELECT is answered; a result can be saved as a new file\n[exit code 1]") << sql;
  put("broken.json", "{");
  EXPECT_TRUE(query("SELECT * FROM broken").starts_with("a file could not be read as a table: ")) << query("SELECT * FROM broken");
}

TEST_F(ToolTest, SpecsAreSmallAndSound) {
  std::size_t bytes = 0;
  for (const OfferedTool& spec : tools.offered(Allowance::everything())) {
    bytes += spec.name.size() + spec.description.size() + spec.parameters.size();
    EXPECT_TRUE(parse_json(spec.parameters, spec.name));
    EXPECT_TRUE(spec.small) << spec.name;
  }
  EXPECT_LT(bytes, 3'000u);
  EXPECT_EQ(join(tools.names(), " "), "shell query_table read_file write_file edit_file list_files search_files");
}

TEST_F(ToolTest, SummariesAreForPeopleAndForAnyArguments) {
  EXPECT_EQ(tools.find("shell")->summary(*parse_json(R"({"command":"head -3\n sales.csv"})", "")), "head -3 sales.csv");
  EXPECT_EQ(tools.find("read_file")->summary(*parse_json(R"({"path":"a"})", "")), "a");
  EXPECT_EQ(tools.find("search_files")->summary(*parse_json("[1]", "")), "");
}

TEST_F(ToolTest, AnAllowanceNamesToolsOrAllOrNone) {
  for (const char* text : {"all", "none", "shell,read_file"}) EXPECT_EQ(Allowance::from_text(text).text(), text);
  EXPECT_EQ(tools.offered(Allowance::from_text("shell")).size(), 1u);
  EXPECT_EQ(tools.offered(Allowance::from_text("none")).size(), 0u);
  EXPECT_EQ(tools.offered(Allowance::everything()).size(), 7u);
  EXPECT_EQ(tools.find("nothing"), nullptr);
}

TEST(Origins, ReadBackWhatTheyAreCalled) {
  for (const Origin origin : {Origin::Person, Origin::Model, Origin::Tool, Origin::File, Origin::Web})
    EXPECT_EQ(origin_from_name(origin_name(origin)), origin);
  EXPECT_EQ(origin_from_name("?"), Origin::Web);
}

std::string misfit(std::string_view value, std::string_view schema) {
  const Result<> fits = fits_schema(*parse_json(value, ""), *parse_json(schema, ""), "arguments");
  return fits ? "fits" : fits.error().message;
}

TEST(Schema, ChecksWhatToolsUse) {
  EXPECT_EQ(misfit("\"a\"", R"({"enum":["a","b"]})"), "fits");
  EXPECT_EQ(misfit("\"c\"", R"({"enum":["a","b"]})"), "arguments: \"c\" is not one of [\"a\",\"b\"]");
  EXPECT_EQ(misfit(R"({"list":[1,"x"]})", R"({"properties":{"list":{"type":"array","items":{"type":"integer"}}}})"),
            "list[1]: an integer is needed, a string came");
  EXPECT_EQ(misfit(R"({"a":{"b":1}})",
                   R"({"properties":{"a":{"type":"object","required":["c"],"properties":{"c":{"type":"array"}}}}})"),
            "a.c: an array is needed");
  EXPECT_EQ(misfit("[1,2,3]", R"({"type":"array","maxItems":2})"), "arguments: 3 items, limit 2");
  EXPECT_EQ(misfit("\"äöü\"", R"({"maxLength":3})"), "fits");
  EXPECT_EQ(misfit("\"äöüx\"", R"({"maxLength":3})"), "arguments: 4 characters, limit 3");
  EXPECT_EQ(misfit("3.0", R"({"type":"integer","maximum":2})"), "arguments: 3E0 is above 2");
  EXPECT_EQ(misfit("true", R"({"type":"boolean"})"), "fits");
  EXPECT_EQ(misfit("null", R"({"type":"string"})"), "arguments: a string is needed, null came");
  EXPECT_EQ(misfit(R"({"x":1})", R"({"type":"object"})"), "fits");
}

RC_GTEST_PROP(PlainText, IsTheSameWhateverTheChunks, (const std::string& bytes)) {
  const std::size_t cut = bytes.empty() ? 0 : *rc::gen::inRange<std::size_t>(0, bytes.size());
  PlainText whole;
  const std::string first = whole.feed(bytes);
  const std::string expected = first + whole.finish();
  PlainText parts;
  std::string got = parts.feed(std::string_view(bytes).substr(0, cut));
  got += parts.feed(std::string_view(bytes).substr(cut));
  got += parts.finish();
  RC_ASSERT(got == expected);
  RC_ASSERT(is_valid_utf8(got));
  RC_ASSERT(got.find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace zo
