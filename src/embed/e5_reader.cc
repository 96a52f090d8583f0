#include "embed/e5_reader.h"

#include <bit>
#include <cmath>

#include "base/text.h"

namespace zo {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is read as it lies");

constexpr std::size_t kTensorsMax = 4'096;
constexpr std::size_t kTensorNameBytes = 64;
constexpr std::uint8_t kFloats = 0;
constexpr std::uint8_t kNibbles = 1;
constexpr float kEpsilonLeast = 1e-15f;
constexpr float kEpsilonMost = 0.1f;
constexpr float kScoreMost = 1e6f;

bool is_scalar_value(std::uint32_t code_point) {
  return code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
}

std::string in_words(std::string_view name) { return one_line(to_valid_utf8(name), kTensorNameBytes); }

}  // namespace

std::unexpected<Error> E5Reader::wrong(std::string what) const {
  return fail(Code::Invalid, "embedding model '" + name_ + "': " + std::move(what), "fetch it again: tools/embedder.sh");
}

Result<std::string_view> E5Reader::take(std::string_view& from, std::uint64_t count, std::string_view what) {
  if (count > from.size()) return wrong("it ends within " + std::string(what));
  const std::string_view taken = from.substr(0, static_cast<std::size_t>(count));
  from.remove_prefix(taken.size());
  return taken;
}

Result<std::size_t> E5Reader::count(std::size_t least, std::size_t most, std::string_view what) {
  ZO_TRY(const auto value, number<std::int32_t>(rest_, what));
  if (value < 0 || static_cast<std::size_t>(value) < least || static_cast<std::size_t>(value) > most)
    return wrong("the number of " + std::string(what) + " is " + std::to_string(value) + ", allowed are " + std::to_string(least) +
                 " to " + std::to_string(most));
  return static_cast<std::size_t>(value);
}

Result<> E5Reader::read_all(E5File& file) {
  ZO_OK(read_shape());
  ZO_OK(check_shape());
  ZO_OK(read_pieces());
  ZO_OK(check_pieces());
  ZO_OK(read_map());
  ZO_OK(read_directory());
  ZO_OK(read_embeddings(file));
  for (std::size_t i = 0; i < shape_.layers; ++i) ZO_OK(read_layer(i));
  file.shape_ = shape_;
  file.vocabulary_ = std::move(vocabulary_);
  file.layers_ = std::move(layers_);
  return {};
}

Result<> E5Reader::read_shape() {
  if (!rest_.starts_with("E5S1")) return wrong("it does not begin with E5S1, so it is no such model");
  rest_.remove_prefix(4);
  ZO_TRY(const auto version, number<std::uint32_t>(rest_, "the version"));
  if (version != 1) return wrong("its version is " + std::to_string(version) + ", known is 1");
  ZO_TRY(shape_.hidden, count(kE5Block, limits::kE5Hidden, "dimensions"));
  ZO_TRY(shape_.layers, count(1, limits::kE5Layers, "layers"));
  ZO_TRY(shape_.heads, count(1, limits::kE5Hidden / kE5Lane, "heads"));
  ZO_TRY(shape_.feed_forward, count(kE5Block, limits::kE5FeedForward, "dimensions of the feed-forward layer"));
  ZO_TRY(shape_.vocabulary, count(4, limits::kE5Vocabulary, "rows of the word table"));
  ZO_TRY(shape_.positions, count(4, limits::kE5Positions, "positions"));
  ZO_TRY(shape_.types, count(1, limits::kE5Types, "types"));
  ZO_TRY(shape_.epsilon, number<float>(rest_, "the header"));
  ZO_TRY([[maybe_unused]] const std::size_t block, count(kE5Block, kE5Block, "elements in a block"));
  return {};
}

Result<> E5Reader::check_shape() {
  if (!(shape_.epsilon >= kEpsilonLeast && shape_.epsilon <= kEpsilonMost)) return wrong("the epsilon of its norms is out of range");
  if (shape_.hidden % kE5Block != 0 || shape_.feed_forward % kE5Block != 0) return wrong("a width is no multiple of 32");
  if (shape_.hidden % (shape_.heads * kE5Lane) != 0)
    return wrong("its " + std::to_string(shape_.heads) + " heads are no multiple of 16 wide");
  return {};
}

Result<> E5Reader::read_pieces() {
  E5Vocabulary& words = vocabulary_;
  ZO_TRY(words.pieces, count(4, shape_.vocabulary, "pieces"));
  for (std::uint32_t* special : {&words.bos, &words.eos, &words.pad, &words.unknown}) {
    ZO_TRY(const std::size_t id, count(0, words.pieces - 1, "a special piece"));
    *special = static_cast<std::uint32_t>(id);
  }
  ZO_TRY(const auto text_bytes, number<std::uint64_t>(rest_, "the pieces"));
  ZO_TRY(words.offsets, take(rest_, 4 * (words.pieces + 1), "the offsets of the pieces"));
  ZO_TRY(words.scores, take(rest_, 4 * words.pieces, "the scores of the pieces"));
  ZO_TRY(words.texts, take(rest_, text_bytes, "the texts of the pieces"));
  return {};
}

Result<> E5Reader::check_pieces() {
  const auto offset = [this](std::size_t i) {
    std::uint32_t value;
    std::memcpy(&value, vocabulary_.offsets.data() + 4 * i, 4);
    return value;
  };
  std::uint32_t begin = offset(0);
  if (begin != 0) return wrong("the texts of its pieces do not begin at 0");
  for (std::size_t i = 0; i < vocabulary_.pieces; ++i) {
    const std::uint32_t end = offset(i + 1);
    const auto here = [i] { return "piece " + std::to_string(i); };
    if (end <= begin) return wrong(here() + " is empty, or its offsets go backwards");
    if (end - begin > limits::kE5PieceBytes) return wrong(here() + " is longer than " + std::to_string(limits::kE5PieceBytes) + " bytes");
    if (end > vocabulary_.texts.size()) return wrong(here() + " ends outside the texts");
    const float score = vocabulary_.score(i);
    if (!(std::abs(score) <= kScoreMost)) return wrong("the score of " + here() + " is out of range");
    begin = end;
  }
  if (begin != vocabulary_.texts.size()) return wrong("the texts of its pieces go on after the last piece");
  return {};
}

Result<> E5Reader::read_map() {
  ZO_TRY(const std::size_t entries, count(0, limits::kE5MapEntries, "mapped characters"));
  ZO_TRY(const auto map_bytes, number<std::uint32_t>(rest_, "the map of characters"));
  ZO_TRY(std::string_view raw, take(rest_, map_bytes, "the map of characters"));
  for (std::size_t i = 0; i < entries; ++i) ZO_OK(read_mapping(raw));
  if (!raw.empty()) return wrong("the map of characters is longer than its entries");
  return {};
}

Result<> E5Reader::read_mapping(std::string_view& entries) {
  E5Vocabulary& words = vocabulary_;
  ZO_TRY(const auto from, number<std::uint32_t>(entries, "the map of characters"));
  ZO_TRY(const auto length, number<std::uint8_t>(entries, "the map of characters"));
  if (!is_scalar_value(from)) return wrong("the map of characters has one that is none");
  if (!words.mappings.empty() && from <= words.mappings.back().from) return wrong("the map of characters is not in order");
  if (length > limits::kE5MapLength)
    return wrong("a character becomes " + std::to_string(length) + " others, limit " + std::to_string(limits::kE5MapLength));
  words.mappings.push_back({from, static_cast<std::uint32_t>(words.mapped.size()), length});
  for (std::size_t i = 0; i < length; ++i) {
    ZO_TRY(const auto to, number<std::uint32_t>(entries, "the map of characters"));
    if (!is_scalar_value(to)) return wrong("the map of characters leads to one that is none");
    words.mapped.push_back(static_cast<char32_t>(to));
  }
  return {};
}

Result<> E5Reader::read_directory() {
  ZO_TRY(const std::size_t tensors, count(1, kTensorsMax, "tensors"));
  for (std::size_t i = 0; i < tensors; ++i) {
    ZO_TRY(const auto length, number<std::uint16_t>(rest_, "the list of tensors"));
    if (length == 0 || length > kTensorNameBytes)
      return wrong("the name of tensor " + std::to_string(i) + " has " + std::to_string(length) + " bytes");
    ZO_TRY(const std::string_view name, take(rest_, length, "the list of tensors"));
    Tensor found;
    ZO_TRY(found.type, number<std::uint8_t>(rest_, "the list of tensors"));
    ZO_TRY(found.elements, number<std::uint32_t>(rest_, "the list of tensors"));
    ZO_TRY(const auto offset, number<std::uint64_t>(rest_, "the list of tensors"));
    ZO_TRY(const auto bytes, number<std::uint64_t>(rest_, "the list of tensors"));
    if (offset > bytes_.size() || bytes > bytes_.size() - offset)
      return wrong("tensor '" + in_words(name) + "' lies outside the file");
    found.bytes = bytes_.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes));
    if (!tensors_.emplace(std::string(name), found).second) return wrong("tensor '" + in_words(name) + "' is there twice");
  }
  return {};
}

Result<E5Reader::Tensor> E5Reader::tensor(const std::string& name, std::uint8_t type, std::size_t elements, std::size_t bytes) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return wrong("tensor '" + name + "' is missing");
  const Tensor& tensor = found->second;
  if (tensor.type != type) return wrong("tensor '" + name + "' is of another type");
  if (tensor.elements != elements || tensor.bytes.size() != bytes)
    return wrong("tensor '" + name + "' has " + std::to_string(tensor.elements) + " elements in " + std::to_string(tensor.bytes.size()) +
                 " bytes, needed are " + std::to_string(elements) + " in " + std::to_string(bytes));
  return tensor;
}

Result<std::vector<float>> E5Reader::floats(const std::string& name, std::size_t count) {
  ZO_TRY(const Tensor found, tensor(name, kFloats, count, count * sizeof(float)));
  std::vector<float> values(count);
  std::memcpy(values.data(), found.bytes.data(), found.bytes.size());
  for (const float value : values)
    if (!(std::abs(value) <= limits::kE5Weight)) return wrong("a number of tensor '" + name + "' is out of range");
  return values;
}

Result<E5Matrix> E5Reader::matrix(const std::string& name, std::size_t rows, std::size_t columns) {
  const std::size_t elements = rows * columns;  // at most a million times a thousand
  ZO_TRY(const Tensor found, tensor(name, kNibbles, elements, elements / kE5Block * kE5BlockBytes));
  return E5Matrix{rows, columns, found.bytes};
}

Result<E5Linear> E5Reader::linear(const std::string& name, std::size_t rows, std::size_t columns) {
  E5Linear out;
  ZO_TRY(out.weight, matrix(name + ".w", rows, columns));
  ZO_TRY(out.bias, floats(name + ".b", rows));
  for (std::size_t at = 0; at < out.weight.blocks.size(); at += kE5BlockBytes) {
    const char* const raw = out.weight.blocks.data() + at;
    if (e5_scale(raw) == 0 && ((raw[0] | (raw[1] & 0x7F)) != 0)) return wrong("a scale of tensor '" + name + ".w' is out of range");
  }
  return out;
}

Result<E5Norm> E5Reader::norm(const std::string& name) {
  E5Norm out;
  ZO_TRY(out.weight, floats(name + ".w", shape_.hidden));
  ZO_TRY(out.bias, floats(name + ".b", shape_.hidden));
  return out;
}

Result<> E5Reader::read_embeddings(E5File& file) {
  ZO_TRY(file.words_, matrix("emb.word", shape_.vocabulary, shape_.hidden));
  ZO_TRY(file.positions_, floats("emb.pos", shape_.positions * shape_.hidden));
  ZO_TRY(file.types_, floats("emb.type", shape_.types * shape_.hidden));
  ZO_TRY(file.embedding_norm_, norm("emb.ln"));
  return {};
}

Result<> E5Reader::read_layer(std::size_t index) {
  const std::string prefix = "l" + std::to_string(index) + ".";
  const std::size_t hidden = shape_.hidden;
  E5Layer layer;
  ZO_TRY(layer.query, linear(prefix + "q", hidden, hidden));
  ZO_TRY(layer.key, linear(prefix + "k", hidden, hidden));
  ZO_TRY(layer.value, linear(prefix + "v", hidden, hidden));
  ZO_TRY(layer.attention_out, linear(prefix + "ao", hidden, hidden));
  ZO_TRY(layer.feed_in, linear(prefix + "fi", shape_.feed_forward, hidden));
  ZO_TRY(layer.feed_out, linear(prefix + "fo", hidden, shape_.feed_forward));
  ZO_TRY(layer.attention_norm, norm(prefix + "aln"));
  ZO_TRY(layer.output_norm, norm(prefix + "oln"));
  layers_.push_back(std::move(layer));
  return {};
}

}  // namespace zo
