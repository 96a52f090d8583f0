// Vectors in a byte a number: a quarter of the memory, and four times the speed of a scan. What is found is best scored again exactly.
#pragma once

#include <cstdint>
#include <span>

namespace zo {

// Each number of `vector` is about `out` x the scale that is returned; the largest becomes 127 or -127. 0 when all are 0 or one is not
// finite: then `out` is zeros. Both have the same length.
float quantise(std::span<const float> vector, std::span<std::int8_t> out);

// Exact for any bytes up to limits::kInt8Dimensions; both have the same length.
std::int32_t dot_i8(std::span<const std::int8_t> a, std::span<const std::int8_t> b);

// out[i] = the product of `query` with the i-th of the rows that lie one behind the other in `rows`.
void dots_i8(std::span<const std::int8_t> query, std::span<const std::int8_t> rows, std::span<std::int32_t> out);

namespace limits {
inline constexpr std::size_t kInt8Dimensions = 65'536;
}

}  // namespace zo
