// For processors with AVX-512 and its integer products (VNNI): Ice Lake, Zen 4 and later.
#include "embed/kernels.h"

#ifdef __x86_64__
#include <immintrin.h>

#include <bit>
#include <cmath>
#include <cstring>

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)

#include "embed/float_lanes.h"
#include "embed/share_out.h"

#pragma clang fp contract(off)

namespace zo {
namespace {

// Up to so many rows share every unpacked weight; their sums stay in registers.
constexpr std::size_t kTile = 12;

inline std::int32_t four_of(const std::int8_t* from) {
  std::int32_t out;
  std::memcpy(&out, from, sizeof out);
  return out;
}

template <int Count>
void tile(const PanelBlock* panel, const QuantisedRows& rows, std::size_t first, const float* bias, float* out, std::size_t stride) {
  const std::size_t blocks = rows.columns / kE5Block;
  const std::int8_t* const values = rows.values.data() + first * rows.columns;
  const std::size_t begin = first * blocks;
  const __m512i low_nibbles = _mm512_set1_epi8(0xF);
  __m512 totals[Count];
  for (int i = 0; i < Count; ++i) totals[i] = _mm512_setzero_ps();
  for (std::size_t b = 0; b < blocks; ++b) {
    __m512i sums[Count];
    for (int i = 0; i < Count; ++i) sums[i] = _mm512_set1_epi32(rows.offsets[begin + static_cast<std::size_t>(i) * blocks + b]);
#pragma clang loop unroll(full)
    for (int group = 0; group < 4; ++group) {
      const __m512i both = _mm512_load_si512(panel[b].nibbles[group]);
      const __m512i low = _mm512_and_si512(both, low_nibbles);
      const __m512i high = _mm512_and_si512(_mm512_srli_epi16(both, 4), low_nibbles);
      const std::int8_t* const column = values + b * kE5Block + static_cast<std::size_t>(4 * group);
#pragma clang loop unroll(full)
      for (int i = 0; i < Count; ++i) {
        const std::int8_t* const row = column + static_cast<std::size_t>(i) * rows.columns;
        sums[i] = _mm512_dpbusd_epi32(sums[i], low, _mm512_set1_epi32(four_of(row)));
        sums[i] = _mm512_dpbusd_epi32(sums[i], high, _mm512_set1_epi32(four_of(row + 16)));
      }
    }
    const __m512 scales = _mm512_load_ps(panel[b].scales);
#pragma clang loop unroll(full)
    for (int i = 0; i < Count; ++i) {
      const __m512 scale = _mm512_mul_ps(scales, _mm512_set1_ps(rows.scales[begin + static_cast<std::size_t>(i) * blocks + b]));
      const __m512 part = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[i]), scale);
      totals[i] = _mm512_add_ps(totals[i], part);
    }
  }
  for (int i = 0; i < Count; ++i)
    _mm512_storeu_ps(out + (first + static_cast<std::size_t>(i)) * stride, _mm512_add_ps(totals[i], _mm512_loadu_ps(bias)));
}

void linear(const Panels& weights, const QuantisedRows& rows, float* out) {
  const std::size_t blocks = weights.columns / kE5Block;
  for (std::size_t p = 0; p < weights.rows / kPanelRows; ++p) {
    const PanelBlock* const panel = weights.blocks.data() + p * blocks;
    const float* const bias = weights.bias.data() + p * kPanelRows;
    float* const to = out + p * kPanelRows;
    share_out<kTile>(rows.rows, [&]<int Count>(std::size_t row) { tile<Count>(panel, rows, row, bias, to, weights.rows); });
  }
}

// The products take one factor unsigned: 128 is added to it, and its share taken away at the end.
std::int32_t dot_i8(const std::int8_t* a, const std::int8_t* b, std::size_t count) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(-128));
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i sums = _mm512_setzero_si512();
  __m512i shares = _mm512_setzero_si512();
  for (std::size_t at = 0; at < count; at += 64) {
    const std::size_t left = count - at;
    const __mmask64 mask = left >= 64 ? ~__mmask64{0} : (__mmask64{1} << left) - 1;
    const __m512i x = _mm512_maskz_loadu_epi8(mask, a + at);
    const __m512i y = _mm512_maskz_loadu_epi8(mask, b + at);
    sums = _mm512_dpbusd_epi32(sums, _mm512_xor_si512(x, flip), y);
    shares = _mm512_dpbusd_epi32(shares, ones, y);
  }
  return _mm512_reduce_add_epi32(_mm512_sub_epi32(sums, _mm512_slli_epi32(shares, 7)));
}

constexpr Kernels kAvx512{"avx512", quantise_rows, linear, attention, add_and_norm, gelu, dot_i8};

}  // namespace
}  // namespace zo

#pragma clang attribute pop

namespace zo {
const Kernels* avx512_kernels() {
  const bool here = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("fma");
  return here ? &kAvx512 : nullptr;
}
}  // namespace zo
#else
namespace zo {
const Kernels* avx512_kernels() { return nullptr; }
}  // namespace zo
#endif
