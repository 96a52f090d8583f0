#include "memory/quality.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cmath>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

namespace zo {
namespace {

constexpr std::size_t kDayBytes = 10;  // "2026-11-22"

using TurnNumbers = boost::unordered_flat_map<std::string, std::size_t>;  // by conversation and id

std::string turn_key(std::string_view conversation, std::string_view id) { return fmt::format("{}\n{}", conversation, id); }

Result<std::string> text_field(const Json& object, std::string_view name) {
  if (const auto text = string_at(object, name)) return std::string(*text);
  if (const auto number = integer_at(object, name)) return name == "at" ? to_rfc3339(*number) : std::to_string(*number);
  return fail(Code::Invalid, fmt::format("'{}' is missing, or is no text", name));
}

Result<> read_turn(const Json& json, QualitySet& set, TurnNumbers& numbers) {
  QualityTurn turn;
  ZO_TRY(turn.conversation, text_field(json, "conversation"));
  ZO_TRY(turn.session, text_field(json, "session"));
  ZO_TRY(turn.id, text_field(json, "id"));
  ZO_TRY(turn.speaker, text_field(json, "speaker"));
  ZO_TRY(turn.at, text_field(json, "at"));
  ZO_TRY(turn.text, text_field(json, "text"));
  if (set.turns.size() == kQualityTurns) return fail(Code::Exhausted, fmt::format("more than {} turns", kQualityTurns));
  if (!numbers.emplace(turn_key(turn.conversation, turn.id), set.turns.size()).second) return fail(Code::Invalid, fmt::format("turn '{}' comes twice", turn.id));
  set.turns.push_back(std::move(turn));
  return {};
}

// The evidence is looked up when all turns are known.
struct Asked {
  QualityQuestion question;
  std::vector<std::string> evidence;
};

Result<Asked> read_question(const Json& json) {
  Asked asked;
  ZO_TRY(asked.question.conversation, text_field(json, "conversation"));
  ZO_TRY(asked.question.id, text_field(json, "id"));
  ZO_TRY(asked.question.text, text_field(json, "text"));
  ZO_TRY(asked.question.category, text_field(json, "category"));
  const JsonArray* const evidence = array_at(json, "evidence");
  if (evidence == nullptr) return fail(Code::Invalid, "'evidence' is missing, or is no list");
  if (evidence->size() > kQualityEvidence) return fail(Code::Exhausted, fmt::format("{} turns of evidence, limit {}", evidence->size(), kQualityEvidence));
  for (const Json& id : *evidence) {
    if (!id.is_string()) return fail(Code::Invalid, "'evidence' holds what is no text");
    asked.evidence.emplace_back(std::string_view(id.get_string()));
  }
  return asked;
}

Result<> read_line(std::string_view line, QualitySet& set, TurnNumbers& numbers, std::vector<Asked>& asked) {
  if (line.size() > kQualityLineBytes) return fail(Code::Exhausted, fmt::format("{} bytes, limit {}", line.size(), kQualityLineBytes));
  ZO_TRY(const Json json, parse_json(line, "the line", kQualityLineBytes));
  if (const Json* const turn = find(json, "turn")) return read_turn(*turn, set, numbers);
  const Json* const question = find(json, "question");
  if (question == nullptr) return fail(Code::Invalid, "neither a turn nor a question");
  if (asked.size() == kQualityQuestions) return fail(Code::Exhausted, fmt::format("more than {} questions", kQualityQuestions));
  ZO_TRY(auto read, read_question(*question));
  asked.push_back(std::move(read));
  return {};
}

void look_up(Asked asked, QualitySet& set, const TurnNumbers& numbers) {
  std::vector<std::size_t>& evidence = asked.question.evidence;
  for (const std::string& id : asked.evidence) {
    const auto found = numbers.find(turn_key(asked.question.conversation, id));
    if (found == numbers.end()) ++set.evidence_unknown;
    else if (std::ranges::find(evidence, found->second) == evidence.end()) evidence.push_back(found->second);
  }
  if (evidence.empty() && !asked.evidence.empty()) ++set.questions_without;
  else set.questions.push_back(std::move(asked.question));
}

void add(QualityScores& sum, const QualityScores& one) {
  sum.questions += one.questions;
  sum.recall_at_5 += one.recall_at_5;
  sum.recall_at_10 += one.recall_at_10;
  sum.recall_at_20 += one.recall_at_20;
  sum.all_at_10 += one.all_at_10;
  sum.reciprocal_rank += one.reciprocal_rank;
  sum.session_hit_at_1 += one.session_hit_at_1;
}

QualityScores mean(QualityScores sum) {
  const double count = sum.questions == 0 ? 1.0 : static_cast<double>(sum.questions);
  for (double* const value : {&sum.recall_at_5, &sum.recall_at_10, &sum.recall_at_20, &sum.all_at_10, &sum.reciprocal_rank, &sum.session_hit_at_1}) *value /= count;
  return sum;
}

QualityScores score_one(const QualitySet& set, const QualityQuestion& question, const std::vector<RankedTurn>& ranked) {
  const auto is_evidence = [&](const RankedTurn& one) { return std::ranges::find(question.evidence, one.turn) != question.evidence.end(); };
  const auto recall = [&](std::size_t k) {
    const auto found = std::count_if(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(std::min(k, ranked.size())), is_evidence);
    return static_cast<double>(found) / static_cast<double>(question.evidence.size());
  };
  const auto first = std::ranges::find_if(ranked, is_evidence);
  const bool hit = !ranked.empty() && std::ranges::any_of(question.evidence, [&](std::size_t turn) {
    return set.turns[turn].session == set.turns[ranked.front().turn].session;
  });
  return {.questions = 1,
          .recall_at_5 = recall(5),
          .recall_at_10 = recall(10),
          .recall_at_20 = recall(20),
          .all_at_10 = recall(10) == 1.0 ? 1.0 : 0.0,
          .reciprocal_rank = first == ranked.end() ? 0.0 : 1.0 / static_cast<double>(first - ranked.begin() + 1),
          .session_hit_at_1 = hit ? 1.0 : 0.0};
}

// The area under the curve of a threshold on the best score.
double told_apart(const std::vector<float>& answerable, std::vector<float> unanswerable) {
  if (answerable.empty() || unanswerable.empty()) return 0;
  std::ranges::sort(unanswerable);
  double above = 0;
  for (const float score : answerable) {
    const auto [low, high] = std::ranges::equal_range(unanswerable, score);
    above += static_cast<double>(low - unanswerable.begin()) + 0.5 * static_cast<double>(high - low);
  }
  return above / (static_cast<double>(answerable.size()) * static_cast<double>(unanswerable.size()));
}

double rounded(double value, double by) { return std::round(value * by) / by; }

JsonObject as_json(const QualityScores& scores) {
  const auto percent = [](double value) { return rounded(100 * value, 10); };
  return {{"questions", scores.questions},
          {"R@5", percent(scores.recall_at_5)},
          {"R@10", percent(scores.recall_at_10)},
          {"R@20", percent(scores.recall_at_20)},
          {"all@10", percent(scores.all_at_10)},
          {"MRR", rounded(scores.reciprocal_rank, 1'000)},
          {"session_hit@1", rounded(scores.session_hit_at_1, 1'000)}};
}

}  // namespace

std::string QualitySet::head(std::size_t turn) const {
  const std::string_view at = turns[turn].at;
  const bool is_iso = at.size() > kDayBytes && at[4] == '-' && at[7] == '-' && at[kDayBytes] == 'T';
  return fmt::format("{} {}", turns[turn].speaker, is_iso ? at.substr(0, kDayBytes) : at);
}

Result<QualitySet> read_quality_set(std::string_view lines) {
  if (lines.size() > kQualityBytes) return fail(Code::Exhausted, fmt::format("the set is {}, limit {}", human_size(lines.size()), human_size(kQualityBytes)));
  QualitySet set;
  TurnNumbers numbers;
  std::vector<Asked> asked;
  for (std::size_t number = 1; !lines.empty(); ++number) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = trim(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.empty()) continue;
    if (Result<> read = read_line(line, set, numbers, asked); !read) return fail(read.error().code, fmt::format("line {}: {}", number, read.error().message));
  }
  for (Asked& one : asked) look_up(std::move(one), set, numbers);
  return set;
}

QualityReport measure_quality(const QualitySet& set, const Ranking& ranking) {
  QualityReport report;
  std::vector<float> answerable;
  std::vector<float> unanswerable;
  for (const QualityQuestion& question : set.questions) {
    const std::vector<RankedTurn> ranked = ranking(question, kQualityRanked);
    (question.evidence.empty() ? unanswerable : answerable).push_back(ranked.empty() ? 0.0f : ranked.front().score);
    if (question.evidence.empty()) continue;
    const QualityScores one = score_one(set, question, ranked);
    add(report.overall, one);
    add(report.by_category[question.category], one);
  }
  report.overall = mean(report.overall);
  for (auto& [category, scores] : report.by_category) scores = mean(scores);
  report.unanswerable = unanswerable.size();
  report.told_apart = told_apart(answerable, std::move(unanswerable));
  return report;
}

std::string quality_json(const QualitySet& set, const QualityReport& report) {
  JsonObject object = as_json(report.overall);
  object["turns"] = set.turns.size();
  object["unanswerable"] = report.unanswerable;
  object["told_apart"] = rounded(report.told_apart, 1'000);
  object["evidence_unknown"] = set.evidence_unknown;
  object["questions_without"] = set.questions_without;
  JsonObject categories;
  for (const auto& [category, scores] : report.by_category) categories[category] = as_json(scores);
  object["by_category"] = std::move(categories);
  return to_text(object);
}

}  // namespace zo
