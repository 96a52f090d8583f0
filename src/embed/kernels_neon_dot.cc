// For 64-bit ARM with products of four bytes at once (ARMv8.2's dot product): most processors from 2018 on.
#include "embed/kernels.h"

#ifdef __aarch64__
#include <arm_neon.h>
#include <sys/auxv.h>

#include <bit>
#include <cmath>
#include <cstring>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#include "embed/float_lanes.h"
#include "embed/neon_tiles.h"

namespace zo {
namespace {

struct Dotted {
  int32x4_t total = vdupq_n_s32(0);

  void add(int8x16_t weights, int8x16_t row) { total = vdotq_s32(total, weights, row); }
  int32x4_t sums() const { return total; }
};

constexpr Kernels kNeonDot{"neon-dot", quantise_rows, linear<Dotted>, attention, add_and_norm, gelu, dot_i8};
constexpr unsigned long kHasDotProduct = 1ul << 20;  // HWCAP_ASIMDDP

}  // namespace
}  // namespace zo

#pragma clang attribute pop

namespace zo {
const Kernels* neon_dot_kernels() { return (::getauxval(AT_HWCAP) & kHasDotProduct) != 0 ? &kNeonDot : nullptr; }
}  // namespace zo
#else
namespace zo {
const Kernels* neon_dot_kernels() { return nullptr; }
}  // namespace zo
#endif
