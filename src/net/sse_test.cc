#include "net/sse.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace zo {
namespace {

std::vector<SseEvent> parse(std::string_view bytes, std::size_t piece) {
  SseParser parser;
  std::vector<SseEvent> events;
  for (std::size_t i = 0; i < bytes.size(); i += piece) EXPECT_TRUE(parser.feed(bytes.substr(i, piece), events));
  return events;
}

std::string with_line_ends(std::string_view text, std::string_view end) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out.append(end);
    else out.push_back(c);
  }
  return out;
}

constexpr std::string_view kStream =
    "\xEF\xBB\xBF: a comment\n"
    "data: one\n\n"
    "event: delta\nid: 7\ndata:two\ndata:  lines\nretry: 5\nunknown\n\n"
    ": PROCESSING\n\n"
    "data\n\n"
    "event: forgotten\n\n"
    "data: caf\xC3\xA9\n\n";

const std::vector<SseEvent> kEvents = {
    {"message", "one", ""}, {"delta", "two\n lines", "7"}, {"message", "", "7"}, {"message", "caf\xC3\xA9", "7"}};

TEST(Sse, ReadsTheSameHoweverTheBytesAreCutAndTheLinesEnd) {
  for (const std::string_view end : {"\n", "\r\n", "\r"}) {
    const std::string bytes = with_line_ends(kStream, end);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()}) EXPECT_EQ(parse(bytes, piece), kEvents);
  }
}

TEST(Sse, AByteOrderMarkCountsOnlyAtTheStart) {
  EXPECT_EQ(parse("data: a\n\n\xEF\xBB\xBF" "data: b\n\n", 1), (std::vector<SseEvent>{{"message", "a", ""}}));
}

TEST(Sse, SaysWhetherTheStreamWasCut) {
  SseParser parser;
  std::vector<SseEvent> events;
  ASSERT_TRUE(parser.feed("data: whole\n\n", events));
  EXPECT_FALSE(parser.unfinished());
  ASSERT_TRUE(parser.feed("data: half", events));
  EXPECT_TRUE(parser.unfinished());
  ASSERT_TRUE(parser.feed("\n", events));
  EXPECT_TRUE(parser.unfinished());
  ASSERT_TRUE(parser.feed("\n", events));
  EXPECT_FALSE(parser.unfinished());
  EXPECT_EQ(events.size(), 2u);
}

TEST(Sse, RefusesALineThatNeverEndsWithoutKeepingIt) {
  SseParser parser(1'000);
  std::vector<SseEvent> events;
  const std::string piece(100, 'x');
  Result<> fed;
  int pieces = 0;
  while (fed && pieces < 1'000'000) {
    fed = parser.feed(piece, events);
    ++pieces;
  }
  EXPECT_EQ(pieces, 11);
  EXPECT_EQ(fed.error().code, Code::Exhausted);
  EXPECT_EQ(fed.error().message, "a line or an event of the stream is longer than 1,000 B, the limit");
}

TEST(Sse, RefusesAnEventOfTooManyLines) {
  SseParser parser(1'000);
  std::vector<SseEvent> events;
  Result<> fed;
  for (int i = 0; fed && i < 1'000; ++i) fed = parser.feed("data: 0123456789\n", events);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, Code::Exhausted);
}

TEST(Sse, WritesWhatEverySpecifiedReaderReads) {
  EXPECT_EQ(to_sse("12", "delta", "a\nb"), "id: 12\nevent: delta\ndata: a\ndata: b\n\n");
  EXPECT_EQ(to_sse("", "", ""), "data: \n\n");
}

std::string normalised(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && text.substr(i, 2) == "\r\n") continue;
    out.push_back(text[i] == '\r' ? '\n' : text[i]);
  }
  return out;
}

RC_GTEST_PROP(Sse, AnyDataSurvivesTheWayOutAndIn, (const std::vector<std::string>& texts)) {
  std::string bytes;
  std::vector<SseEvent> expected;
  for (const std::string& text : texts) {
    bytes += to_sse("9", "k", text);
    expected.push_back({"k", normalised(text), "9"});
  }
  const auto piece = *rc::gen::inRange<std::size_t>(1, 20);
  RC_ASSERT(parse(bytes, piece) == expected);
}

RC_GTEST_PROP(Sse, AnyBytesReadTheSameInOnePieceAndInMany, ()) {
  const auto bytes = *rc::gen::container<std::string>(rc::gen::element('\r', '\n', ':', ' ', 'd', 'a', 't', '\0', '\xEF'));
  const auto piece = *rc::gen::inRange<std::size_t>(1, 5);
  RC_ASSERT(parse(bytes, piece) == parse(bytes, std::max<std::size_t>(bytes.size(), 1)));
}

}  // namespace
}  // namespace zo
