#include "embed/kernels.h"

#include <array>
#include <cstring>

#include "base/result.h"

namespace zo {

Panels Panels::of(const E5Linear& linear) {
  const E5Matrix& matrix = linear.weight;
  ZO_CHECK(matrix.rows % kPanelRows == 0 && matrix.columns % kE5Block == 0 && linear.bias.size() == matrix.rows);
  Panels out{matrix.rows, matrix.columns, {}, linear.bias};
  const std::size_t columns = matrix.columns / kE5Block;
  out.blocks.resize(matrix.rows / kPanelRows * columns);
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    const std::string_view raw = matrix.row(row);
    const std::size_t lane = row % kPanelRows;
    for (std::size_t block = 0; block < columns; ++block) {
      PanelBlock& to = out.blocks[row / kPanelRows * columns + block];
      const char* const from = raw.data() + block * kE5BlockBytes;
      to.scales[lane] = e5_scale(from);
      for (std::size_t group = 0; group < 4; ++group) std::memcpy(to.nibbles[group] + 4 * lane, from + 2 + 4 * group, 4);
    }
  }
  return out;
}

void QuantisedRows::resize(std::size_t rows_wanted, std::size_t columns_wanted) {
  rows = rows_wanted;
  columns = columns_wanted;
  values.resize(rows * columns);
  scales.resize(rows * columns / kE5Block);
  offsets.resize(rows * columns / kE5Block);
}

std::span<const Kernels* const> available_kernels() {
  struct Found {
    std::array<const Kernels*, 5> kernels{};
    std::size_t count = 0;
  };
  static const Found found = [] {
    Found out;
    for (const Kernels* kernels : {avx512_kernels(), avx2_kernels(), neon_dot_kernels(), neon_kernels(), &plain_kernels()})
      if (kernels != nullptr) out.kernels[out.count++] = kernels;
    return out;
  }();
  return {found.kernels.data(), found.count};
}

}  // namespace zo
