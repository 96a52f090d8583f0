// zo-memory: the text index as a program of its own, for bench/.
//   zo-memory latency ITEMS…                 builds an index of made-up turns and asks it; one line of JSON each
//   zo-memory quality FILE [--around TENTHS] a set of memory/quality.h, ranked by the text index alone; one line of JSON
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.h"
#include "memory/quality.h"
#include "memory/text_index.h"

namespace zo {
namespace {

constexpr std::size_t kWordsOfATurn = 40;
constexpr std::size_t kTurnsOfAConversation = 30;
constexpr std::size_t kQueries = 1000;
constexpr std::size_t kWordsKnown = 60'000;
constexpr std::size_t kStopWordsOfATurn = 18;  // of its words, as in English

using Steady = std::chrono::steady_clock;
double ms_since(Steady::time_point began) { return std::chrono::duration<double, std::milli>(Steady::now() - began).count(); }
double cpu_ms() { return 1'000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double at_fraction(std::vector<double> values, double fraction) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(fraction * static_cast<double>(values.size())))];
}

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

// Words of two to four syllables, frequent ones short; their frequencies follow Zipf's law, as those of a language do.
class MadeUpLanguage {
 public:
  explicit MadeUpLanguage(unsigned seed) : random_(seed) {
    constexpr std::string_view syllables[] = {"ba", "ren", "to", "li", "sha", "mor", "ki", "ne", "dul", "fra", "go", "win", "pel", "su", "tra", "ze", "han", "co", "vi", "lum"};
    double sum = 0;
    for (std::size_t i = 0; i < kWordsKnown; ++i) {
      std::string word;
      for (std::size_t rest = i + 20; rest > 0; rest /= 20) word += syllables[rest % 20];
      words_.push_back(word);
      sums_.push_back(sum += 1.0 / std::pow(static_cast<double>(i) + 20.0, 1.15));
    }
  }
  const std::string& word() {
    const double at = std::uniform_real_distribution<double>(0, sums_.back())(random_);
    return words_[static_cast<std::size_t>(std::ranges::lower_bound(sums_, at) - sums_.begin())];
  }
  std::string text(std::size_t words, std::size_t stop_words) {
    constexpr std::string_view stops[] = {"the", "and", "to", "of", "a", "in", "is", "that", "it", "was", "for", "on", "with", "as", "they", "at", "be", "this", "have", "from"};
    std::string text;
    for (std::size_t i = 0; i < words; ++i) text += (i * stop_words / words != (i + 1) * stop_words / words ? std::string(stops[random_() % 20]) : word()) + " ";
    return text;
  }
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  std::mt19937 random_;
  std::vector<std::string> words_;
  std::vector<double> sums_;
};

// The texts are made in batches, outside of what is measured.
double build_cpu_ms(TextIndex& index, MadeUpLanguage& language, std::size_t items) {
  double spent_ms = 0;
  std::vector<std::string> bodies(std::min<std::size_t>(items, 10'000));
  for (std::size_t slot = 0; slot < items;) {
    for (std::string& body : bodies) body = language.text(kWordsOfATurn, kStopWordsOfATurn);
    const double began = cpu_ms();
    for (std::size_t i = 0; i < bodies.size() && slot < items; ++i, ++slot) {
      const std::string head = fmt::format("{} 2025-{:02}-{:02}", slot % 2 == 0 ? "Ada" : "Zoe", 1 + slot / 28 % 12, 1 + slot % 28);
      const auto conversation = static_cast<std::uint32_t>(1 + slot / kTurnsOfAConversation);
      if (!index.add(static_cast<Slot>(slot), {.head = head, .body = bodies[i], .conversation = conversation, .position = static_cast<std::uint32_t>(slot), .at = static_cast<TimeMs>(slot)}))
        std::_Exit(1);
    }
    spent_ms += cpu_ms() - began;
  }
  const double began = cpu_ms();
  index.settle();
  spent_ms += cpu_ms() - began;
  return spent_ms;
}

void latency(std::size_t items) {
  MadeUpLanguage language(7);
  const double before_mb = resident_mb();
  TextIndex index;
  const double build_ms = build_cpu_ms(index, language, items);
  const TextIndex::Size size = index.measure();
  const double index_mb = resident_mb() - before_mb;
  std::vector<double> times;
  std::size_t hits = 0;
  for (std::size_t i = 0; i < kQueries; ++i) {
    const std::string question = "when did " + language.text(4 + language.below(5), 0) + "and what was it?";
    const auto began = Steady::now();
    hits += index.search(question, 20).size();
    times.push_back(ms_since(began));
  }
  std::vector<double> changes;
  for (std::size_t i = 0; i < kQueries; ++i) {
    const auto slot = static_cast<Slot>(language.below(items));
    const std::string body = language.text(kWordsOfATurn, kStopWordsOfATurn);
    const auto began = Steady::now();
    if (!index.add(slot, {.head = "Ada 2025-01-01", .body = body, .conversation = 1 + slot / static_cast<std::uint32_t>(kTurnsOfAConversation), .position = slot, .at = slot})) std::_Exit(1);
    changes.push_back(ms_since(began));
  }
  fmt::print("{{\"items\":{},\"build_cpu_ms\":{:.0f},\"terms\":{},\"postings\":{},\"index_mb\":{:.1f},\"resident_mb\":{:.1f},\"bytes_a_posting\":{:.2f},"
             "\"query_ms_p50\":{:.3f},\"query_ms_p95\":{:.3f},\"query_ms_max\":{:.3f},\"replace_ms_p50\":{:.3f},\"replace_ms_p95\":{:.3f},\"hits\":{}}}\n",
             items, build_ms, size.terms, size.postings, static_cast<double>(size.bytes) / 1e6, index_mb,
             static_cast<double>(size.bytes) / static_cast<double>(size.postings), at_fraction(times, 0.5), at_fraction(times, 0.95), at_fraction(times, 1.0),
             at_fraction(changes, 0.5), at_fraction(changes, 0.95), hits);
}

// One index a conversation of the set; what stands beside a turn is of the same session.
class SetIndex {
 public:
  SetIndex(const QualitySet& set, std::uint32_t around) {
    std::map<std::string, std::uint32_t> sessions;
    for (std::size_t turn = 0; turn < set.turns.size(); ++turn) {
      const QualityTurn& one = set.turns[turn];
      auto& part = parts_[one.conversation];
      if (!part.index) part.index = std::make_unique<TextIndex>();
      const auto session = static_cast<std::uint32_t>(sessions.try_emplace(one.conversation + "\n" + one.session, sessions.size() + 1).first->second);
      const auto slot = static_cast<Slot>(part.turns.size());
      const std::string head = set.head(turn);
      if (!part.index->add(slot, {.head = head, .body = one.text, .conversation = session, .position = slot, .at = static_cast<TimeMs>(turn)})) std::_Exit(1);
      part.turns.push_back(turn);
    }
    for (auto& [name, part] : parts_) part.index->weigh_neighbours(around);
  }

  std::vector<RankedTurn> rank(const QualityQuestion& question, std::size_t k) {
    std::vector<RankedTurn> ranked;
    const auto part = parts_.find(question.conversation);
    if (part == parts_.end()) return ranked;
    for (const TextHit& hit : part->second.index->search(question.text, k)) ranked.push_back({part->second.turns[hit.slot], hit.score});
    return ranked;
  }

 private:
  struct Part {
    std::unique_ptr<TextIndex> index;
    std::vector<std::size_t> turns;
  };
  std::map<std::string, Part> parts_;
};

int quality(const std::string& path, std::uint32_t around) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fmt::print(stderr, "{}: cannot be read\n", path), 1;
  const auto set = read_quality_set(text.str());
  if (!set) return fmt::print(stderr, "{}: {}\n", path, set.error().message), 1;
  SetIndex index(*set, around);
  fmt::print("{}\n", quality_json(*set, measure_quality(*set, [&](const QualityQuestion& question, std::size_t k) { return index.rank(question, k); })));
  return 0;
}

int run(const std::vector<std::string>& words) {
  if (words.size() >= 2 && words[0] == "latency") {
    for (std::size_t i = 1; i < words.size(); ++i) latency(to_whole_number(words[i]).value_or(10'000));
    return 0;
  }
  if (words.size() == 2 && words[0] == "quality") return quality(words[1], 3);
  if (words.size() == 4 && words[0] == "quality" && words[2] == "--around") return quality(words[1], static_cast<std::uint32_t>(to_whole_number(words[3]).value_or(3)));
  fmt::print(stderr, "zo-memory latency ITEMS… | zo-memory quality FILE [--around TENTHS]\n");
  return 2;
}

}  // namespace
}  // namespace zo

int main(int count, char** words) { return zo::run(std::vector<std::string>(words + 1, words + count)); }
