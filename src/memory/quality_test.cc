#include "memory/quality.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/json.h"

namespace zo {
namespace {

constexpr std::string_view kSet = R"({"turn":{"conversation":"c","session":"s1","id":"a","speaker":"Ada","at":"2024-05-08T10:00:00Z","text":"one"}}
{"turn":{"conversation":"c","session":"s1","id":"b","speaker":"Zoe","at":1715162400000,"text":"two"}}

{"question":{"conversation":"c","id":"q1","text":"?","category":"x","evidence":["a"]}}
{"question":{"conversation":"c","id":"q2","text":"??","category":"y","evidence":["b","d","d","unknown"]}}
{"question":{"conversation":"c","id":"q3","text":"never said","category":"z","evidence":[]}}
{"question":{"conversation":"c","id":"q4","text":"bad","category":"z","evidence":["nowhere"]}}
{"turn":{"conversation":"c","session":"s2","id":"d","speaker":"Ada","at":"8 May, 2024","text":"three"}}
)";

TEST(Quality, ReadsASet) {
  const auto set = read_quality_set(kSet);
  ASSERT_TRUE(set) << set.error().message;
  ASSERT_EQ(set->turns.size(), 3u);
  EXPECT_EQ(set->head(0), "Ada 2024-05-08");
  EXPECT_EQ(set->head(1), "Zoe 2024-05-08");
  EXPECT_EQ(set->head(2), "Ada 8 May, 2024");
  ASSERT_EQ(set->questions.size(), 3u);
  EXPECT_EQ(set->questions[1].evidence, (std::vector<std::size_t>{1, 2}));
  EXPECT_TRUE(set->questions[2].evidence.empty());
  EXPECT_EQ(set->evidence_unknown, 2u);
  EXPECT_EQ(set->questions_without, 1u);
}

struct Wrong {
  std::string_view line;
  std::string_view message;
};
class QualityWrong : public testing::TestWithParam<Wrong> {};
TEST_P(QualityWrong, SaysInWhichLine) {
  const auto set = read_quality_set(R"({"question":{"conversation":"c","id":"q","text":"?","category":"x","evidence":[]}})" "\n" + std::string(GetParam().line));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().message.substr(0, 8), "line 2: ");
  EXPECT_NE(set.error().message.find(GetParam().message), std::string::npos) << set.error().message;
}
INSTANTIATE_TEST_SUITE_P(Lines, QualityWrong,
                         testing::Values(Wrong{"{", "the line"}, Wrong{"{}", "neither a turn nor a question"}, Wrong{R"({"turn":{"conversation":"c"}})", "'session' is missing"},
                                         Wrong{R"({"question":{"conversation":"c","id":"q","text":"?","category":"x"}})", "'evidence' is missing"},
                                         Wrong{R"({"question":{"conversation":"c","id":"q","text":"?","category":"x","evidence":[1]}})", "'evidence' holds what is no text"}));

TEST(Quality, RefusesATurnThatComesTwice) {
  const std::string turn = R"({"turn":{"conversation":"c","session":"s","id":"a","speaker":"","at":"","text":""}})";
  const auto set = read_quality_set(turn + "\n" + turn);
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().message, "line 2: turn 'a' comes twice");
}

// Worked out by hand: q1 finds its turn third; q2 one of its two turns first and the other twelfth; q3 has none.
TEST(Quality, MeasuresARanking) {
  std::string lines;
  for (int i = 0; i < 30; ++i) {
    const std::string session = i < 10 ? "s1" : "s2";
    lines += R"({"turn":{"conversation":"c","session":")" + session + R"(","id":")" + std::to_string(i) + R"(","speaker":"","at":"","text":""}})" + "\n";
  }
  lines += R"({"question":{"conversation":"c","id":"q1","text":"1","category":"x","evidence":["2"]}})" "\n";
  lines += R"({"question":{"conversation":"c","id":"q2","text":"2","category":"y","evidence":["20","11"]}})" "\n";
  lines += R"({"question":{"conversation":"c","id":"q3","text":"3","category":"z","evidence":[]}})" "\n";
  const auto set = read_quality_set(lines);
  ASSERT_TRUE(set) << set.error().message;
  const QualityReport report = measure_quality(*set, [](const QualityQuestion& question, std::size_t) {
    std::vector<RankedTurn> ranked;
    if (question.text == "1") ranked = {{10, 9.0f}, {0, 8.0f}, {2, 7.0f}};
    if (question.text == "2") ranked = {{20, 3.0f}};
    if (question.text == "2")
      for (std::size_t turn = 0; turn < 10; ++turn) ranked.push_back({turn, 2.0f});
    if (question.text == "2") ranked.push_back({11, 1.0f});
    if (question.text == "3") ranked = {{5, 5.0f}};
    return ranked;
  });
  EXPECT_EQ(report.overall.questions, 2u);
  EXPECT_DOUBLE_EQ(report.overall.recall_at_5, 0.75);
  EXPECT_DOUBLE_EQ(report.overall.recall_at_10, 0.75);
  EXPECT_DOUBLE_EQ(report.overall.recall_at_20, 1.0);
  EXPECT_DOUBLE_EQ(report.overall.all_at_10, 0.5);
  EXPECT_DOUBLE_EQ(report.overall.reciprocal_rank, (1.0 / 3 + 1.0) / 2);
  EXPECT_DOUBLE_EQ(report.overall.session_hit_at_1, 0.5);
  EXPECT_DOUBLE_EQ(report.by_category.at("x").session_hit_at_1, 0.0);
  EXPECT_DOUBLE_EQ(report.by_category.at("y").recall_at_10, 0.5);
  EXPECT_EQ(report.unanswerable, 1u);
  EXPECT_DOUBLE_EQ(report.told_apart, 0.5);
  const auto json = parse_json(quality_json(*set, report), "the report");
  ASSERT_TRUE(json);
  EXPECT_DOUBLE_EQ(find(*json, "R@10")->to_number<double>(), 75.0);
  EXPECT_EQ(integer_at(*json, "turns"), 30);
}

TEST(Quality, AnEmptyRankingFindsNothing) {
  const auto set = read_quality_set(kSet);
  ASSERT_TRUE(set);
  const QualityReport report = measure_quality(*set, [](const QualityQuestion&, std::size_t) { return std::vector<RankedTurn>(); });
  EXPECT_EQ(report.overall.questions, 2u);
  EXPECT_DOUBLE_EQ(report.overall.recall_at_20, 0.0);
  EXPECT_DOUBLE_EQ(report.overall.session_hit_at_1, 0.0);
}

}  // namespace
}  // namespace zo
