#include "embed/pieces.h"

#include <gtest/gtest.h>

#include "embed/made_up_test.h"

namespace zo {
namespace {

struct Tokenizer {
  std::string bytes = MadeUpModel{}.bytes();
  E5File file = *E5File::parse(bytes, "m");
  Pieces pieces = *Pieces::of(file.vocabulary());

  // The tokens between begin and end, as their texts.
  std::string cut(std::string_view text, std::size_t tokens_max = 512) const {
    const std::vector<std::uint32_t> ids = pieces.encode(text, tokens_max);
    EXPECT_EQ(ids.front(), 0u);
    EXPECT_EQ(ids.back(), 2u);
    EXPECT_LE(ids.size(), tokens_max);
    std::string out;
    for (std::size_t i = 1; i + 1 < ids.size(); ++i) out += (i == 1 ? "" : " ") + std::string(file.vocabulary().piece(ids[i]));
    return out;
  }
};

TEST(Pieces, TakeTheLikeliestWay) {
  const Tokenizer tokenizer;
  EXPECT_EQ(tokenizer.cut("ab"), "▁ab");
  EXPECT_EQ(tokenizer.cut("abc"), "▁ab c");        // -9, against -3 -9 of "▁ abc"
  EXPECT_EQ(tokenizer.cut("cab cbc"), "▁ c ab ▁ c bc");
  EXPECT_EQ(tokenizer.cut(""), "");
  EXPECT_EQ(tokenizer.cut(" \t\n "), "");
}

TEST(Pieces, MapCharactersAndFoldSpaces) {
  const Tokenizer tokenizer;
  EXPECT_EQ(tokenizer.pieces.normalised("  A\t\tb \x7F c  "), "▁a▁b▁c");
  EXPECT_EQ(tokenizer.cut("  Ab \n\n b "), "▁ab ▁ b");
  EXPECT_EQ(tokenizer.cut("▁▁ab▁b"), "▁ab ▁ b");
  EXPECT_EQ(tokenizer.cut("e\xCC\x81"), "▁ é");  // put together first
}

TEST(Pieces, NeighboursThatAreUnknownAreOne) {
  const Tokenizer tokenizer;
  EXPECT_EQ(tokenizer.cut("xyz"), "▁ <unk>");
  EXPECT_EQ(tokenizer.cut("xay"), "▁ <unk> a <unk>");
  EXPECT_EQ(tokenizer.cut("x y"), "▁ <unk> ▁ <unk>");
}

TEST(Pieces, ATextNeverBecomesAMark) {
  const Tokenizer tokenizer;
  EXPECT_EQ(tokenizer.cut("<s></s><mask><pad>"), "▁ <unk> a <unk> a <unk>");
}

TEST(Pieces, TakeAnyBytes) {
  const Tokenizer tokenizer;
  EXPECT_EQ(tokenizer.cut("\xFF\xC3" "ab\xE2\x96"), "▁ab");  // what is no UTF-8 counts as U+FFFD, here a space
  EXPECT_EQ(tokenizer.cut(std::string("a\0b", 3)), "▁ a <unk> b");
  EXPECT_EQ(tokenizer.cut("\xF0\x9F\x98"), "");
}

TEST(Pieces, OneCharacterMayBecomeMany) {
  const Tokenizer tokenizer;
  std::string text;
  for (int i = 0; i < 40; ++i) text += "\xEF\xB7\xBA";  // U+FDFA
  EXPECT_EQ(tokenizer.pieces.encode(text, 2'000).size(), 2u + 40 * 18);
  EXPECT_EQ(tokenizer.pieces.encode(text, 512).size(), 512u);
}

TEST(Pieces, ALongTextIsCutAndKeepsItsEnd) {
  const Tokenizer tokenizer;
  EXPECT_EQ(tokenizer.cut("ab ab ab ab ab", 5), "▁ab ▁ab ▁ab");
  EXPECT_EQ(tokenizer.cut("ab ab", 2), "");
  const std::string long_word(3'000'000, 'a');
  EXPECT_LE(tokenizer.pieces.normalised(long_word).size(), limits::kEmbeddedTextBytes + 3);  // the mark of the word's start
  EXPECT_EQ(tokenizer.pieces.encode(long_word, 512).size(), 512u);
  std::string accents = "a";
  for (int i = 0; i < 200'000; ++i) accents += i % 2 == 0 ? "\xCC\x81" : "\xCC\xA3";
  EXPECT_LE(tokenizer.pieces.encode(accents, 512).size(), 512u);
}

}  // namespace
}  // namespace zo
