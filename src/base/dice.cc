#include "base/dice.h"

#include <sodium.h>

#include <vector>

#include "base/result.h"

namespace zo {

std::uint64_t Dice::below(std::uint64_t bound) {
  ZO_CHECK(bound > 0);
  const std::uint64_t unbiased = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t value = 0;
  do fill(&value, sizeof value);
  while (value >= unbiased);
  return value % bound;
}

std::string Dice::secret(std::size_t count) {
  constexpr char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
  static_assert(sizeof alphabet == 33);
  std::vector<unsigned char> bytes(count);
  fill(bytes.data(), bytes.size());
  std::string text;
  unsigned bits = 0;
  int have = 0;
  for (unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    for (have += 8; have >= 5; have -= 5) text.push_back(alphabet[bits >> (have - 5) & 31]);
  }
  if (have > 0) text.push_back(alphabet[bits << (5 - have) & 31]);
  return text;
}

SystemDice::SystemDice() { ZO_CHECK(sodium_init() >= 0); }
void SystemDice::fill(void* bytes, std::size_t count) { randombytes_buf(bytes, count); }

void SeededDice::fill(void* bytes, std::size_t count) {
  auto* out = static_cast<unsigned char*>(bytes);
  for (std::size_t i = 0; i < count; ++i) {
    // splitmix64 (Steele, Lea, Flood 2014)
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    out[i] = static_cast<unsigned char>(z ^ (z >> 31));
  }
}

}  // namespace zo
