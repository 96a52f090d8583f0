#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "base/dice.h"
#include "base/excerpt.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/json.h"
#include "base/shown.h"
#include "base/text.h"
#include "base/time.h"

namespace zo {
namespace {

TEST(Id, SortsByTheOrderInWhichItWasMade) {
  SeededDice dice(1);
  RunId last;
  for (TimeMs now : {1'000, 1'000, 1'000, 999, 2'000, 2'000}) {
    const RunId id = RunId::make(dice, now + 1'800'000'000'000);
    EXPECT_TRUE(is_id_text(id.text())) << id.text();
    EXPECT_LT(last, id);
    last = id;
  }
}

TEST(Id, RefusesWhatIsNoId) {
  EXPECT_FALSE(is_id_text(""));
  EXPECT_FALSE(is_id_text("0123456789ABCDEFGHJKMNPQRU"));
  EXPECT_FALSE(is_id_text("ZZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  EXPECT_EQ(RunId::parse("nope", "run").error().message, "no run has the id 'nope'");
}

TEST(Time, IsWrittenAsRfc3339InUtc) {
  EXPECT_EQ(to_rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(1'795'372'036'042), "2026-11-22T18:27:16.042Z");
  EXPECT_EQ(human_duration(840), "840 ms");
  EXPECT_EQ(human_duration(4'100), "4.1 s");
  EXPECT_EQ(human_duration(160'000), "2 min 40 s");
}

TEST(Text, KeepsHeadAndTailAndSaysWhatWasLeftOut) {
  EXPECT_EQ(head_and_tail("short", 10), "short");
  EXPECT_EQ(head_and_tail("aaaaaabbbbbbccc", 9), "aaaaaa\n[… 6 of 15 bytes left out …]\nccc");
  const std::string once = head_and_tail(std::string(100, 'a') + std::string(800, 'b') + std::string(100, 'c'), 60);
  EXPECT_EQ(head_and_tail(once, 9, 1'000), "aaaaaa\n[… 991 of 1,000 bytes left out …]\nccc") << "a cut of a cut names the whole";
}

TEST(Text, HoldsBackTheCodePointThatGoesOn) {
  const std::string euro = "a€";
  EXPECT_EQ(whole_code_points(euro), euro);
  EXPECT_EQ(whole_code_points(std::string_view(euro).substr(0, 3)), "a");
  EXPECT_EQ(whole_code_points("\xf0\x9f\x98"), "");
  EXPECT_EQ(whole_code_points("x\x80\x80\x80"), "x\x80\x80\x80") << "what never was a code point is not waited for";
}

TEST(Text, FoldsToOneLine) {
  EXPECT_EQ(one_line("  a\n\n b\tc ", 20), "a b c");
  EXPECT_EQ(one_line("abcdefghij", 8), "abcde…");
}

TEST(Shown, ANameNeverMakesALineOfItsOwn) {
  EXPECT_EQ(name_in_line("notes \"a\".txt"), "notes \"a\".txt");
  EXPECT_EQ(name_in_line("日本\\ö.txt"), "日本\\ö.txt");
  EXPECT_EQ(name_in_line("a\nb/\n"), R"("a\nb/\n")");
  EXPECT_EQ(name_in_line("\x1b[31m\x7f\xc2\x9b"), R"("\u001b[31m\u007f\u009b")");
  EXPECT_EQ(name_in_line("gpj.\xe2\x80\xae\xe2\x80\xa8" "exe"), R"("gpj.\u202e\u2028exe")");
  EXPECT_EQ(name_in_line("\"quoted\""), R"("\"quoted\"")") << "a name is not taken for a quoted one";
  EXPECT_EQ(name_from_line("notes.txt"), "notes.txt");
  EXPECT_EQ(name_from_line("\"notes.txt\""), "notes.txt");
  EXPECT_EQ(name_from_line("\"open"), "\"open");
}

RC_GTEST_PROP(Shown, ANameIsReadBackAsItWas, (const std::string& bytes)) {
  const std::string name = to_valid_utf8(bytes);
  const std::string line = name_in_line(name);
  RC_ASSERT(name_from_line(line) == name);
  RC_ASSERT(line.find('\n') == std::string::npos);
}

TEST(Text, SuggestsTheNearestWords) {
  const std::vector<std::string> words{"serve", "chat", "doctor", "runs"};
  EXPECT_EQ(near_words("sevre", words, 1), std::vector<std::string>{"serve"});
  EXPECT_EQ(near_words("xyzzy", words, 3), std::vector<std::string>{});
}

TEST(Text, DecodesPercentEscapesStrictly) {
  std::string out;
  EXPECT_TRUE(percent_decode("a%20b%2Fc+d", out));
  EXPECT_EQ(out, "a b/c+d");
  EXPECT_FALSE(percent_decode("%0", out));
  EXPECT_FALSE(percent_decode("%zz", out));
  EXPECT_FALSE(percent_decode("%00", out));
}

RC_GTEST_PROP(Text, AlwaysBecomesValidUtf8, (const std::string& bytes)) {
  const std::string safe = to_valid_utf8(bytes);
  RC_ASSERT(is_valid_utf8(safe));
  if (is_valid_utf8(bytes)) RC_ASSERT(safe == bytes);
  RC_ASSERT(is_valid_utf8(utf8_prefix(safe, safe.size() / 2)));
  RC_ASSERT(is_valid_utf8(utf8_suffix(safe, safe.size() / 2)));
}

RC_GTEST_PROP(Text, SurvivesPercentEncoding, (const std::string& bytes)) {
  RC_PRE(bytes.find('\0') == std::string::npos);
  std::string out;
  RC_ASSERT(percent_decode(percent_encode(bytes), out));
  RC_ASSERT(out == bytes);
}

TEST(Json, RefusesWhatIsTooDeepTooLongOrBroken) {
  EXPECT_EQ(parse_json("{", "the body").error().message.substr(0, 20), "the body is not JSON");
  EXPECT_EQ(parse_json(std::string(100, '['), "the body").error().message, "the body nests deeper than 64 levels");
  EXPECT_EQ(parse_json("[1,2]", "the body", 3).error().message, "the body has 5 bytes, limit 3");
  EXPECT_FALSE(parse_json("\"\xff\"", "the body"));
}

TEST(Json, ReadsFieldsWithoutThrowing) {
  const Json value = *parse_json(R"({"s":"x","n":3,"d":4.0,"b":true,"a":[1],"o":{},"z":null})", "it");
  EXPECT_EQ(string_at(value, "s"), "x");
  EXPECT_EQ(integer_at(value, "n"), 3);
  EXPECT_EQ(integer_at(value, "d"), 4);
  EXPECT_EQ(bool_at(value, "b"), true);
  EXPECT_NE(array_at(value, "a"), nullptr);
  EXPECT_NE(object_at(value, "o"), nullptr);
  EXPECT_EQ(find(value, "z"), nullptr);
  EXPECT_EQ(string_at(value, "n"), std::nullopt);
  EXPECT_EQ(string_at(Json(7), "n"), std::nullopt);
  EXPECT_EQ(text_at(value, "s", "y"), "x");
  EXPECT_EQ(text_at(value, "n"), "");
  EXPECT_EQ(text_at(value, "z", "y"), "y");
}

// The one of 64 bytes stands in RFC 7693, appendix A; Python's hashlib.blake2b gives the same, and the others.
TEST(Hash, IsBlake2b) {
  EXPECT_EQ(hash_hex("abc"), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  EXPECT_EQ(hash_hex({"a", "", "bc"}), hash_hex("abc"));
  EXPECT_EQ(hash_hex({"abc"}, 64), "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
  EXPECT_EQ(hash_hex({"abc"}, 16, "key"), "2cf02ae16ac225ee731f9d359d8a1c38");
  EXPECT_EQ(hash_hex({"abc"}, 16, std::string(100, 'k')), hash_hex({"abc"}, 16, std::string(64, 'k')));
}

TEST(Dice, MakesSecretsOfTheAlphabet) {
  SystemDice dice;
  const std::string secret = dice.secret(16);
  EXPECT_EQ(secret.size(), 26u);
  EXPECT_NE(secret, dice.secret(16));
  for (int i = 0; i < 1'000; ++i) EXPECT_LT(dice.below(7), 7u);
}

TEST(Result, MapsEveryCodeToOneWordAndBack) {
  for (Code code : {Code::NotFound, Code::Invalid, Code::Denied, Code::Conflict, Code::Exhausted, Code::Timeout,
                    Code::Cancelled, Code::Unavailable, Code::Corrupt, Code::Internal})
    EXPECT_EQ(code_from_name(code_name(code)), code);
}

TEST(Result, AnErrorIsOneSentenceWithItsAdvice) {
  EXPECT_EQ(sentence({Code::Invalid, "no", ""}), "no");
  EXPECT_EQ(sentence({Code::Invalid, "no", "yes"}), "no (try: yes)");
}

TEST(Excerpt, KeepsEverythingThatFits) {
  Excerpt excerpt(10);
  excerpt.add("hello");
  excerpt.add("world");
  EXPECT_EQ(excerpt.text(), "helloworld");
  EXPECT_EQ(excerpt.total(), 10u);
}

TEST(Excerpt, KeepsHeadAndTailWhateverTheChunks) {
  std::string whole;
  for (int i = 0; i < 1'000; ++i) whole += std::to_string(i) + " é ";
  std::string by_seven;
  for (const std::size_t chunk : {1u, 7u, 100'000u}) {
    Excerpt excerpt(300);
    for (std::size_t at = 0; at < whole.size(); at += chunk) excerpt.add(std::string_view(whole).substr(at, chunk));
    EXPECT_TRUE(is_valid_utf8(excerpt.text()));
    EXPECT_TRUE(excerpt.text().starts_with("0 é 1 é"));
    EXPECT_TRUE(excerpt.text().ends_with("998 é 999 é "));
    EXPECT_LT(excerpt.text().size(), 380u);
    EXPECT_EQ(excerpt.total(), whole.size());
    if (by_seven.empty()) by_seven = excerpt.text();
    EXPECT_EQ(excerpt.text(), by_seven);
  }
}

}  // namespace
}  // namespace zo
