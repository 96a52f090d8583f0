// The tokenizer of the built-in embedder: SentencePiece's Unigram over the vocabulary of the weights file. Characters are mapped (NFKC and
// the like), runs of spaces become one, a word begins with U+2581, and of all ways to cut a word into pieces the likeliest wins.
//
// Takes any bytes: what is no UTF-8 counts as U+FFFD. Time grows with the length of the text, not faster.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "embed/e5_file.h"

namespace zo {

namespace limits {
inline constexpr std::size_t kEmbeddedTextBytes = 64 * 1024;     // of a longer text, once mapped, the beginning counts
inline constexpr std::size_t kEmbeddedInputBytes = 1024 * 1024;  // likewise, before it is mapped
}  // namespace limits

class Pieces {
 public:
  // Borrows `words`, and what that borrows. Invalid when too many pieces collide, which only a made-up file brings about.
  static Result<Pieces> of(const E5Vocabulary& words);

  // Of a text's beginning, at most `tokens_max` (at least 2) with the marks of begin and end. Never fewer than those two.
  std::vector<std::uint32_t> encode(std::string_view text, std::size_t tokens_max) const;

  // The text as it is cut: mapped, U+2581 before every word and no other space.
  std::string normalised(std::string_view text) const;

 private:
  // One of a hash table's places; `id_plus_one` is 0 where it is free.
  struct Place {
    std::uint32_t tag = 0, id_plus_one = 0;
  };
  // The best way to the end of a character: what it adds up to, where its last piece begins, and that piece.
  struct Step {
    double score = 0;
    std::uint32_t from = 0, id = 0;
    bool reached = false;
  };

  explicit Pieces(const E5Vocabulary& words) : words_(&words) {}
  Result<> index();
  bool is_special(std::size_t id) const;
  Result<> insert(std::size_t id);
  // The piece that `text` is, of the hash `hash`; unknown if none.
  std::uint32_t find(std::string_view text, std::uint64_t hash) const;
  void append_mapped(char32_t c, std::string& out, bool& space_waits) const;
  void cut(std::string_view word, std::vector<Step>& steps, std::vector<std::uint32_t>& out) const;
  void try_pieces(std::string_view word, std::size_t begin, std::vector<Step>& steps) const;

  const E5Vocabulary* words_;
  std::vector<Place> places_;  // a power of two, at most half full
  std::size_t piece_bytes_max_ = 1;
  double unknown_score_ = 0;
};

}  // namespace zo
