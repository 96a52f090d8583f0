// The products of 64-bit ARM, by way of a Sum that adds up those of four rows of weights with a block of activations. Included like
// float_lanes.h, within the region that names the processor.
#pragma once

#include <arm_neon.h>

#include "embed/kernels.h"
#include "embed/share_out.h"

#pragma clang fp contract(off)

namespace zo {
namespace {

constexpr std::size_t kTile = 4;

inline int8x16_t four_of(const std::int8_t* from) {
  std::int32_t out;
  std::memcpy(&out, from, sizeof out);
  return vreinterpretq_s8_s32(vdupq_n_s32(out));
}

// Four rows of the panel from `quarter` on.
template <class Sum, int Count>
void tile(const PanelBlock* panel, std::size_t quarter, const QuantisedRows& rows, std::size_t first, const float* bias, float* out,
          std::size_t stride) {
  const std::size_t blocks = rows.columns / kE5Block;
  const std::int8_t* const values = rows.values.data() + first * rows.columns;
  const std::size_t begin = first * blocks;
  float32x4_t totals[Count];
  for (int i = 0; i < Count; ++i) totals[i] = vdupq_n_f32(0);
  for (std::size_t b = 0; b < blocks; ++b) {
    Sum sums[Count];
    for (std::size_t group = 0; group < 4; ++group) {
      const uint8x16_t both = vld1q_u8(panel[b].nibbles[group] + 4 * quarter);
      const int8x16_t low = vreinterpretq_s8_u8(vandq_u8(both, vdupq_n_u8(0xF)));
      const int8x16_t high = vreinterpretq_s8_u8(vshrq_n_u8(both, 4));
      for (int i = 0; i < Count; ++i) {
        const std::int8_t* const row = values + static_cast<std::size_t>(i) * rows.columns + b * kE5Block + 4 * group;
        sums[i].add(low, four_of(row));
        sums[i].add(high, four_of(row + 16));
      }
    }
    const float32x4_t scales = vld1q_f32(panel[b].scales + quarter);
    for (int i = 0; i < Count; ++i) {
      const std::size_t at = begin + static_cast<std::size_t>(i) * blocks + b;
      const int32x4_t sum = vaddq_s32(sums[i].sums(), vdupq_n_s32(rows.offsets[at]));
      const float32x4_t part = vmulq_f32(vcvtq_f32_s32(sum), vmulq_f32(scales, vdupq_n_f32(rows.scales[at])));
      totals[i] = vaddq_f32(totals[i], part);
    }
  }
  for (int i = 0; i < Count; ++i)
    vst1q_f32(out + (first + static_cast<std::size_t>(i)) * stride + quarter, vaddq_f32(totals[i], vld1q_f32(bias + quarter)));
}

template <class Sum>
void linear(const Panels& weights, const QuantisedRows& rows, float* out) {
  const std::size_t blocks = weights.columns / kE5Block;
  for (std::size_t p = 0; p < weights.rows / kPanelRows; ++p) {
    const PanelBlock* const panel = weights.blocks.data() + p * blocks;
    const float* const bias = weights.bias.data() + p * kPanelRows;
    float* const to = out + p * kPanelRows;
    for (std::size_t quarter = 0; quarter < kPanelRows; quarter += 4)
      share_out<kTile>(rows.rows, [&]<int Count>(std::size_t row) { tile<Sum, Count>(panel, quarter, rows, row, bias, to, weights.rows); });
  }
}

std::int32_t dot_i8(const std::int8_t* a, const std::int8_t* b, std::size_t count) {
  int32x4_t sums = vdupq_n_s32(0);
  std::size_t at = 0;
  for (; at + 16 <= count; at += 16) {
    const int8x16_t x = vld1q_s8(a + at);
    const int8x16_t y = vld1q_s8(b + at);
    sums = vpadalq_s16(sums, vmull_s8(vget_low_s8(x), vget_low_s8(y)));
    sums = vpadalq_s16(sums, vmull_high_s8(x, y));
  }
  std::int32_t sum = vaddvq_s32(sums);
  for (; at < count; ++at) sum += a[at] * b[at];
  return sum;
}

}  // namespace
}  // namespace zo
