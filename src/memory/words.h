// From text to the terms of an index, and from a question to the terms to look for: characters made alike, words cut to their stems by
// the language that the text is in (Snowball), stop words left out, accents folded. A text and a question meet although each is in a
// language of its own: what is asked for is looked for in every form that the languages of the store may have given it.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "memory/language.h"
#include "memory/pieces.h"

namespace zo {

inline constexpr std::size_t kTextBytesIndexed = 1024 * 1024;  // of one text; the rest cannot be found
inline constexpr std::size_t kQueryBytes = 4 * 1024;           // of a question; the rest is not looked at
inline constexpr std::size_t kQueryWordsRead = 256;            // of a question; likewise
inline constexpr std::size_t kWordsKept = 65'536;              // whose stems need not be found again; then all are forgotten

struct QueryWord {
  std::string word;                // as it was asked, in lower case
  std::vector<std::string> terms;  // by which a text may hold it
  PieceKind kind = PieceKind::Word;
  std::uint32_t phrase = 0;        // of which quoted phrase it is a part; 0: of none
};

struct QueryWords {
  std::vector<QueryWord> words;
  Language language = Language::English;
  bool sure = false;
};

// Not for two threads at once.
class Words {
 public:
  Words();
  ~Words();

  struct Term {
    std::string_view text;
    bool counts;                    // to the length of the text
    std::uint32_t* note = nullptr;  // the caller's, about this term: kNoNote at first, kept until forget() or for a while
  };
  static constexpr std::uint32_t kNoNote = UINT32_MAX;
  // The terms of a text in their order; a term is good for the call only. `head` (who, when) is stemmed in the language of `body`, which
  // is returned.
  using Found = std::function<void(const Term&)>;
  Language terms(std::string_view head, const Found& in_head, std::string_view body, const Found& in_body);
  // What to look for in a store that holds texts in these languages.
  QueryWords query(std::string_view text, LanguageSet in_store);
  // What was read leaves memory.
  void forget();

 private:
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Stem {
    Language language;
    std::string text;
    std::uint32_t note = kNoNote;
  };
  struct Word {
    KnownWord known;
    std::vector<Stem> stems;  // in the languages that were asked for
  };
  struct Kept {
    std::uint32_t offset;
    std::uint16_t bytes;
    PieceKind kind;
    Language script;
    bool latin;
    bool counts;
    std::uint32_t word;  // into words_, for a word
  };
  struct Stemmer;

  LanguageVotes::Verdict read(std::string_view text);
  void give(Language language, const Found& found);
  std::uint32_t word(std::string_view text);
  Stem& stem_of(const Kept& piece, Language language);
  std::string stem(Language language, std::string_view word);
  void add_word(QueryWords& query, const Kept& piece, std::uint32_t phrase, LanguageSet in_store);
  std::string_view text_of(const Kept& piece) const { return std::string_view(bytes_).substr(piece.offset, piece.bytes); }

  std::u32string characters_;
  std::string bytes_;
  std::vector<Kept> pieces_;
  std::vector<std::unique_ptr<Stemmer>> stemmers_;
  std::vector<Word> words_;
  boost::unordered_flat_map<std::string, std::uint32_t, Hash, std::equal_to<>> word_numbers_;
};

}  // namespace zo
