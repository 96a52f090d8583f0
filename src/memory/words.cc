#include "memory/words.h"

#include <libstemmer.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/text.h"
#include "memory/characters.h"

namespace zo {
namespace {

constexpr std::size_t kStemmedBytes = 48;  // a longer word is no word of a language

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Stemmers know endings by their accents, which many people leave out.
struct Ending {
  Language language;
  std::string_view plain;
  std::string_view accented;
};
constexpr Ending kEndings[] = {{Language::Spanish, "cion", "ción"},    {Language::Spanish, "sion", "sión"},    {Language::Portuguese, "cao", "ção"},
                               {Language::Portuguese, "coes", "ções"}, {Language::Portuguese, "sao", "são"}, {Language::Portuguese, "soes", "sões"}};

struct Quotes {
  std::string_view open;
  std::string_view close;
};
constexpr Quotes kQuotes[] = {{"\"", "\""}, {"“", "”"}, {"„", "“"}, {"„", "”"}, {"«", "»"}, {"»", "«"}, {"「", "」"}, {"『", "』"}};

// What is asked, and which part of it was quoted.
struct Span {
  std::string_view text;
  std::uint32_t phrase;
};
std::vector<Span> quoted_spans(std::string_view text) {
  std::vector<Span> spans;
  std::uint32_t phrases = 0;
  while (!text.empty()) {
    std::size_t from = text.size();
    std::size_t to = text.size();
    const Quotes* by = nullptr;
    for (const Quotes& quotes : kQuotes) {
      const std::size_t open = text.find(quotes.open);
      const std::size_t close = open == text.npos ? text.npos : text.find(quotes.close, open + quotes.open.size());
      if (close == text.npos || open >= from) continue;
      from = open;
      to = close;
      by = &quotes;
    }
    if (from > 0) spans.push_back({text.substr(0, from), 0});
    if (by == nullptr) break;
    spans.push_back({text.substr(from + by->open.size(), to - from - by->open.size()), ++phrases});
    text.remove_prefix(to + by->close.size());
  }
  return spans;
}

}  // namespace

struct Words::Stemmer {
  explicit Stemmer(Language language) : handle(::sb_stemmer_new(stemmer_name(language), "UTF_8")) {}
  Stemmer(const Stemmer&) = delete;
  Stemmer& operator=(const Stemmer&) = delete;
  ~Stemmer() { ::sb_stemmer_delete(handle); }

  ::sb_stemmer* handle;  // null where the library lacks it
};

Words::Words() : stemmers_(kLanguages) {}
Words::~Words() = default;

void Words::forget() {
  if (words_.empty() && bytes_.empty()) return;
  words_ = {};
  word_numbers_ = {};
  characters_ = {};
  bytes_ = {};
  pieces_ = {};
}

// The number of a word in lower case; what is known of it is looked up once.
std::uint32_t Words::word(std::string_view text) {
  if (const auto found = word_numbers_.find(text); found != word_numbers_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(words_.size());
  words_.push_back({.known = is_ascii(text) ? known_word(text) : known_word(without_accents(text)), .stems = {}});
  word_numbers_.emplace(text, number);
  return number;
}

// The pieces of a text, and the language that they speak for.
LanguageVotes::Verdict Words::read(std::string_view text) {
  normalize(text, characters_);
  bytes_.clear();
  pieces_.clear();
  if (words_.size() >= kWordsKept) {
    words_.clear();
    word_numbers_.clear();
  }
  LanguageVotes votes;
  for_each_piece(characters_, [&](const Piece& piece) {
    const std::uint32_t number = piece.kind == PieceKind::Word ? word(piece.text) : 0;
    if (piece.kind == PieceKind::Word && piece.latin) votes.word(words_[number].known.stop_word_in);
    pieces_.push_back({.offset = static_cast<std::uint32_t>(bytes_.size()),
                       .bytes = static_cast<std::uint16_t>(piece.text.size()),
                       .kind = piece.kind,
                       .script = piece.language,
                       .latin = piece.latin,
                       .counts = piece.counts,
                       .word = number});
    bytes_ += piece.text;
  });
  for (const char32_t c : characters_)
    if (c >= 0xA1 && c < 0x180) votes.letter(static_cast<std::int32_t>(to_lower(c)));
  return votes.verdict();
}

std::string Words::stem(Language language, std::string_view word) {
  std::string text(word);
  for (const Ending& ending : kEndings)
    if (ending.language == language && text.ends_with(ending.plain)) text.replace(text.size() - ending.plain.size(), text.npos, ending.accented);
  auto& stemmer = stemmers_[static_cast<std::size_t>(language)];
  if (!stemmer) stemmer = std::make_unique<Stemmer>(language);
  if (stemmer->handle != nullptr && text.size() <= kStemmedBytes) {
    const sb_symbol* const made = ::sb_stemmer_stem(stemmer->handle, reinterpret_cast<const sb_symbol*>(text.data()), static_cast<int>(text.size()));
    const int length = ::sb_stemmer_length(stemmer->handle);
    if (made != nullptr && length > 0) text.assign(reinterpret_cast<const char*>(made), static_cast<std::size_t>(length));
  }
  if (!is_ascii(text)) text = without_accents(text);
  return text.empty() ? std::string(word) : text;
}

Words::Stem& Words::stem_of(const Kept& piece, Language language) {
  std::vector<Stem>& stems = words_[piece.word].stems;
  const auto found = std::ranges::find(stems, language, &Stem::language);
  if (found != stems.end()) return *found;
  const std::uint32_t month = words_[piece.word].known.month;
  return stems.emplace_back(Stem{.language = language, .text = month != 0 ? month_term(month) : stem(language, text_of(piece))});
}

void Words::give(Language language, const Found& found) {
  for (const Kept& piece : pieces_) {
    if (piece.kind != PieceKind::Word) {
      found({.text = text_of(piece), .counts = piece.counts});
      continue;
    }
    const Language by = piece.latin ? language : piece.script;
    const KnownWord known = words_[piece.word].known;
    if (known.month == 0 && (known.stop_word_in & only(by)) != 0) continue;
    Stem& stem = stem_of(piece, by);
    found({.text = stem.text, .counts = piece.counts, .note = &stem.note});
  }
}

Language Words::terms(std::string_view head, const Found& in_head, std::string_view body, const Found& in_body) {
  const Language language = read(utf8_prefix(body, kTextBytesIndexed)).language;
  give(language, in_body);
  read(utf8_prefix(head, kTextBytesIndexed));
  give(language, in_head);
  return language;
}

void Words::add_word(QueryWords& query, const Kept& piece, std::uint32_t phrase, LanguageSet in_store) {
  const std::string_view text = text_of(piece);
  if (piece.kind == PieceKind::Pair && !piece.counts) return;  // the pairs say more
  QueryWord word{.word = std::string(text), .terms = {}, .kind = piece.kind, .phrase = phrase};
  const KnownWord known = piece.kind == PieceKind::Word ? words_[piece.word].known : KnownWord{};
  const Language by = piece.latin ? query.language : piece.script;
  if (known.month == 0 && (known.stop_word_in & only(by)) != 0) return;
  const LanguageSet languages = piece.latin ? in_store | only(Language::English) | only(query.language) : only(piece.script);
  if (piece.kind != PieceKind::Word) word.terms.emplace_back(text);
  for (std::size_t i = 0; i < kLanguages && piece.kind == PieceKind::Word; ++i) {
    const auto language = static_cast<Language>(i);
    if ((languages & only(language)) == 0) continue;
    const std::string& term = stem_of(piece, language).text;
    if (std::ranges::find(word.terms, term) == word.terms.end()) word.terms.push_back(term);
  }
  if (std::ranges::any_of(query.words, [&](const QueryWord& other) { return other.terms == word.terms && other.phrase == word.phrase; })) return;
  query.words.push_back(std::move(word));
}

QueryWords Words::query(std::string_view text, LanguageSet in_store) {
  text = utf8_prefix(text, kQueryBytes);
  const LanguageVotes::Verdict verdict = read(text);
  QueryWords query{.words = {}, .language = verdict.language, .sure = verdict.sure};
  for (const Span& span : quoted_spans(text)) {
    read(span.text);
    for (const Kept& piece : pieces_)
      if (query.words.size() < kQueryWordsRead) add_word(query, piece, span.phrase, in_store);
  }
  return query;
}

}  // namespace zo
