#include "embed/e5_file.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "embed/e5_reader.h"

namespace zo {

std::string_view E5Vocabulary::piece(std::size_t id) const {
  std::uint32_t range[2];
  std::memcpy(range, offsets.data() + 4 * id, sizeof range);
  return texts.substr(range[0], range[1] - range[0]);
}

float E5Vocabulary::score(std::size_t id) const {
  float value;
  std::memcpy(&value, scores.data() + 4 * id, sizeof value);
  return value;
}

float e5_scale(const char* two_bytes) {
  std::uint16_t half;
  std::memcpy(&half, two_bytes, sizeof half);
  const std::uint32_t exponent = (half >> 10) & 0x1F;
  const std::uint32_t fraction = half & 0x3FF;
  float value;
  if (exponent == 0x1F) return 0;
  if (exponent == 0) value = static_cast<float>(fraction) * 0x1p-24f;
  else value = std::bit_cast<float>(((exponent + 112) << 23) | (fraction << 13));
  if (value > limits::kE5Scale) return 0;
  return (half & 0x8000) != 0 ? -value : value;
}

Result<E5File> E5File::open(const std::string& path) {
  ZO_TRY(MappedFile mapped, MappedFile::open(path, limits::kE5FileBytes));
  ZO_TRY(E5File file, parse(mapped.bytes(), path));
  file.mapped_ = std::move(mapped);
  return file;
}

Result<E5File> E5File::parse(std::string_view bytes, std::string_view name) {
  E5File file;
  ZO_OK(E5Reader(bytes, name).read_all(file));
  return file;
}

void E5File::word_row(std::size_t id, std::span<float> out) const {
  ZO_CHECK(id < words_.rows && out.size() == words_.columns);
  const std::string_view row = words_.row(id);
  for (std::size_t block = 0; block < out.size() / kE5Block; ++block) {
    const char* const raw = row.data() + block * kE5BlockBytes;
    const float scale = e5_scale(raw);
    float* const to = out.data() + block * kE5Block;
    for (std::size_t j = 0; j < kE5Block / 2; ++j) {
      const auto both = static_cast<unsigned char>(raw[2 + j]);
      to[j] = static_cast<float>((both & 0xF) - 8) * scale;
      to[j + kE5Block / 2] = static_cast<float>((both >> 4) - 8) * scale;
    }
  }
}

}  // namespace zo
