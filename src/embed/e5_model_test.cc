// Of a made-up model, which is always there; and of the real one where its weights are: tools/embedder.sh fetches them.
#include "embed/e5_model.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <filesystem>
#include <thread>

#include "base/json.h"
#include "embed/made_up_test.h"
#include "embed/weights_place.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

using Kind = E5Model::Kind;

double cosine(const Embedding& a, const Embedding& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

bool is_finite(const Embedding& of) { return std::ranges::all_of(of, [](float value) { return std::isfinite(value); }); }

struct MadeUp {
  explicit MadeUp(MadeUpModel model = {}) {
    model.hidden = 384;
    model.heads = 12;
    bytes = model.bytes();
  }
  std::unique_ptr<E5Model> with(const Kernels& kernels) const { return *E5Model::of(*E5File::parse(bytes, "m"), kernels); }

  std::string bytes;
};

TEST(E5Model, GivesVectorsOfLengthOne) {
  const MadeUp made;
  const auto model = made.with(best_kernels());
  for (const std::string_view text : {"", "ab abc", "\xFF\xFE", "x y z"}) {
    const Embedding vector = model->embed(text, Kind::Query);
    EXPECT_NEAR(cosine(vector, vector), 1, 1e-5);
  }
  EXPECT_NE(model->embed("ab", Kind::Query), model->embed("bc", Kind::Query));
  EXPECT_NE(model->embed("ab", Kind::Query), model->embed("ab", Kind::Passage));
}

TEST(E5Model, AllKernelsGiveTheSameBits) {
  const MadeUp made;
  const auto plain = made.with(plain_kernels());
  for (const Kernels* kernels : available_kernels()) {
    const auto other = made.with(*kernels);
    EXPECT_EQ(other->kernels(), kernels->name);
    for (const std::string& text : {std::string(), std::string("ab c"), std::string(200, 'b')})
      EXPECT_EQ(other->embed(text, Kind::Passage), plain->embed(text, Kind::Passage)) << kernels->name;
  }
}

TEST(E5Model, NoFileThatIsAcceptedLeadsToNumbersThatAreNone) {
  for (const float weight : {0.0f, 1'000.0f})
    for (const int scale : {0x0000, 0x0001, 0x4C00, 0xCC00}) {
      MadeUpModel model{.layers = 2, .scale = static_cast<std::uint16_t>(scale), .weight = weight};
      const MadeUp made(model);
      EXPECT_TRUE(is_finite(made.with(best_kernels())->embed("ab abc x", Kind::Query))) << weight << " " << scale;
    }
}

TEST(E5Model, RefusesAnotherWidth) {
  const std::string bytes = MadeUpModel{}.bytes();
  EXPECT_EQ(E5Model::of(*E5File::parse(bytes, "m")).error().message, "the embedding model has 32 dimensions, needed are 384");
}

TEST(E5Model, TakesNoMoreTokensThanItHasPositions) {
  const MadeUp made;
  const auto model = made.with(best_kernels());
  EXPECT_EQ(model->tokens(std::string(1'000, 'a'), Kind::Query).size(), 64u);
  EXPECT_EQ(model->tokens(std::string(5'000'000, ' ') + "a", Kind::Query), model->tokens("", Kind::Query));
}

class RealE5Model : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(embedder_weights_place()))
      GTEST_SKIP() << "no weights of the embedder; tools/embedder.sh fetches them";
    auto opened = E5Model::open(embedder_weights_place());
    ASSERT_TRUE(opened) << sentence(opened.error());
    model = std::move(*opened);
  }

  std::unique_ptr<E5Model> model;
};

TEST_F(RealE5Model, IsWhatTheReferenceSays) {
  const auto reference = parse_json(read_whole_file(std::string(ZO_SOURCE_DIR) + "/tests/embed/reference.json"), "reference.json");
  ASSERT_TRUE(reference);
  for (const Json& entry : reference->as_array()) {
    const std::string text = text_at(entry, "text");
    const Kind kind = text_at(entry, "kind") == "query" ? Kind::Query : Kind::Passage;
    std::vector<std::uint32_t> tokens;
    for (const Json& id : *array_at(entry, "tokens")) tokens.push_back(id.to_number<std::uint32_t>());
    EXPECT_EQ(model->tokens(text, kind), tokens) << text;
    Embedding vector{};
    for (std::size_t i = 0; i < vector.size(); ++i) vector[i] = entry.at("vector").at(i).to_number<float>();
    EXPECT_GE(cosine(model->embed(text, kind), vector), 0.999) << text;
  }
}

TEST_F(RealE5Model, FindsAnAnswerNearItsQuestion) {
  const Embedding query = model->embed("how much protein should a female eat", Kind::Query);
  const Embedding passage = model->embed("The recommended protein intake for adult women is about 46 g/day.", Kind::Passage);
  EXPECT_NEAR(cosine(query, passage), 0.9383, 0.002);
}

TEST_F(RealE5Model, AllKernelsGiveTheSameBits) {
  for (const Kernels* kernels : available_kernels()) {
    const auto other = E5Model::open(embedder_weights_place(), *kernels);
    ASSERT_TRUE(other);
    for (const std::string_view text : {"Die Katze schläft auf dem Sofa.", "我妹妹下个月要去上海参加一个关于人工智能的会议。"})
      EXPECT_EQ((*other)->embed(text, Kind::Passage), model->embed(text, Kind::Passage)) << kernels->name;
  }
}

TEST_F(RealE5Model, GivesTheSameBitsFromManyThreads) {
  const auto text = [](std::size_t i) { return "memory number " + std::to_string(i % 5) + std::string(i % 5 * 20, 'x'); };
  std::vector<Embedding> expected, found(20);
  for (std::size_t i = 0; i < found.size(); ++i) expected.push_back(model->embed(text(i), Kind::Passage));
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t i = t; i < found.size(); i += 4) found[i] = model->embed(text(i), Kind::Passage);
      });
  }
  EXPECT_EQ(found, expected);
}

TEST_F(RealE5Model, TakesWhatBreaksOthers) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "\xEF\xB7\xBA";  // U+FDFA, which becomes 18 characters
  for (const std::string_view one : {std::string_view(text), std::string_view("\0\0", 2), std::string_view("\xFF\x80\xED\xA0\x80")}) {
    const Embedding vector = model->embed(one, Kind::Query);
    EXPECT_NEAR(cosine(vector, vector), 1, 1e-5);
  }
}

}  // namespace
}  // namespace zo
