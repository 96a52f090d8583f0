#include "memory/text_index.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include "base/text.h"
#include "memory/text_wanted.h"

namespace zo {
namespace {

struct Item {
  std::string head;
  std::string body;
  std::uint32_t conversation = 0;
  std::uint32_t position = 0;
  TimeMs at = 0;

  IndexedText text() const { return {.head = head, .body = body, .conversation = conversation, .position = position, .at = at}; }
};
using Items = std::map<Slot, Item>;

void fill(TextIndex& index, const Items& items) {
  for (const auto& [slot, item] : items) ASSERT_TRUE(index.add(slot, item.text()));
}

std::vector<Slot> slots(const std::vector<TextHit>& hits) {
  std::vector<Slot> all;
  for (const TextHit& hit : hits) all.push_back(hit.slot);
  return all;
}
std::vector<Slot> found(const Items& items, std::string_view question, std::size_t k = 10) {
  TextIndex index;
  fill(index, items);
  return slots(index.search(question, k));
}

using Expected = std::vector<std::pair<Slot, float>>;
Expected scored(const std::vector<TextHit>& hits) {
  Expected all;
  for (const TextHit& hit : hits) all.emplace_back(hit.slot, hit.score);
  return all;
}

// The definition, read aloud: every item is looked at, nothing is kept.
class NaiveIndex {
 public:
  explicit NaiveIndex(const Items& items) : items_(items) {
    for (const auto& [slot, item] : items) {
      Counted& counted = counted_[slot];
      const auto into = [&](bool in_head) {
        return [&, in_head](const Words::Term& term) {
          counted.length[in_head] += term.counts;
          ++counted.times[in_head][std::string(term.text)];
        };
      };
      const Language language = words_.terms(item.head, into(true), item.body, into(false));
      languages_ |= only(language);
    }
    for (const auto& [slot, item] : items) {
      near_[slot] = around(slot);
      lengths_[slot] = length(slot);
      lengths_sum_ += lengths_[slot];
    }
  }

  Expected search(std::string_view question, std::size_t k, const SlotFilter& filter) {
    const std::vector<Asked> asked = ask(question);
    Expected all;
    for (const auto& [slot, item] : items_) {
      if (const float score = score_of(slot, asked); score > 0 && (!filter || filter(slot))) all.emplace_back(slot, score);
    }
    std::ranges::sort(all, std::greater(), [&](const auto& hit) { return std::tuple(hit.second, items_.at(hit.first).at, hit.first); });
    if (all.size() > k) all.resize(k);
    return all;
  }

 private:
  struct Counted {
    std::map<std::string, std::uint32_t> times[2];  // in the body, in the head
    std::uint32_t length[2] = {0, 0};
  };
  struct Asked {
    std::string word;
    std::vector<std::string> terms;
    std::size_t postings = 0;
    float weight = 0;
    std::uint32_t phrase = 0;
    std::size_t phrase_words = 0;  // that were asked
  };

  std::uint32_t own(Slot slot, const std::string& term) const {
    const Counted& counted = counted_.at(slot);
    const auto in_body = counted.times[0].find(term);
    return std::min(Posting::kTimesMax, (in_body == counted.times[0].end() ? 0 : in_body->second) + (counted.times[1].contains(term) ? 1u : 0u));
  }
  std::uint32_t in_body(Slot slot, const std::string& term) const { return own(slot, term) - (counted_.at(slot).times[1].contains(term) ? 1u : 0u); }

  std::vector<Slot> around(Slot slot) const {
    const Item& item = items_.at(slot);
    std::vector<std::pair<std::uint32_t, Slot>> turns;
    for (const auto& [other, one] : items_)
      if (one.conversation == item.conversation && item.conversation != 0) turns.emplace_back(one.position, other);
    std::ranges::sort(turns);
    std::vector<Slot> near;
    for (std::size_t i = 0; i < turns.size(); ++i)
      for (std::size_t j = 0; j < turns.size(); ++j)
        if (turns[i].second == slot && i != j && (i > j ? i - j : j - i) <= 2) near.push_back(turns[j].second);
    return near;
  }

  std::uint32_t length(Slot slot) const {
    std::uint32_t tenths = kOwnTenths * (counted_.at(slot).length[0] + counted_.at(slot).length[1]);
    for (const Slot other : near_.at(slot)) tenths += 3 * counted_.at(other).length[0];
    return tenths;
  }

  std::vector<Asked> ask(std::string_view question) {
    const QueryWords query = words_.query(question, languages_);
    std::vector<Asked> all;
    for (const QueryWord& word : query.words) {
      Asked asked{.word = word.word, .terms = {}, .phrase = word.phrase};
      for (const std::string& term : word.terms) {
        const auto in = static_cast<std::size_t>(std::ranges::count_if(items_, [&](const auto& item) { return own(item.first, term) > 0; }));
        if (in > 0) asked.terms.push_back(term);
        asked.postings += in;
      }
      asked.phrase_words = static_cast<std::size_t>(std::ranges::count(query.words, word.phrase, &QueryWord::phrase));
      const auto count = static_cast<double>(items_.size());
      const double in = std::min(static_cast<double>(asked.postings), count);
      asked.weight = static_cast<float>(std::log(1.0 + (count - in + 0.5) / (in + 0.5))) * ((word.kind == PieceKind::Identifier ? kIdentifierWeight : 1.0f) * (word.phrase != 0 ? kPhraseWeight : 1.0f));
      if (asked.postings > 0) all.push_back(asked);
    }
    std::ranges::sort(all, {}, [](const Asked& asked) { return std::tie(asked.postings, asked.word); });
    if (all.size() > kQueryTerms) all.resize(kQueryTerms);
    return all;
  }

  float score_of(Slot slot, const std::vector<Asked>& asked) const {
    const float mean = static_cast<float>(lengths_sum_) / static_cast<float>(items_.size());
    float score = 0;
    std::map<std::uint32_t, std::pair<std::size_t, float>> phrases;
    std::map<std::uint32_t, std::size_t> phrase_words;
    for (const Asked& word : asked) {
      std::uint32_t weight = 0;
      bool here = false;
      for (const std::string& term : word.terms) {
        weight += kOwnTenths * own(slot, term);
        here = here || own(slot, term) > 0;
        for (const Slot other : near_.at(slot)) weight += 3 * in_body(other, term);
      }
      if (here) ++phrases[word.phrase].first;
      phrases[word.phrase].second += kPhraseShare * word.weight;
      phrase_words[word.phrase] = word.phrase_words;
      if (weight == 0) continue;
      const float times = static_cast<float>(weight) / static_cast<float>(kOwnTenths);
      const float relative = mean > 0 ? static_cast<float>(lengths_.at(slot)) / mean : 0.0f;
      score += word.weight * times / (times + kBm25K1 * (1.0f - kBm25B + kBm25B * relative));
    }
    for (const auto& [phrase, sum] : phrases)
      if (phrase != 0 && phrase_words[phrase] > 1 && sum.first == phrase_words[phrase]) score += sum.second;
    return score;
  }

  const Items& items_;
  Words words_;
  std::map<Slot, Counted> counted_;
  std::map<Slot, std::vector<Slot>> near_;
  std::map<Slot, std::uint32_t> lengths_;
  std::uint64_t lengths_sum_ = 0;
  LanguageSet languages_ = 0;
};

// The same hits in the same order, and all scores but for rounding.
void expect_same(const Expected& hits, const Expected& expected, std::string_view question) {
  ASSERT_EQ(hits.size(), expected.size()) << question;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    EXPECT_EQ(hits[i].first, expected[i].first) << question << " #" << i << " " << hits[i].second << " " << expected[i].second;
    EXPECT_NEAR(hits[i].second, expected[i].second, 1e-4f * (1 + expected[i].second)) << question;
  }
}

TEST(TextIndex, FindsTheRarestWordsFirstAndNeverNeedsAll) {
  const Items items{{0, {"Ada", "The kettle whistles every morning"}}, {1, {"Ada", "A morning walk along the canal"}}, {2, {"Zoe", "Every canal has its heron"}}};
  EXPECT_EQ(found(items, "which heron whistles at the moon?"), (std::vector<Slot>{2, 0}));
  EXPECT_EQ(found(items, "Where did Ada see a canal in the morning?").front(), 1u);
  EXPECT_TRUE(found(items, "giraffe").empty());
  EXPECT_TRUE(found(items, "").empty());
  EXPECT_TRUE(found(items, "what was that", 0).empty());
}

TEST(TextIndex, WhoAndWhenAreFoundToo) {
  const Items items{{0, {"Ada 2024-05-08", "We bought the boat"}}, {1, {"Zoe 2024-06-08", "We bought the boat"}}};
  EXPECT_EQ(found(items, "what did Zoe buy?").front(), 1u);
  EXPECT_EQ(found(items, "what was bought in May?").front(), 0u);
  EXPECT_EQ(found(items, "what was bought in June 2024?").front(), 1u);
}

TEST(TextIndex, AnswersAreFoundByTheirQuestions) {
  const Items items{{0, {"Zo", "Where do you keep the spare key?", 1, 0}}, {1, {"Ada", "Under the third pot.", 1, 1}}, {2, {"Ada", "It rains.", 2, 0}}, {3, {"Ada", "Under the roof.", 2, 1}}};
  EXPECT_EQ(found(items, "where is the spare key hidden?"), (std::vector<Slot>{0, 1}));
}

TEST(TextIndex, NeighboursOfOtherConversationsDoNotMix) {
  const Items items{{0, {"Ada", "heron", 1, 0}}, {1, {"Ada", "kettle", 2, 1}}, {2, {"Ada", "canal", 1, 2}}, {3, {"Ada", "pot", 0, 1}}, {4, {"Ada", "pan", 0, 2}},
                    {5, {"Ada", "lid", 1, 4}}, {6, {"Ada", "cup", 1, 6}}};
  EXPECT_EQ(found(items, "heron"), (std::vector<Slot>{0, 5, 2}));  // as two and one turns away count alike, by length
  EXPECT_EQ(found(items, "kettle"), (std::vector<Slot>{1}));
  EXPECT_EQ(found(items, "pot"), (std::vector<Slot>{3}));
}

TEST(TextIndex, EqualHitsComeNewestFirst) {
  Items items;
  for (Slot slot = 0; slot < 6; ++slot) items[slot] = {.head = "", .body = "the same kettle", .at = slot == 2 ? 100 : static_cast<TimeMs>(slot % 2)};
  EXPECT_EQ(found(items, "kettle"), (std::vector<Slot>{2, 5, 3, 1, 4, 0}));
  EXPECT_EQ(found(items, "kettle", 3), (std::vector<Slot>{2, 5, 3}));
}

TEST(TextIndex, QuotedPhrasesCountMore) {
  const Items items{{0, {"", "quiet lakes and magpie nests and quiet lakes"}}, {1, {"", "quiet evenings"}}, {2, {"", "a magpie, a magpie"}}, {3, {"", "nests in spring and lakes"}}};
  TextIndex index;
  fill(index, items);
  const auto plain = index.search("quiet magpie nests", 4);
  const auto quoted = index.search("\"quiet magpie\" nests", 4);
  ASSERT_EQ(quoted.front().slot, 0u);
  EXPECT_GT(quoted.front().score, plain.front().score * 1.2f);
  EXPECT_TRUE(std::ranges::any_of(quoted.front().why, [](const HitShare& share) { return share.word == "\"quiet magpie\""; }));
}

TEST(TextIndex, SaysWhy) {
  const Items items{{0, {"Ada", "The kettle in the kitchen"}}, {1, {"Ada", "Kitchen walls"}}};
  TextIndex index;
  fill(index, items);
  const auto hits = index.search("Which kettles are in kitchens?", 2);
  ASSERT_EQ(hits.size(), 2u);
  ASSERT_EQ(hits[0].why.size(), 2u);
  EXPECT_EQ(hits[0].why[0].word, "kettles");
  EXPECT_EQ(hits[0].why[1].word, "kitchens");
  EXPECT_NEAR(hits[0].why[0].score + hits[0].why[1].score, hits[0].score, 1e-4f);
}

TEST(TextIndex, WhatIsRemovedIsGone) {
  TextIndex index;
  ASSERT_TRUE(index.add(0, {.head = "Ada", .body = "the secret heron", .conversation = 1, .position = 0}));
  ASSERT_TRUE(index.add(1, {.head = "Ada", .body = "kettle", .conversation = 1, .position = 1}));
  index.remove(0);
  index.remove(0);
  index.remove(77);
  EXPECT_FALSE(index.holds(0));
  EXPECT_TRUE(index.holds(1));
  EXPECT_TRUE(index.search("heron", 10).empty());
  EXPECT_EQ(index.measure().terms, 2u);  // Ada, kettle
  index.remove(1);
  EXPECT_EQ(index.size(), 0u);
  EXPECT_EQ(index.measure().postings, 0u);
  EXPECT_TRUE(index.search("kettle", 10).empty());
}

TEST(TextIndex, SlotsBeyondTheLimitAreRefused) {
  TextIndex index;
  EXPECT_EQ(index.add(kSlotsMax, {.head = "", .body = "kettle"}).error().code, Code::Exhausted);
  EXPECT_EQ(index.size(), 0u);
}

// Words in several languages and scripts, names of code, and some that stem alike.
const std::vector<std::string>& pool() {
  static const std::vector<std::string> words{
      "kettle", "kettles", "heron", "canal", "walk", "walking", "the", "and", "was", "morning", "parse_header", "src/net/wire.cc", "v1.2.3", "2024-05-08", "May",
      "Katze", "Katzen", "und", "nicht", "Häuser", "habitación", "猫咪", "茶", "成都茶馆", "дача", "дачу", "9f3c2ab71e", "Ada's", "42"};
  return words;
}

std::string any_text(std::size_t words_max) {
  const auto words = *rc::gen::resize(static_cast<int>(words_max), rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pool())));
  return join(words, " ");
}

struct Change {
  Slot slot;
  std::optional<Item> item;  // nothing: it is removed
};
Change any_change() {
  Change change{.slot = *rc::gen::inRange<Slot>(0, 14), .item = std::nullopt};
  if (*rc::gen::inRange(0, 4) == 0) return change;
  Item item;
  item.head = *rc::gen::element<std::string>("Ada", "Zoe 2024-05-08", "");
  item.body = any_text(12);
  item.conversation = *rc::gen::inRange<std::uint32_t>(0, 3);
  item.position = *rc::gen::inRange<std::uint32_t>(0, 6);
  item.at = *rc::gen::inRange<TimeMs>(0, 4);
  change.item = item;
  return change;
}

RC_GTEST_PROP(TextIndex, IsWhatTheDefinitionSaysAfterAnyChanges, ()) {
  TextIndex index;
  Items items;
  const int changes = *rc::gen::inRange(0, 40);
  for (int i = 0; i < changes; ++i) {
    const Change change = any_change();
    if (change.item) {
      RC_ASSERT(index.add(change.slot, change.item->text()).has_value());
      items[change.slot] = *change.item;
    } else {
      index.remove(change.slot);
      items.erase(change.slot);
    }
  }
  if (*rc::gen::inRange(0, 2) == 0) index.settle();
  TextIndex fresh;
  for (const auto& [slot, item] : items) RC_ASSERT(fresh.add(slot, item.text()).has_value());
  RC_ASSERT(index.size() == items.size());
  RC_ASSERT(index.measure().postings == fresh.measure().postings && index.measure().terms == fresh.measure().terms);
  for (int i = 0; i < 4; ++i) {
    std::string question = any_text(8);
    if (i == 3) question += " \"" + any_text(3) + "\"";
    const auto k = *rc::gen::inRange<std::size_t>(1, 8);
    const auto third = *rc::gen::inRange<Slot>(0, 4);
    const SlotFilter filter = third == 3 ? SlotFilter() : [third](Slot slot) { return slot % 3 != third; };
    const Expected hits = scored(index.search(question, k, filter));
    RC_ASSERT(hits == scored(fresh.search(question, k, filter)));
    const Expected expected = NaiveIndex(items).search(question, k, filter);
    RC_ASSERT(hits.size() == expected.size());
    for (std::size_t at = 0; at < hits.size(); ++at) RC_ASSERT(std::abs(hits[at].second - expected[at].second) <= 1e-4f * (1 + expected[at].second));
  }
}

// Enough items that words are looked up, not gathered, and only the best items are looked at.
TEST(TextIndex, LeavingOutWhatCannotWinChangesNothing) {
  Items items;
  std::uint64_t state = 1;
  const auto below = [&](std::uint64_t bound) { return (state = state * 6364136223846793005u + 1442695040888963407u) / 65'536 % bound; };
  const auto word = [&] { return "w" + std::string(1, static_cast<char>('a' + below(1 + below(25)))) + std::string(1, static_cast<char>('a' + below(1 + below(25)))); };
  for (Slot slot = 0; slot < 400; ++slot) {
    Item& item = items[slot];
    for (int i = 0; i < 12; ++i) item.body += word() + " ";
    item.conversation = slot / 20;
    item.position = slot;
    item.at = slot % 7;
  }
  TextIndex index;
  fill(index, items);
  NaiveIndex naive(items);
  for (int i = 0; i < 12; ++i) {
    const std::string question = word() + " " + word() + " " + word() + (i % 2 == 0 ? " waa wab" : " \"waa wba\"");
    const SlotFilter filter = i % 3 == 0 ? SlotFilter([](Slot slot) { return slot % 10 == 3; }) : SlotFilter();
    for (const std::size_t k : {1u, 5u, 50u}) expect_same(scored(index.search(question, k, filter)), naive.search(question, k, filter), question);
  }
}

}  // namespace
}  // namespace zo
