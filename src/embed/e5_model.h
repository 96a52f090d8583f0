// The built-in embedder: a text becomes 384 numbers of length 1, near those of texts that mean the same, in about a hundred languages.
// multilingual-e5-small in 4 bits (BERT, norms after the sums, erf GELU, mean of all tokens), computed by this program itself.
//
// One thread a text, 5 to 15 ms for a sentence; call it through offload(). The same text gives the same bits on every processor.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "embed/e5_file.h"
#include "embed/kernels.h"
#include "embed/pieces.h"

namespace zo {

inline constexpr std::size_t kEmbeddingDimensions = 384;
inline constexpr std::size_t kEmbeddingTokensMax = 512;  // of a longer text, its beginning counts
using Embedding = std::array<float, kEmbeddingDimensions>;

class E5Model {
 public:
  // Questions and what may answer them are told apart, as the model was trained.
  enum class Kind { Query, Passage };

  // Reads and rearranges the weights: 50 ms and 15 MB, beside the pages of the file that are used. NotFound when there is no such file,
  // Invalid when it is not this model. The file must not be changed while the model lives; replacing it by a rename is fine.
  static Result<std::unique_ptr<E5Model>> open(const std::string& path, const Kernels& kernels = best_kernels());
  static Result<std::unique_ptr<E5Model>> of(E5File file, const Kernels& kernels = best_kernels());

  // Any bytes; safe from every thread at once. All numbers are finite.
  Embedding embed(std::string_view text, Kind kind) const;
  // The tokens that embed() sees.
  std::vector<std::uint32_t> tokens(std::string_view text, Kind kind) const;

  std::string_view kernels() const { return kernels_->name; }

 private:
  struct Layer {
    Panels query, key, value, attention_out, feed_in, feed_out;
    E5Norm attention_norm, output_norm;
  };
  struct Scratch;

  E5Model(E5File file, const Kernels& kernels);
  void look_up(const std::vector<std::uint32_t>& tokens, Scratch& scratch) const;
  void run(const Layer& layer, Scratch& scratch) const;

  E5File file_;
  const Kernels* kernels_;
  std::vector<Layer> layers_;
  std::unique_ptr<Pieces> pieces_;  // borrows from file_
};

}  // namespace zo
