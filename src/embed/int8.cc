#include "embed/int8.h"

#include <algorithm>
#include <cmath>

#include "base/result.h"
#include "embed/kernels.h"

namespace zo {

float quantise(std::span<const float> vector, std::span<std::int8_t> out) {
  ZO_CHECK(vector.size() == out.size());
  constexpr float kLeast = 1e-30f;
  float most = 0;
  bool finite = true;
  for (const float value : vector) {
    finite = finite && std::isfinite(value);
    most = std::max(most, std::abs(value));
  }
  if (!finite || most < kLeast) {
    std::ranges::fill(out, std::int8_t{0});
    return 0;
  }
  const float inverse = 127.0f / most;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::int8_t>(std::nearbyint(vector[i] * inverse));
  return most / 127.0f;
}

std::int32_t dot_i8(std::span<const std::int8_t> a, std::span<const std::int8_t> b) {
  ZO_CHECK(a.size() == b.size() && a.size() <= limits::kInt8Dimensions);
  return best_kernels().dot_i8(a.data(), b.data(), a.size());
}

void dots_i8(std::span<const std::int8_t> query, std::span<const std::int8_t> rows, std::span<std::int32_t> out) {
  ZO_CHECK(query.size() <= limits::kInt8Dimensions && rows.size() == query.size() * out.size());
  const auto dot = best_kernels().dot_i8;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = dot(query.data(), rows.data() + i * query.size(), query.size());
}

}  // namespace zo
