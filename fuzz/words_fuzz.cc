// Texts and questions that anybody wrote: what they become is short, valid and bounded, a text is found by itself, and what is removed
// from an index is gone. The first byte says where the head ends. Links zo_memory.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text.h"
#include "memory/text_index.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view head = all.substr(0, data[0] % 32u);
  const std::string_view body = all.substr(head.size());

  zo::Words words;
  std::set<std::string, std::less<>> held;
  std::size_t given = 0;
  const auto hold = [&](const zo::Words::Term& term) {
    ZO_CHECK(!term.text.empty() && term.text.size() <= 2 * zo::kPieceBytes && zo::is_valid_utf8(term.text));
    ++given;
    held.emplace(term.text);
  };
  words.terms(head, hold, body, hold);
  ZO_CHECK(given <= 2 * zo::kPiecesMax);
  const zo::QueryWords query = words.query(body, (zo::LanguageSet{1} << zo::kLanguages) - 1);
  ZO_CHECK(query.words.size() <= zo::kQueryWordsRead);
  // Quotes part what is one word in the text; and a long question is cut.
  const bool is_whole = body.size() <= zo::kQueryBytes && std::ranges::none_of(query.words, [](const zo::QueryWord& word) { return word.phrase != 0; });
  for (const zo::QueryWord& word : query.words)
    ZO_CHECK(!is_whole || std::ranges::any_of(word.terms, [&](const std::string& term) { return held.contains(term); }));

  zo::TextIndex index;
  ZO_CHECK(index.add(1, {.head = "Ada 2026-11-22", .body = "kettle", .conversation = 1, .position = 1}).has_value());
  const zo::TextIndex::Size before = index.measure();
  ZO_CHECK(index.add(0, {.head = head, .body = body, .conversation = 1, .position = 0}).has_value());
  const auto hits = index.search(body, 5);
  for (const zo::TextHit& hit : hits) ZO_CHECK(hit.slot <= 1 && hit.score > 0 && !hit.why.empty());
  index.remove(0);
  for (const zo::TextHit& hit : index.search(body, 5)) ZO_CHECK(hit.slot == 1);
  ZO_CHECK(index.measure().terms == before.terms && index.measure().postings == before.postings);
  return 0;
}
