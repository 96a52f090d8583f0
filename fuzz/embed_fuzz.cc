// The weights file of the embedder, damaged: whatever its bytes are, it is refused with words or everything in it lies inside. And texts of
// any bytes, cut by what was accepted: at most so many tokens, all of them pieces, between the two marks.
//
// The first byte chooses: bytes of a file as they come, damage done to a good one, or a text for the good one.
#include <algorithm>
#include <memory>

#include "base/text.h"
#include "embed/e5_model.h"
#include "src/embed/made_up_test.h"

namespace {

constexpr std::size_t kTokensMax = 24;

void cut(const zo::E5File& file, std::string_view text) {
  const auto pieces = zo::Pieces::of(file.vocabulary());
  if (!pieces) return;
  const std::vector<std::uint32_t> ids = pieces->encode(text, kTokensMax);
  ZO_CHECK(ids.size() >= 2 && ids.size() <= kTokensMax);
  ZO_CHECK(ids.front() == file.vocabulary().bos && ids.back() == file.vocabulary().eos);
  std::vector<float> row(file.shape().hidden);
  for (const std::uint32_t id : ids) {
    ZO_CHECK(id < file.shape().vocabulary);
    file.word_row(id, row);
    ZO_CHECK(std::ranges::all_of(row, [](float value) { return value <= 1'000 && value >= -1'000; }));
  }
  ZO_CHECK(zo::is_valid_utf8(pieces->normalised(text)));
}

void read(const std::string& bytes, std::string_view text) {
  // Of its own, so that the sanitizer sees a read behind its end.
  const std::unique_ptr<char[]> copy(new char[bytes.size()]);
  std::ranges::copy(bytes, copy.get());
  const auto file = zo::E5File::parse({copy.get(), bytes.size()}, "fuzz");
  if (!file) {
    ZO_CHECK(file.error().code == zo::Code::Invalid && zo::is_valid_utf8(file.error().message) && file.error().message.size() < 500);
    return;
  }
  ZO_CHECK(file->layers().size() == file->shape().layers);
  for (const zo::E5Layer& layer : file->layers()) ZO_CHECK(!zo::Panels::of(layer.feed_out).blocks.empty());
  cut(*file, text);
}

// Three bytes a change: where in the part before the weights, and what is written there.
std::string damaged(std::string bytes, std::string_view changes) {
  for (; changes.size() >= 3; changes.remove_prefix(3)) {
    const auto byte = [&changes](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(changes[i])); };
    const std::size_t at = byte(0) << 8 | byte(1);
    bytes[at % bytes.size()] = changes[2];
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string good = zo::MadeUpModel{}.bytes();
  static const auto tokenized = zo::E5File::parse(good, "good");
  ZO_CHECK(tokenized.has_value());
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: read(std::string(rest), rest.substr(0, 100)); break;
    case 1: read("E5S1" + std::string(rest), "ab abc"); break;
    case 2: read(damaged(good, rest), rest); break;
    default: cut(*tokenized, rest);
  }
  return 0;
}
