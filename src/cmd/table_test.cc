#include "cmd/table.h"

#include <gtest/gtest.h>

namespace zo {
namespace {

const Table kTable{{"ID", "STATE", "TEXT"}, {{"1", "done", "short"}, {"22", "running", "日本 a long text\nof two lines\x1b[31m"}}};

struct TableTest : testing::Test {
  void SetUp() override { use_utf8_locale(); }
};

TEST_F(TableTest, AlignsColumnsAndCutsTheLastOnATerminal) {
  EXPECT_EQ(to_text(kTable, {.output = true, .width = 28}, "none").bytes(),
            "ID  STATE    TEXT\n"
            "1   done     short\n"
            "22  running  日本 a long te…\n");
}

TEST_F(TableTest, ANarrowTerminalIsSparedWhatIsLeastNeeded) {
  Table table{{"ID", "STATE", "STARTED", "QUESTION"}, {{"01ARZ3NDEK", "done", "2026-11-22 14:03", "What is the sha256 of notes.txt?"}}, 2};
  EXPECT_EQ(to_text(table, {.output = true, .width = 64}, "").bytes(),
            "ID          STATE  STARTED           QUESTION\n"
            "01ARZ3NDEK  done   2026-11-22 14:03  What is the sha256 of note…\n");
  EXPECT_EQ(to_text(table, {.output = true, .width = 44}, "").bytes(),
            "ID          STATE  QUESTION\n"
            "01ARZ3NDEK  done   What is the sha256 of no…\n");
  EXPECT_EQ(to_text(table, {.output = true, .width = 30}, "").bytes(),
            "ID          QUESTION\n"
            "01ARZ3NDEK  What is the sha25…\n");
  EXPECT_EQ(to_text(table, {.width = 20}, "").bytes(), "01ARZ3NDEK\tdone\t2026-11-22 14:03\tWhat is the sha256 of notes.txt?\n");
}

TEST_F(TableTest, IsPlainLinesInAPipe) {
  EXPECT_EQ(to_text(kTable, {}, "none").bytes(), "1\tdone\tshort\n22\trunning\t日本 a long text of two lines[31m\n");
}

TEST_F(TableTest, SaysThatItIsEmptyOnlyToPeople) {
  const Table empty{{"ID"}, {}};
  EXPECT_EQ(to_text(empty, {.output = true}, "no runs yet").bytes(), "no runs yet\n");
  EXPECT_EQ(to_text(empty, {}, "no runs yet").bytes(), "");
}

TEST_F(TableTest, FactsLeaveOutWhatIsUnknown) {
  const std::vector<Fact> facts{{"id", "7"}, {"error", ""}, {"state", "done"}};
  EXPECT_EQ(to_text(facts, {.output = true}).bytes(), "id     7\nstate  done\n");
  EXPECT_EQ(to_text(facts, {}).bytes(), "id\t7\nstate\tdone\n");
}

TEST_F(TableTest, NothingFromOutsideSteersTheTerminal) {
  EXPECT_EQ(terminal_safe("a\x1b[2Jb\x07" "c\r\nd\te\xc2\x9b" "1mf"), "a[2Jbc\nd\te1mf");
  EXPECT_EQ(terminal_safe("ä€😀"), "ä€😀");
  EXPECT_EQ(terminal_safe("gpj.\xe2\x80\xae" "exe \xe2\x81\xa6" "a\xe2\x81\xa9 \xd8\x9c\xe2\x80\x8f"), "gpj.exe a ") << "nor turns its lines";
  const TerminalText text = "\x1b[2J" + shaded("\x1b[31mred", Shade::Bold, true) + std::string("\x9b") + "\r" + clear_line();
  EXPECT_EQ(text.bytes(), "[2J\x1b[1m[31mred\x1b[0m\xef\xbf\xbd\r\x1b[K") << "only our own shades and moves do";
}

TEST_F(TableTest, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("ä€日"), 4u);
  EXPECT_EQ(fit_width("日本語", 5), "日本…");
  EXPECT_EQ(fit_width("日本語", 6), "日本語");
  EXPECT_EQ(fit_width("abc", 0), "");
}

}  // namespace
}  // namespace zo
