// For 64-bit ARM: every one has NEON.
#include "embed/kernels.h"

#ifdef __aarch64__
#include "embed/float_lanes.h"
#include "embed/neon_tiles.h"

namespace zo {
namespace {

// A product is at most 15 x 127, and one lane adds up sixteen of them: that fits 16 bits.
struct Multiplied {
  int16x8_t low = vdupq_n_s16(0), high = vdupq_n_s16(0);

  void add(int8x16_t weights, int8x16_t row) {
    low = vmlal_s8(low, vget_low_s8(weights), vget_low_s8(row));
    high = vmlal_high_s8(high, weights, row);
  }
  int32x4_t sums() const { return vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)); }
};

constexpr Kernels kNeon{"neon", quantise_rows, linear<Multiplied>, attention, add_and_norm, gelu, dot_i8};

}  // namespace

const Kernels* neon_kernels() { return &kNeon; }

}  // namespace zo
#else
namespace zo {
const Kernels* neon_kernels() { return nullptr; }
}  // namespace zo
#endif
