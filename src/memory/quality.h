// How well recall finds what it should: a set of turns and questions whose evidence is known, and the measures of a ranking over it.
//
// The set is JSON lines, each one of
//   {"turn":{"conversation","session","id","speaker","at","text"}}
//   {"question":{"conversation","id","text","category","evidence":["turn id",…]}}
// A question without evidence must not be answered; it has no recall, and is compared by its best score only.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace zo {

inline constexpr std::size_t kQualityBytes = 256 * 1024 * 1024;  // of a set; a larger one is refused
inline constexpr std::size_t kQualityLineBytes = 1024 * 1024;    // of one line; likewise
inline constexpr std::size_t kQualityTurns = 2'000'000;          // likewise
inline constexpr std::size_t kQualityQuestions = 100'000;        // likewise
inline constexpr std::size_t kQualityEvidence = 1'000;           // of one question; likewise
inline constexpr std::size_t kQualityRanked = 200;               // turns asked for each question: none behind counts

struct QualityTurn {
  std::string conversation;
  std::string session;
  std::string id;
  std::string speaker;
  std::string at;  // as it is written; a number as RFC 3339
  std::string text;
};

struct QualityQuestion {
  std::string conversation;
  std::string id;
  std::string text;
  std::string category;
  std::vector<std::size_t> evidence;  // into the turns
};

struct QualitySet {
  std::vector<QualityTurn> turns;  // in the order of the lines
  std::vector<QualityQuestion> questions;
  std::size_t evidence_unknown = 0;   // names of turns that are not there
  std::size_t questions_without = 0;  // left out: they name evidence, and none of it is there

  // Who spoke and on which day, as it goes into the index beside a turn's text.
  std::string head(std::size_t turn) const;
};

// The message of an error begins with the number of the line: "line 12: …".
Result<QualitySet> read_quality_set(std::string_view lines);

struct RankedTurn {
  std::size_t turn = 0;  // into the turns
  float score = 0;
};
// The best `k` turns of the question's conversation, best first.
using Ranking = std::function<std::vector<RankedTurn>(const QualityQuestion& question, std::size_t k)>;

// Means over questions, from 0 to 1.
struct QualityScores {
  std::size_t questions = 0;
  double recall_at_5 = 0;  // the part of the evidence that is among the first five
  double recall_at_10 = 0;
  double recall_at_20 = 0;
  double all_at_10 = 0;      // all evidence is among the first ten
  double reciprocal_rank = 0;  // of the first evidence
  double session_hit_at_1 = 0;  // sessions ranked by their best turns: the first holds evidence
};

struct QualityReport {
  QualityScores overall;
  std::map<std::string, QualityScores> by_category;
  std::size_t unanswerable = 0;  // questions without evidence
  // How often the best score of a question with evidence is above that of one without; one half is chance, 0 where either lacks.
  double told_apart = 0;
};
QualityReport measure_quality(const QualitySet& set, const Ranking& ranking);

// One line: {"turns","questions","R@5","R@10","R@20","all@10","MRR","session_hit@1","unanswerable","told_apart","by_category":{…}}, recalls in
// per cent.
std::string quality_json(const QualitySet& set, const QualityReport& report);

}  // namespace zo
