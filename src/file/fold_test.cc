#include "file/fold.h"

#include <gtest/gtest.h>

namespace zo {
namespace {

std::string made(std::string_view text, std::string_view from, std::string_view to, bool all = false) {
  const Replacement out = replaced(text, from, to, all);
  return out.places == 1 || (all && out.places > 0) ? out.text : "places: " + std::to_string(out.places);
}

TEST(Fold, LineEndsCostNoMatchAndStayAsTheyAre) {
  EXPECT_EQ(made("def a():\r\n    return 1\r\n", "def a():\n    return 1\n", "def a():\n    return 10\n"), "def a():\r\n    return 10\r\n");
  EXPECT_EQ(made("def a():\r\n    return 1\r\n", "    return 1", "    x = 1\n    return x"), "def a():\r\n    x = 1\r\n    return x\r\n");
  EXPECT_EQ(made("a\nb\n", "a\r\nb\r\n", "a\r\nc\r\n"), "a\nc\n");
}

TEST(Fold, SpacesAtTheEndsOfLinesCostNoMatch) {
  EXPECT_EQ(made("if x:  \n\tgo()\t\nend", "if x:\n\tgo()\nend", "if y:\n\tgo()\nend"), "if y:  \n\tgo()\t\nend");
  EXPECT_EQ(made("a\nb\n", "a  \nb", "a  \nc"), "a\nc\n");
}

TEST(Fold, ThatWhichReadsTheSameIsTheSame) {
  EXPECT_EQ(made("He said “no” – it’s 5 km", "said \"no\" - it's 5 km", "said \"no\" - it's 6 km"), "He said “no” – it’s 6 km");
  EXPECT_EQ(made("cafe\u0301 au lait", "café au lait", "café noir"), "cafe\u0301 noir");
  EXPECT_EQ(made("café au lait", "cafe\u0301 au", "cafe\u0301 sans"), "café sans lait");
}

TEST(Fold, WhatStandsThereExactlyIsMeant) {
  EXPECT_EQ(made("a 'b'\na ‘b’\n", "'b'", "'c'"), "a 'c'\na ‘b’\n");
  EXPECT_EQ(made("x\nx\n", "x", "y"), "places: 2");
  EXPECT_EQ(made("x\nx\n", "x", "y", true), "y\ny\n");
  EXPECT_EQ(made("‘x’ ‘x’", "'x'", "'y'"), "places: 2");
  EXPECT_EQ(made("‘x’ ‘x’", "'x'", "'y'", true), "‘y’ ‘y’");
  EXPECT_EQ(made("abc", "d", "e"), "places: 0");
  EXPECT_EQ(made("abc", "  ", "e"), "places: 0");
}

TEST(Fold, APartOfACharacterIsNoPlace) {
  EXPECT_EQ(made("café", "cafe\u0301", "cafe"), "cafe");
  EXPECT_EQ(made("ne\u0301e", "née", "ne\u0300e"), "ne\u0300e");
  EXPECT_EQ(made("“cafe\u0301” x", "\"cafe", "\"tea"), "places: 0");
  EXPECT_EQ(made("return abc", "return a ", "return b "), "places: 0") << "spaces at the end of what is looked for stand at the end of a line";
  EXPECT_EQ(made("let total = count_all();", "let total = count ", "let total = sum "), "places: 0");
  EXPECT_EQ(made("é", "e", "a"), "places: 0") << "an accent is not left behind";
  EXPECT_EQ(made("\xEF\xBB\xBFname\r\n", "name", "title"), "\xEF\xBB\xBFtitle\r\n");
  EXPECT_EQ(made("\xFF\xFEx\n", "x", "y"), "\xFF\xFEy\n");
}

}  // namespace
}  // namespace zo
