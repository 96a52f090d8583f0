#include "embed/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include "embed/int8.h"
#include "embed/made_up_test.h"

namespace zo {
namespace {

std::vector<float> numbers(std::size_t count, float most, std::uint32_t seed) {
  std::mt19937 dice(seed);
  std::vector<float> out(count);
  for (float& value : out) value = most * (static_cast<float>(dice() % 2'000'001) / 1e6f - 1.0f);
  return out;
}

// Whether these are the same bits, zeros' signs and all.
::testing::AssertionResult same(const std::vector<float>& a, const std::vector<float>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i]))
      return ::testing::AssertionFailure() << "at " << i << ": " << a[i] << " and " << b[i];
  return a.size() == b.size() ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "sizes";
}

QuantisedRows quantised(const Kernels& kernels, const std::vector<float>& from, std::size_t rows) {
  QuantisedRows out;
  out.resize(rows, from.size() / rows);
  kernels.quantise_rows(from.data(), out);
  return out;
}

struct Weights {
  explicit Weights(MadeUpModel model = {.hidden = 96, .heads = 3, .feed_forward = 160}) : bytes(model.bytes()), file(*E5File::parse(bytes, "m")) {}

  std::string bytes;
  E5File file;
};

// Every kernel but the plain one.
std::vector<const Kernels*> others() {
  const auto all = available_kernels();
  return {all.begin(), all.end() - 1};
}

TEST(Kernels, ThePlainOneIsAlwaysThere) {
  EXPECT_EQ(available_kernels().back(), &plain_kernels());
  EXPECT_EQ(&best_kernels(), available_kernels().front());
}

TEST(Kernels, QuantiseAlike) {
  for (std::size_t rows : {1u, 3u}) {
    std::vector<float> from = numbers(rows * 96, 3.0f, 7);
    std::fill(from.begin() + 32, from.begin() + 64, 0.0f);
    from[64] = 1e-38f;
    const QuantisedRows plain = quantised(plain_kernels(), from, rows);
    for (std::size_t i = 0; i < from.size(); ++i) {
      const float back = static_cast<float>(plain.values[i]) * plain.scales[i / kE5Block];
      EXPECT_NEAR(back, from[i], plain.scales[i / kE5Block] * 0.501f);
      EXPECT_NE(plain.values[i], -128);
    }
    for (const Kernels* kernels : others()) {
      const QuantisedRows other = quantised(*kernels, from, rows);
      EXPECT_EQ(other.values, plain.values) << kernels->name;
      EXPECT_EQ(other.offsets, plain.offsets) << kernels->name;
      EXPECT_TRUE(same(other.scales, plain.scales)) << kernels->name;
    }
  }
}

TEST(Kernels, MultiplyAlike) {
  const Weights weights;
  for (const E5Linear* linear : {&weights.file.layers()[0].feed_in, &weights.file.layers()[0].feed_out})
    for (std::size_t rows = 1; rows <= 19; ++rows) {
      const Panels panels = Panels::of(*linear);
      const QuantisedRows input = quantised(plain_kernels(), numbers(rows * panels.columns, 2.0f, static_cast<std::uint32_t>(rows)), rows);
      std::vector<float> plain(rows * panels.rows, 77.0f);
      plain_kernels().linear(panels, input, plain.data());
      for (const Kernels* kernels : others()) {
        std::vector<float> other(plain.size(), 88.0f);
        kernels->linear(panels, input, other.data());
        EXPECT_TRUE(same(plain, other)) << kernels->name << ", " << rows << " rows";
      }
    }
}

// The largest factors there are, of either sign: sums of products must not leave their 16 bits.
TEST(Kernels, MultiplyTheLargestFactors) {
  for (const char fill : {'\xFF', '\x00'})
    for (const float value : {1.0f, -1.0f}) {
      MadeUpModel model;
      model.scale = 0x3C00;  // 1
      std::string blocks;
      for (int i = 0; i < 32 * 1; ++i) blocks += std::string("\x00\x3C", 2) + std::string(16, fill);
      model.instead["l0.q.w"] = blocks;
      const Weights weights(model);
      const E5Linear& linear = weights.file.layers()[0].query;
      const Panels panels = Panels::of(linear);
      const QuantisedRows input = quantised(plain_kernels(), std::vector<float>(32, value), 1);
      const float nibble = fill == '\x00' ? -8.0f : 7.0f;
      for (const Kernels* kernels : available_kernels()) {
        std::vector<float> out(32);
        kernels->linear(panels, input, out.data());
        for (std::size_t i = 0; i < 32; ++i) EXPECT_NEAR(out[i], 32 * nibble * value + linear.bias[i], 1e-3f) << kernels->name;
      }
    }
}

TEST(Kernels, MultiplyAsTheFileSays) {
  const Weights weights;
  const E5Linear& linear = weights.file.layers()[0].feed_in;
  const std::vector<float> from = numbers(96, 1.0f, 3);
  const QuantisedRows input = quantised(plain_kernels(), from, 1);
  std::vector<float> out(160);
  plain_kernels().linear(Panels::of(linear), input, out.data());
  for (std::size_t row = 0; row < 160; ++row) {
    double sum = static_cast<double>(linear.bias[row]);
    for (std::size_t i = 0; i < 96; ++i) {
      const char* const block = linear.weight.row(row).data() + i / 32 * 18;
      const auto byte = static_cast<unsigned char>(block[2 + i % 16]);
      const int nibble = (i % 32 < 16 ? byte & 15 : byte >> 4) - 8;
      sum += nibble * static_cast<double>(e5_scale(block)) * static_cast<double>(from[i]);
    }
    EXPECT_NEAR(static_cast<double>(out[row]), sum, 0.02);
  }
}

TEST(Kernels, AttendAlike) {
  for (std::size_t tokens : {1u, 2u, 5u, 16u, 17u, 33u}) {
    const AttentionShape shape{tokens, 96, 3};
    const auto size = tokens * 96;
    const std::vector<float> query = numbers(size, 4, 1), key = numbers(size, 4, 2), value = numbers(size, 1, 3);
    const auto with = [&](const Kernels& kernels) {
      std::vector<float> out(size), scratch(shape.scratch(), std::nanf(""));
      kernels.attention(shape, query.data(), key.data(), value.data(), out.data(), scratch.data());
      return out;
    };
    const std::vector<float> plain = with(plain_kernels());
    for (const float one : plain) EXPECT_LE(std::abs(one), 1.001f);  // a mean of values
    if (tokens == 1) { for (std::size_t i = 0; i < size; ++i) EXPECT_NEAR(plain[i], value[i], 1e-6f); }
    for (const Kernels* kernels : others()) EXPECT_TRUE(same(plain, with(*kernels))) << kernels->name << ", " << tokens << " tokens";
  }
}

TEST(Kernels, NormAlike) {
  const Weights weights;
  const E5Norm& norm = weights.file.layers()[0].output_norm;
  const std::vector<float> from = numbers(5 * 96, 9, 4), added = numbers(5 * 96, 1, 5);
  std::vector<float> plain = from;
  plain_kernels().add_and_norm(plain.data(), added.data(), 5, norm, 1e-12f);
  for (const Kernels* kernels : others()) {
    std::vector<float> other = from;
    kernels->add_and_norm(other.data(), added.data(), 5, norm, 1e-12f);
    EXPECT_TRUE(same(plain, other)) << kernels->name;
  }
}

TEST(Kernels, GeluIsWhatItShouldBe) {
  std::vector<float> from = numbers(4'096, 8, 6);
  from[0] = 1e15f, from[1] = -1e15f, from[2] = 0.0f, from[3] = -0.0f;
  std::vector<float> plain = from;
  plain_kernels().gelu(plain.data(), plain.size());
  EXPECT_EQ(plain[0], 1e15f);
  for (std::size_t i = 2; i < from.size(); ++i) {
    const double x = static_cast<double>(from[i]);
    EXPECT_NEAR(static_cast<double>(plain[i]), x / 2 * (1 + std::erf(x / std::sqrt(2.0))), 2e-6);
  }
  for (const Kernels* kernels : others()) {
    std::vector<float> other = from;
    kernels->gelu(other.data(), other.size());
    EXPECT_TRUE(same(plain, other)) << kernels->name;
  }
}

TEST(Int8, ProductsAreExactForAnyBytes) {
  std::mt19937 dice(9);
  for (std::size_t count = 0; count <= 400; ++count) {
    std::vector<std::int8_t> a(count), b(count);
    for (std::int8_t& value : a) value = static_cast<std::int8_t>(dice());
    for (std::int8_t& value : b) value = count % 3 == 0 ? std::int8_t{-128} : static_cast<std::int8_t>(dice());
    if (count % 2 == 0) std::ranges::fill(a, std::int8_t{-128});
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += a[i] * b[i];
    for (const Kernels* kernels : available_kernels()) EXPECT_EQ(kernels->dot_i8(a.data(), b.data(), count), sum) << kernels->name << " " << count;
    EXPECT_EQ(dot_i8(a, b), sum);
  }
}

TEST(Int8, ManyRowsAtOnce) {
  const std::vector<std::int8_t> query{1, 2, 3}, rows{1, 0, 0, 0, 1, 0, -1, -1, -1};
  std::vector<std::int32_t> out(3);
  dots_i8(query, rows, out);
  EXPECT_EQ(out, (std::vector<std::int32_t>{1, 2, -6}));
}

TEST(Int8, AQuantisedVectorIsNearTheOneItWas) {
  const std::vector<float> vector = numbers(384, 0.1f, 11);
  std::vector<std::int8_t> bytes(384);
  const float scale = quantise(vector, bytes);
  for (std::size_t i = 0; i < 384; ++i) EXPECT_NEAR(static_cast<float>(bytes[i]) * scale, vector[i], scale * 0.501f);
  EXPECT_TRUE(std::ranges::any_of(bytes, [](int byte) { return std::abs(byte) == 127; }));
  const auto zeros = [](std::vector<float> of) {
    std::vector<std::int8_t> out(of.size(), 5);
    return quantise(of, out) == 0.0f && out == std::vector<std::int8_t>(of.size(), 0);
  };
  EXPECT_TRUE(zeros({0, 0, 0}));
  EXPECT_TRUE(zeros({1e-35f, 0}));
  EXPECT_TRUE(zeros({std::nanf(""), 1}));
  EXPECT_TRUE(zeros({1, -INFINITY}));
  EXPECT_TRUE(zeros({}));
}

}  // namespace
}  // namespace zo
