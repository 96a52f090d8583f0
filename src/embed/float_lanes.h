// The parts of the forward pass that are not integer products, in 16 lanes of floats. Every kernel file includes this within the region
// that names its processor, so the compiler makes one copy for each, in registers of 4, 8 or 16; nothing is fused or reordered, so all
// copies give the same bits. What it uses of the standard library is included by the kernel file before that region begins.
#pragma once

#include <bit>
#include <cmath>
#include <cstring>

#include "embed/kernels.h"

#pragma clang fp contract(off)

namespace zo {
namespace {

typedef float Floats __attribute__((vector_size(64)));
typedef std::int32_t Ints __attribute__((vector_size(64)));
typedef std::int8_t Bytes __attribute__((vector_size(16)));

// In a struct, because a bare vector wider than the processor's cannot be handed over.
struct Lanes {
  Floats v;
};

#define ZO_LANES [[gnu::always_inline]] inline

ZO_LANES Lanes load(const float* from) {
  Lanes out;
  std::memcpy(&out.v, from, sizeof out.v);
  return out;
}
ZO_LANES void store(float* to, const Lanes& from) { std::memcpy(to, &from.v, sizeof from.v); }

// Adding this to a float of less than 2^22 rounds it to a whole number, ties to even, which stands in its lowest bits.
constexpr float kRounder = 12'582'912.0f;
constexpr std::int32_t kRounderBits = 0x4B400000;

ZO_LANES float sum_of(const Lanes& lanes) {
  float parts[16];
  store(parts, lanes);
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) parts[i] = parts[i] + parts[i + half];
  return parts[0];
}

ZO_LANES float largest_of(const Lanes& lanes) {
  float parts[16];
  store(parts, lanes);
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) parts[i] = parts[i] > parts[i + half] ? parts[i] : parts[i + half];
  return parts[0];
}

ZO_LANES Lanes larger(const Lanes& a, const Lanes& b) { return {a.v > b.v ? a.v : b.v}; }
ZO_LANES Lanes absolute(const Lanes& a) { return {__builtin_bit_cast(Floats, __builtin_bit_cast(Ints, a.v) & 0x7FFFFFFF)}; }

// e^x for x <= 0 and down to -87, below which it is taken as that: Cephes' polynomial, two units in the last place.
ZO_LANES Lanes exp_of(const Lanes& in) {
  const Floats x = in.v < -87.0f ? Floats{} - 87.0f : in.v;
  const Floats rounded = x * 1.44269504088896341f + kRounder;
  const Floats n = rounded - kRounder;
  const Floats r = x - n * 0.693359375f - n * -2.12194440e-4f;
  Floats y = r * 1.9875691500e-4f + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * r * r + r + 1.0f;
  const Ints power = (__builtin_bit_cast(Ints, rounded) - kRounderBits + 127) << 23;
  return {y * __builtin_bit_cast(Floats, power)};
}

// x/2 (1 + erf(x / sqrt 2)); erf by Abramowitz and Stegun 7.1.26, off by 1.5e-7 at most.
void gelu(float* values, std::size_t count) {
  for (std::size_t at = 0; at < count; at += kE5Lane) {
    const Lanes x = load(values + at);
    const Floats z = absolute(x).v * 0.70710678118654752f;
    const Floats square = z < 10.0f ? z * z : Floats{} + 100.0f;
    const Floats t = 1.0f / (z * 0.3275911f + 1.0f);
    Floats y = t * 1.061405429f - 1.453152027f;
    y = y * t + 1.421413741f;
    y = y * t - 0.284496736f;
    y = y * t + 0.254829592f;
    const Floats rest = y * t * exp_of({-square}).v;  // 1 - erf(z)
    const Floats both = x.v < 0.0f ? rest : 2.0f - rest;
    store(values + at, {x.v * 0.5f * both});
  }
}

void add_and_norm(float* rows, const float* added, std::size_t count, const E5Norm& norm, float epsilon) {
  const std::size_t width = norm.weight.size();
  const auto size = static_cast<float>(width);
  for (std::size_t row = 0; row < count; ++row) {
    float* const x = rows + row * width;
    Lanes sum{};
    for (std::size_t at = 0; at < width; at += kE5Lane) {
      Lanes part = load(x + at);
      if (added != nullptr) part.v = part.v + load(added + row * width + at).v;
      store(x + at, part);
      sum.v = sum.v + part.v;
    }
    const float mean = sum_of(sum) / size;
    Lanes squares{};
    for (std::size_t at = 0; at < width; at += kE5Lane) {
      const Floats off = load(x + at).v - mean;
      squares.v = squares.v + off * off;
    }
    const float inverse = 1.0f / std::sqrt(sum_of(squares) / size + epsilon);
    for (std::size_t at = 0; at < width; at += kE5Lane) {
      const Floats scaled = (load(x + at).v - mean) * inverse;
      store(x + at, {scaled * load(norm.weight.data() + at).v + load(norm.bias.data() + at).v});
    }
  }
}

ZO_LANES std::int32_t quantise_lanes(const Lanes& from, float inverse, std::int8_t* to) {
  const Ints whole = __builtin_bit_cast(Ints, from.v * inverse + kRounder) - kRounderBits;
  const Bytes bytes = __builtin_convertvector(whole, Bytes);
  std::memcpy(to, &bytes, sizeof bytes);
  return __builtin_reduce_add(whole);
}

void quantise_rows(const float* from, QuantisedRows& out) {
  constexpr float kLeast = 1e-30f;  // below it, all are zero
  for (std::size_t block = 0; block < out.scales.size(); ++block) {
    const Lanes low = load(from + block * kE5Block);
    const Lanes high = load(from + block * kE5Block + kE5Lane);
    const float most = largest_of(larger(absolute(low), absolute(high)));
    const float inverse = most > kLeast ? 127.0f / most : 0.0f;
    std::int8_t* const to = out.values.data() + block * kE5Block;
    const std::int32_t sum = quantise_lanes(low, inverse, to) + quantise_lanes(high, inverse, to + kE5Lane);
    out.scales[block] = most > kLeast ? most / 127.0f : 0.0f;
    out.offsets[block] = -8 * sum;
  }
}

// One head's attention for `Count` tokens from `first` on. `keys` is width x padded tokens, `weights` Count x padded tokens.
template <int Count>
void attend(const AttentionShape& shape, std::size_t first, const float* query, const float* keys, const float* value, float* weights, float* out) {
  const std::size_t padded = shape.padded_tokens();
  const float scale = 1.0f / std::sqrt(static_cast<float>(shape.width()));
  for (std::size_t at = 0; at < padded; at += kE5Lane) {
    Floats sums[Count]{};
    for (std::size_t d = 0; d < shape.width(); ++d) {
      const Lanes key = load(keys + d * padded + at);
      for (int i = 0; i < Count; ++i) sums[i] = sums[i] + key.v * query[(first + static_cast<std::size_t>(i)) * shape.hidden + d];
    }
    for (int i = 0; i < Count; ++i) store(weights + static_cast<std::size_t>(i) * padded + at, {sums[i] * scale});
  }
  float inverse[Count];
  for (int i = 0; i < Count; ++i) {
    float* const row = weights + static_cast<std::size_t>(i) * padded;
    for (std::size_t s = shape.tokens; s < padded; ++s) row[s] = row[0];
    Lanes most = load(row);
    for (std::size_t at = kE5Lane; at < padded; at += kE5Lane) most = larger(most, load(row + at));
    const float top = largest_of(most);
    for (std::size_t at = 0; at < padded; at += kE5Lane) store(row + at, exp_of({load(row + at).v - top}));
    for (std::size_t s = shape.tokens; s < padded; ++s) row[s] = 0;
    Lanes sum{};
    for (std::size_t at = 0; at < padded; at += kE5Lane) sum.v = sum.v + load(row + at).v;
    inverse[i] = 1.0f / sum_of(sum);
  }
  for (std::size_t at = 0; at < shape.width(); at += kE5Lane) {
    Floats sums[Count]{};
    for (std::size_t s = 0; s < shape.tokens; ++s) {
      const Lanes part = load(value + s * shape.hidden + at);
      for (int i = 0; i < Count; ++i) sums[i] = sums[i] + part.v * weights[static_cast<std::size_t>(i) * padded + s];
    }
    for (int i = 0; i < Count; ++i) store(out + (first + static_cast<std::size_t>(i)) * shape.hidden + at, {sums[i] * inverse[i]});
  }
}

void attention(const AttentionShape& shape, const float* query, const float* key, const float* value, float* out, float* scratch) {
  const std::size_t padded = shape.padded_tokens();
  float* const keys = scratch;
  float* const weights = scratch + shape.width() * padded;
  for (std::size_t head = 0; head < shape.heads; ++head) {
    const std::size_t begin = head * shape.width();
    for (std::size_t d = 0; d < shape.width(); ++d)
      for (std::size_t s = 0; s < padded; ++s) keys[d * padded + s] = s < shape.tokens ? key[s * shape.hidden + begin + d] : 0.0f;
    std::size_t first = 0;
    for (; first + 4 <= shape.tokens; first += 4) attend<4>(shape, first, query + begin, keys, value + begin, weights, out + begin);
    for (; first < shape.tokens; ++first) attend<1>(shape, first, query + begin, keys, value + begin, weights, out + begin);
  }
}

#undef ZO_LANES

}  // namespace
}  // namespace zo
