// The arithmetic of the embedder, once for each kind of processor and chosen when the program runs. Weights are unsigned nibbles in
// panels of 16 rows, activations int8 with one scale per 32, products are summed as integers, and what is left is done in the same order
// everywhere: all kernels give the same bits as the plain one, which the tests hold them to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "embed/e5_file.h"

namespace zo {

inline constexpr std::size_t kPanelRows = 16;

// 32 columns of 16 rows. Four columns of a row lie together: group g in the low nibbles of nibbles[g] for g < 4, in the high ones of
// nibbles[g - 4] otherwise. The value is (nibble - 8) x scale of the row.
struct alignas(64) PanelBlock {
  std::uint8_t nibbles[4][4 * kPanelRows];
  float scales[kPanelRows];
};

struct Panels {
  std::size_t rows = 0, columns = 0;  // rows is a multiple of 16, columns of 32
  std::vector<PanelBlock> blocks;     // panel by panel
  std::vector<float> bias;

  static Panels of(const E5Linear& linear);
};

// Rows of activations as int8 (never -128), a scale for every 32, and what the weights' offset of 8 takes away from their sum.
struct QuantisedRows {
  std::size_t rows = 0, columns = 0;
  std::vector<std::int8_t> values;
  std::vector<float> scales;
  std::vector<std::int32_t> offsets;

  void resize(std::size_t rows_wanted, std::size_t columns_wanted);
};

struct AttentionShape {
  std::size_t tokens = 0, hidden = 0, heads = 0;

  std::size_t width() const { return hidden / heads; }  // of a head, a multiple of 16
  std::size_t padded_tokens() const { return (tokens + kE5Lane - 1) / kE5Lane * kE5Lane; }
  // Floats that `attention` needs beside its input and output.
  std::size_t scratch() const { return (width() + 4) * padded_tokens(); }
};

struct Kernels {
  std::string_view name;  // "avx512"
  void (*quantise_rows)(const float* from, QuantisedRows& out);  // out has its size
  // out[row][i] = bias[i] + the product of row and row i of the weights.
  void (*linear)(const Panels& weights, const QuantisedRows& rows, float* out);
  void (*attention)(const AttentionShape& shape, const float* query, const float* key, const float* value, float* out, float* scratch);
  // row = norm(row + added row); `added` may be null.
  void (*add_and_norm)(float* rows, const float* added, std::size_t count, const E5Norm& norm, float epsilon);
  void (*gelu)(float* values, std::size_t count);  // a multiple of 16
  std::int32_t (*dot_i8)(const std::int8_t* a, const std::int8_t* b, std::size_t count);
};

const Kernels& plain_kernels();
// Null where this program is for another processor, or the processor lacks them.
const Kernels* avx2_kernels();
const Kernels* avx512_kernels();
const Kernels* neon_kernels();
const Kernels* neon_dot_kernels();

// Those that run here, best first; the plain one is the last.
std::span<const Kernels* const> available_kernels();
inline const Kernels& best_kernels() { return *available_kernels().front(); }

}  // namespace zo
