// The kernels that run everywhere, and what the others are measured against.
#include "embed/kernels.h"

#include "embed/float_lanes.h"

#pragma clang fp contract(off)

namespace zo {
namespace {

typedef std::uint8_t Nibbles __attribute__((vector_size(16)));
typedef std::int16_t Products __attribute__((vector_size(32)));
typedef std::int32_t Sums __attribute__((vector_size(16)));

// A group of four columns of a row of activations, four times over.
inline void spread(const std::int8_t* from, Products& out) {
  for (int i = 0; i < 16; ++i) out[i] = from[i % 4];
}

// Adds up neighbours by four.
inline Sums folded(const Products& products) {
  const Products pairs = products + __builtin_shufflevector(products, products, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  typedef std::int16_t Four __attribute__((vector_size(8)));
  const Four first = __builtin_shufflevector(pairs, pairs, 0, 4, 8, 12);
  const Four second = __builtin_shufflevector(pairs, pairs, 2, 6, 10, 14);
  return __builtin_convertvector(first, Sums) + __builtin_convertvector(second, Sums);
}

// The products of one row of activations with the 16 rows of a block, in vectors of any processor. Eight products are 8 x 15 x 127 at
// most, and two such sums still fit 16 bits.
inline void block_dots(const PanelBlock& block, const Products (&low)[4], const Products (&high)[4], std::int32_t (&sums)[kPanelRows]) {
  for (std::size_t quarter = 0; quarter < 4; ++quarter) {
    Products products{};
    for (std::size_t group = 0; group < 4; ++group) {
      Nibbles both;
      std::memcpy(&both, block.nibbles[group] + 16 * quarter, sizeof both);
      products = products + __builtin_convertvector(both & 0xF, Products) * low[group];
      products = products + __builtin_convertvector(both >> 4, Products) * high[group];
    }
    const Sums four = folded(products);
    std::memcpy(sums + 4 * quarter, &four, sizeof four);
  }
}

// One block of columns for all rows of the panel, added to `totals`.
inline void add_block(const PanelBlock& block, const QuantisedRows& rows, std::size_t row, std::size_t at, Lanes& totals) {
  const std::int8_t* const values = rows.values.data() + row * rows.columns + at * kE5Block;
  Products low[4], high[4];
  for (std::size_t group = 0; group < 4; ++group) {
    spread(values + 4 * group, low[group]);
    spread(values + 16 + 4 * group, high[group]);
  }
  Ints sums;
  std::int32_t parts[kPanelRows];
  block_dots(block, low, high, parts);
  std::memcpy(&sums, parts, sizeof sums);
  const std::size_t index = row * (rows.columns / kE5Block) + at;
  const Floats part = __builtin_convertvector(sums + rows.offsets[index], Floats) * (load(block.scales).v * rows.scales[index]);
  totals.v = totals.v + part;
}

void linear(const Panels& weights, const QuantisedRows& rows, float* out) {
  const std::size_t blocks = weights.columns / kE5Block;
  for (std::size_t panel = 0; panel < weights.rows / kPanelRows; ++panel)
    for (std::size_t row = 0; row < rows.rows; ++row) {
      Lanes totals{};
      for (std::size_t b = 0; b < blocks; ++b) add_block(weights.blocks[panel * blocks + b], rows, row, b, totals);
      store(out + row * weights.rows + panel * kPanelRows, {totals.v + load(weights.bias.data() + panel * kPanelRows).v});
    }
}

std::int32_t dot_i8(const std::int8_t* a, const std::int8_t* b, std::size_t count) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

constexpr Kernels kPlain{"plain", quantise_rows, linear, attention, add_and_norm, gelu, dot_i8};

}  // namespace

const Kernels& plain_kernels() { return kPlain; }

}  // namespace zo
