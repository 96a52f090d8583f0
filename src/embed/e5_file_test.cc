#include "embed/e5_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "embed/made_up_test.h"
#include "os/file.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

// The message, without what is the same in all; "" when the file is accepted.
std::string complaint(const std::string& bytes) {
  const auto file = E5File::parse(bytes, "m");
  if (file) return "";
  EXPECT_EQ(file.error().code, Code::Invalid);
  EXPECT_TRUE(is_valid_utf8(file.error().message));
  EXPECT_TRUE(file.error().message.starts_with("embedding model 'm': ")) << file.error().message;
  return file.error().message.substr(std::string_view("embedding model 'm': ").size());
}

void put(std::string& bytes, std::size_t at, std::uint32_t value) { std::memcpy(bytes.data() + at, &value, sizeof value); }

std::string floats_with(std::size_t count, float one) {
  std::vector<float> values(count, 0.25f);
  values[count / 2] = one;
  return {reinterpret_cast<const char*>(values.data()), count * sizeof(float)};
}

TEST(E5File, ReadsWhatIsThere) {
  const std::string bytes = MadeUpModel{}.bytes();
  const auto file = E5File::parse(bytes, "m");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->shape().hidden, 32u);
  EXPECT_EQ(file->layers().size(), 1u);
  EXPECT_EQ(file->layers()[0].feed_in.weight.rows, 64u);
  EXPECT_EQ(file->layers()[0].feed_out.weight.columns, 64u);
  EXPECT_EQ(file->vocabulary().piece(8), "ab");
  EXPECT_EQ(file->vocabulary().score(8), -5.0f);
  EXPECT_EQ(file->vocabulary().mappings.size(), 6u);
}

TEST(E5File, ReadsHalfPrecision) {
  const auto of = [](std::uint16_t bits) {
    char raw[2];
    std::memcpy(raw, &bits, 2);
    return e5_scale(raw);
  };
  EXPECT_EQ(of(0x3C00), 1.0f);
  EXPECT_EQ(of(0xC000), -2.0f);
  EXPECT_EQ(of(0x0001), 0x1p-24f);
  EXPECT_EQ(of(0x3555), 0x1.554p-2f);
  for (int refused : {0x7C00, 0xFC00, 0x7E00, 0x4C01}) EXPECT_EQ(of(static_cast<std::uint16_t>(refused)), 0.0f) << refused;
}

TEST(E5File, ADamagedWordCountsAsNothing) {
  MadeUpModel model;
  model.instead["emb.word"] = std::string(48 * 18, '\x7F');  // scales that are no numbers
  const std::string bytes = model.bytes();
  const auto file = E5File::parse(bytes, "m");
  ASSERT_TRUE(file);
  std::vector<float> row(32, 1.0f);
  file->word_row(5, row);
  EXPECT_EQ(row, std::vector<float>(32, 0.0f));
}

TEST(E5File, SaysWhatIsWrong) {
  const std::string good = MadeUpModel{}.bytes();
  const auto with = [&good](std::size_t at, std::uint32_t value) {
    std::string bytes = good;
    put(bytes, at, value);
    return complaint(bytes);
  };
  EXPECT_EQ(complaint(good), "");
  EXPECT_EQ(complaint(""), "it does not begin with E5S1, so it is no such model");
  EXPECT_EQ(complaint("GGUF"), "it does not begin with E5S1, so it is no such model");
  EXPECT_EQ(with(4, 2), "its version is 2, known is 1");
  EXPECT_EQ(with(8, 4'096), "the number of dimensions is 4096, allowed are 32 to 1024");
  EXPECT_EQ(with(8, 0xFFFFFFFF), "the number of dimensions is -1, allowed are 32 to 1024");
  EXPECT_EQ(with(8, 48), "a width is no multiple of 32");
  EXPECT_EQ(with(16, 4), "its 4 heads are no multiple of 16 wide");
  EXPECT_EQ(with(36, 0x7FC00000), "the epsilon of its norms is out of range");
  EXPECT_EQ(with(40, 64), "the number of elements in a block is 64, allowed are 32 to 32");
  EXPECT_EQ(with(48, 16), "the number of a special piece is 16, allowed are 0 to 15");
  EXPECT_EQ(with(72, 1), "the texts of its pieces do not begin at 0");
  EXPECT_EQ(with(72 + 4 * 5, 3), "piece 4 is empty, or its offsets go backwards");
  EXPECT_EQ(with(72 + 4 * 5, 400), "piece 4 is longer than 255 bytes");
  EXPECT_EQ(with(72 + 4 * 16, 100), "piece 15 ends outside the texts");
  EXPECT_EQ(with(72 + 4 * 17, 0x7F800000), "the score of piece 0 is out of range");
}

TEST(E5File, SaysWhichTensorIsWrong) {
  const auto with = [](const std::string& name, std::string bytes) {
    MadeUpModel model;
    model.instead[name] = std::move(bytes);
    return complaint(model.bytes());
  };
  MadeUpModel without;
  without.without = "l0.fo.w";
  EXPECT_EQ(complaint(without.bytes()), "tensor 'l0.fo.w' is missing");
  EXPECT_EQ(with("l0.q.b", "1234"), "tensor 'l0.q.b' has 32 elements in 4 bytes, needed are 32 in 128");
  EXPECT_EQ(with("l0.aln.w", floats_with(32, std::numeric_limits<float>::quiet_NaN())), "a number of tensor 'l0.aln.w' is out of range");
  EXPECT_EQ(with("emb.pos", floats_with(64 * 32, 1e30f)), "a number of tensor 'emb.pos' is out of range");
  EXPECT_EQ(with("l0.k.w", std::string(32 * 18, '\x7C')), "a scale of tensor 'l0.k.w' is out of range");
  MadeUpModel backwards;
  backwards.map = {{0x110000, {0x20}}};
  EXPECT_EQ(complaint(backwards.bytes()), "the map of characters has one that is none");
  backwards.map = {{0x61, {0xD800}}};
  EXPECT_EQ(complaint(backwards.bytes()), "the map of characters leads to one that is none");
  backwards.map = {{0x61, std::vector<std::uint32_t>(65, 0x61)}};
  EXPECT_EQ(complaint(backwards.bytes()), "a character becomes 65 others, limit 64");
}

TEST(E5File, ATensorOutsideTheFileIsRefused) {
  std::string bytes = MadeUpModel{}.bytes();
  const std::size_t at = bytes.find("emb.pos") + 7 + 1 + 4;
  for (const std::uint64_t offset : {std::uint64_t{bytes.size()}, std::uint64_t{0} - 100}) {
    std::memcpy(bytes.data() + at, &offset, sizeof offset);
    EXPECT_EQ(complaint(bytes), "tensor 'emb.pos' lies outside the file");
  }
  bytes[bytes.find("emb.pos")] = '\xFF';  // what is no text is not shown as it is
  EXPECT_EQ(complaint(bytes), "tensor '\uFFFDmb.pos' lies outside the file");
}

TEST(E5File, EveryBeginningOfAFileIsRefused) {
  const std::string good = MadeUpModel{}.bytes();
  for (std::size_t size = 0; size < good.size(); size += size < 3'000 ? 1 : 101) EXPECT_NE(complaint(good.substr(0, size)), "") << size;
}

TEST(E5File, IsOpenedByItsName) {
  const TempFolder folder;
  const std::string path = folder.path() + "/model.bin";
  EXPECT_EQ(E5File::open(path).error().code, Code::NotFound);
  ASSERT_TRUE(save_file(path, ""));
  EXPECT_EQ(E5File::open(path).error().code, Code::Invalid);
  EXPECT_EQ(E5File::open(folder.path()).error().code, Code::Invalid);
  ASSERT_TRUE(save_file(path, MadeUpModel{}.bytes()));
  auto file = E5File::open(path);
  ASSERT_TRUE(file) << file.error().message;
  const E5File moved = std::move(*file);
  EXPECT_EQ(moved.vocabulary().piece(11), "abc");
}

}  // namespace
}  // namespace zo
