// For processors with AVX2: Haswell, Zen and later.
#include "embed/kernels.h"

#ifdef __x86_64__
#include <immintrin.h>

#include <bit>
#include <cmath>
#include <cstring>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "embed/float_lanes.h"
#include "embed/share_out.h"

#pragma clang fp contract(off)

namespace zo {
namespace {

constexpr std::size_t kTile = 4;

inline __m256i four_of(const std::int8_t* from) {
  std::int32_t out;
  std::memcpy(&out, from, sizeof out);
  return _mm256_set1_epi32(out);
}

inline __m256i half_of(const std::uint8_t* from) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(from)); }

// Eight rows of the panel from `half` on. A product of two pairs is at most 2 x 15 x 127, so eight of them fit 16 bits.
template <int Count>
void tile(const PanelBlock* panel, std::size_t half, const QuantisedRows& rows, std::size_t first, const float* bias, float* out,
          std::size_t stride) {
  const std::size_t blocks = rows.columns / kE5Block;
  const std::int8_t* const values = rows.values.data() + first * rows.columns;
  const std::size_t begin = first * blocks;
  const __m256i low_nibbles = _mm256_set1_epi8(0xF);
  const __m256i ones = _mm256_set1_epi16(1);
  __m256 totals[Count];
  for (int i = 0; i < Count; ++i) totals[i] = _mm256_setzero_ps();
  for (std::size_t b = 0; b < blocks; ++b) {
    __m256i sums[Count];
    for (int i = 0; i < Count; ++i) sums[i] = _mm256_setzero_si256();
#pragma clang loop unroll(full)
    for (int group = 0; group < 4; ++group) {
      const __m256i both = half_of(panel[b].nibbles[group] + 4 * half);
      const __m256i low = _mm256_and_si256(both, low_nibbles);
      const __m256i high = _mm256_and_si256(_mm256_srli_epi16(both, 4), low_nibbles);
      const std::int8_t* const column = values + b * kE5Block + static_cast<std::size_t>(4 * group);
#pragma clang loop unroll(full)
      for (int i = 0; i < Count; ++i) {
        const std::int8_t* const row = column + static_cast<std::size_t>(i) * rows.columns;
        sums[i] = _mm256_add_epi16(sums[i], _mm256_maddubs_epi16(low, four_of(row)));
        sums[i] = _mm256_add_epi16(sums[i], _mm256_maddubs_epi16(high, four_of(row + 16)));
      }
    }
    const __m256 scales = _mm256_load_ps(panel[b].scales + half);
#pragma clang loop unroll(full)
    for (int i = 0; i < Count; ++i) {
      const std::size_t at = begin + static_cast<std::size_t>(i) * blocks + b;
      const __m256i sum = _mm256_add_epi32(_mm256_madd_epi16(sums[i], ones), _mm256_set1_epi32(rows.offsets[at]));
      const __m256 part = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_mul_ps(scales, _mm256_set1_ps(rows.scales[at])));
      totals[i] = _mm256_add_ps(totals[i], part);
    }
  }
  for (int i = 0; i < Count; ++i)
    _mm256_storeu_ps(out + (first + static_cast<std::size_t>(i)) * stride + half, _mm256_add_ps(totals[i], _mm256_loadu_ps(bias + half)));
}

void linear(const Panels& weights, const QuantisedRows& rows, float* out) {
  const std::size_t blocks = weights.columns / kE5Block;
  for (std::size_t p = 0; p < weights.rows / kPanelRows; ++p) {
    const PanelBlock* const panel = weights.blocks.data() + p * blocks;
    const float* const bias = weights.bias.data() + p * kPanelRows;
    float* const to = out + p * kPanelRows;
    for (std::size_t half = 0; half < kPanelRows; half += 8)
      share_out<kTile>(rows.rows, [&]<int Count>(std::size_t row) { tile<Count>(panel, half, rows, row, bias, to, weights.rows); });
  }
}

std::int32_t dot_i8(const std::int8_t* a, const std::int8_t* b, std::size_t count) {
  const auto wide = [](const std::int8_t* from) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  };
  __m256i sums = _mm256_setzero_si256();
  std::size_t at = 0;
  for (; at + 16 <= count; at += 16) sums = _mm256_add_epi32(sums, _mm256_madd_epi16(wide(a + at), wide(b + at)));
  std::int32_t parts[8];
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(parts), sums);
  std::int32_t sum = 0;
  for (const std::int32_t part : parts) sum += part;
  for (; at < count; ++at) sum += a[at] * b[at];
  return sum;
}

constexpr Kernels kAvx2{"avx2", quantise_rows, linear, attention, add_and_norm, gelu, dot_i8};

}  // namespace
}  // namespace zo

#pragma clang attribute pop

namespace zo {
const Kernels* avx2_kernels() { return __builtin_cpu_supports("avx2") ? &kAvx2 : nullptr; }
}  // namespace zo
#else
namespace zo {
const Kernels* avx2_kernels() { return nullptr; }
}  // namespace zo
#endif
